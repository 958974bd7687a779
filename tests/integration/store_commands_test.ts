import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { PERMISSIONS } from "../../scripts/permissions.ts";
import { until } from "../support/edged_harness.ts";
import { NodeProcess } from "../support/node_process.ts";
import {
  configManifest,
  NODE,
  podManifest,
  podRef,
  World,
} from "../support/node_world.ts";

const ROOT = new URL("../../", import.meta.url);

/** A command in a process of its own, with no more rights than the binary. */
function command(world: World, ...args: string[]): Deno.Command {
  const sets = world.sets().flatMap((set) => ["--set", set]);
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...PERMISSIONS,
      "--no-check",
      "main.ts",
      ...args,
      ...sets,
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function run(world: World, ...args: string[]) {
  const { code, stdout, stderr } = await command(world, ...args).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** A pod with a configmap and a secret in the cloud, a status of its agent. */
async function deliver(world: World): Promise<void> {
  const { hub } = world;
  hub.apply(configManifest("cfg", "v1"));
  hub.apply(
    {
      kind: "Secret",
      metadata: { name: "pw" },
      type: "Opaque",
      data: { password: "c2VjcmV0" },
    } as never,
  );
  const manifest = podManifest("web-0");
  const from = [{ configMapRef: { name: "cfg" } }, {
    secretRef: { name: "pw" },
  }];
  const [container] = manifest.spec.containers;
  hub.apply({
    ...manifest,
    spec: {
      ...manifest.spec,
      containers: [{ ...container, envFrom: from }],
    },
  } as never);
  await using agent = world.agent();
  await agent.connect();
  await until(() => hub.get(podRef("web-0")) !== undefined, "the pod");
  await until(async () => {
    const { out } = await run(world, "get", "po,cm,secret", "-o", "name");
    return out.split("\n").length === 4;
  }, "all is stored");
  const containerStatuses = [{
    name: "c",
    ready: true,
    restartCount: 1,
    state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
  }];
  await agent.request("update", "default/podstatus/web-0", {
    content: {
      UID: hub.get(podRef("web-0"))?.metadata.uid,
      Name: "web-0",
      Status: { phase: "Running", podIP: "10.0.0.9", containerStatuses },
    },
  });
}

/** Names and times of the store's files. */
function filesOf(world: World): string[] {
  return Array.from(Deno.readDirSync(world.storeFolder), ({ name }) => {
    const { size, mtime } = Deno.statSync(`${world.storeFolder}/${name}`);
    return `${name} ${size} ${mtime?.getTime()}`;
  }).sort();
}

/** What every state of the node has to show of what was delivered. */
async function assertShown(world: World): Promise<void> {
  const pods = await run(world, "get", "pods", "-o", "wide");
  assertEquals(pods.code, 0, pods.err);
  assertMatch(pods.out, /\nweb-0 +1\/1 +Running +1 +\w+ +10\.0\.0\.9 +edge-1/);
  const pod = await run(world, "describe", "pod", "web-0");
  assertStringIncludes(
    pod.out,
    "Key:                         default/pod/web-0",
  );
  assertMatch(pod.out, /State: +Running\n/);
  assertMatch(pod.out, /pw {2}Secret/);
  const secret = await run(world, "get", "secret/pw", "-o", "yaml");
  assertStringIncludes(secret.out, "password: <hidden, 6 bytes>");
  const shown = await run(
    world,
    ...["get", "secret/pw", "-o", "yaml", "--show-secrets"],
  );
  assertStringIncludes(shown.out, "password: c2VjcmV0");
  assertEquals((await run(world, "get", "po", "nope")).code, 1);
}

Deno.test("stored objects are shown by a running node, a stopped one and a killed one alike", async () => {
  await using world = await World.start();
  {
    await using node = await new NodeProcess(world.sets()).ready();
    await deliver(world);
    await assertShown(world);
    node.signal("SIGTERM");
    await node.status;
  }
  const before = filesOf(world);
  await assertShown(world);
  const outbox = await run(world, "outbox", "list");
  assertEquals(outbox.code, 0, outbox.err);
  assertEquals(filesOf(world), before);
  {
    await using node = await new NodeProcess(world.sets()).ready();
    world.hub.apply(podManifest("late"));
    await until(
      async () => (await run(world, "get", "po", "late")).code === 0,
      "it is stored",
    );
    await node.kill();
  }
  // It was in the WAL only.
  assertEquals((await run(world, "get", "po", "late")).code, 0);
  await assertShown(world);
  assertStringIncludes((await run(world, "store", "check")).out, "ok: ");
  await using node = await new NodeProcess(world.sets()).ready();
  assertEquals((await run(world, "get", "po", "late")).code, 0);
  assertEquals(/"level":"error"|missing/.test(node.output), false, node.output);
});

/** Reads what a child prints. */
function reading(
  child: Deno.ChildProcess,
): { text: string; done: Promise<void> } {
  const state = { text: "", done: Promise.resolve() };
  state.done = (async () => {
    const decoded = child.stdout.pipeThrough(new TextDecoderStream());
    for await (const text of decoded) state.text += text;
  })();
  return state;
}

Deno.test("get --watch follows a node that starts and stops, and ends well by Ctrl-C", async () => {
  await using world = await World.start();
  {
    await using node = await new NodeProcess(world.sets()).ready();
    await deliver(world);
    node.signal("SIGTERM");
    await node.status;
  }
  const child = command(world, "get", "po", "--watch", "-o", "name").spawn();
  const output = reading(child);
  const errors = new Response(child.stderr).text();
  await until(() => output.text === "pod/web-0\n", "what there is");
  {
    await using node = await new NodeProcess(world.sets()).ready();
    world.hub.apply(podManifest("second"));
    await until(() => output.text.includes("pod/second"), "of the node");
    node.signal("SIGTERM");
    await node.status;
  }
  child.kill("SIGINT");
  assertEquals((await child.status).code, 0, await errors);
  await output.done;
  assertStringIncludes(await errors, "note: no node answers, read from");
});

Deno.test("get --watch ends when nobody reads it any more", async () => {
  await using world = await World.start();
  await using _node = await new NodeProcess(world.sets()).ready();
  await deliver(world);
  const child = command(world, "get", "po", "--watch").spawn();
  const errors = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  assertEquals((await reader.read()).done, false);
  await reader.cancel();
  world.hub.apply(podManifest("second"));
  assertEquals((await child.status).code, 0, await errors);
});

Deno.test("a backup of a running node is restored on another gateway, which then gets what is newer", async () => {
  await using world = await World.start({ hub: { dynamicController: true } });
  const backup = `${world.folder}/backup.db`;
  {
    await using node = await new NodeProcess(world.sets()).ready();
    await deliver(world);
    const made = await run(world, "store", "backup", backup);
    assertEquals(made.code, 0, made.err);
    assertEquals((Deno.statSync(backup).mode ?? 0) & 0o777, 0o600);
    const busy = await run(world, "store", "restore", backup);
    assertEquals(busy.code, 1);
    assertMatch(busy.err, /process \d+ has it/);
    const compact = await run(world, "store", "compact");
    assertEquals(compact.code, 0, compact.err);
    // Acknowledged after the backup: the cloud never sends it by itself again.
    world.hub.apply(podManifest("newer"));
    await until(
      async () => (await run(world, "get", "po", "newer")).code === 0,
      "it is stored",
    );
    node.signal("SIGTERM");
    await node.status;
  }
  const restored = await run(world, "store", "restore", backup);
  assertEquals(restored.code, 0, restored.err);
  assertEquals((await run(world, "get", "po", "newer")).code, 1);
  const stats = await run(world, "store", "stats");
  assertStringIncludes(stats.out, `node        ${NODE}`);
  assertMatch(stats.out, /problem {5}Not in sync since/);
  await using _node = await new NodeProcess(world.sets()).ready();
  await until(
    async () => (await run(world, "get", "po", "newer")).code === 0,
    "the node asked for what it lacked",
  );
  assert((await run(world, "get", "po", "web-0")).code === 0);
});
