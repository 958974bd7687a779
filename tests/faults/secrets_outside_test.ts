import { assert, assertEquals } from "@std/assert";
import { commandLine } from "../binary/binary.ts";
import { encode } from "../../lib/message/mod.ts";
import { until, upward } from "../support/edged_harness.ts";
import { firstLine } from "../support/hostile_agent.ts";
import { HostileNode } from "../support/hostile_node.ts";
import { RawSocket } from "../support/hostile_socket.ts";
import { assertNowhere, newMark } from "../support/marks.ts";
import {
  configManifest,
  NODE,
  podManifest,
  World,
} from "../support/node_world.ts";
import { TestProxy } from "../unit/tunnel/test_proxy.ts";

/** What the program says when it is run with these words. */
async function said(
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const [program = "", ...rest] = commandLine();
  const { stdout, stderr } = await new Deno.Command(program, {
    args: [...rest, ...words],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env,
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

/** Every page of the operator's socket that can be had without parameters. */
async function allPages(node: HostileNode): Promise<string[]> {
  const list = await node.page("/no-such-page");
  const paths: string[] = list.match(/(?<=[ ,])\/[\w/-]+/g) ?? [];
  assert(paths.includes("/status") && paths.includes("/metrics"), list);
  return await Promise.all(
    [...new Set(paths), "/healthz?verbose", "/readyz?verbose"].map((path) =>
      node.page(path)
    ),
  );
}

/** What a command wrote into an archive, if the program has such a command. */
async function bundled(
  sets: readonly string[],
  folder: string,
): Promise<string> {
  if (!(await said(["--help"])).includes("support-bundle")) return "";
  const file = `${folder}/bundle.tar.gz`;
  await said(["support-bundle", "--file", file, ...setWords(sets)]);
  const opened = (await Deno.open(file)).readable
    .pipeThrough(new DecompressionStream("gzip"));
  return await new Response(opened).text();
}

function setWords(sets: readonly string[]): string[] {
  return sets.flatMap((set) => ["--set", set]);
}

Deno.test("secrets_never_logged, I3: what is planted in every input of the program is found in none of its outputs", async () => {
  await using world = await World.start({ tls: true });
  const { hub, folder } = world;
  const marks: string[] = [];
  const plant = (): string => {
    const mark = newMark();
    marks.push(mark);
    return mark;
  };
  await using proxy = new TestProxy(() => ({ port: hub.port }));
  const bearer = plant();
  await Deno.writeTextFile(`${folder}/word`, bearer, { mode: 0o600 });
  const port = freePort();
  const token = `${"a".repeat(64)}.${plant()}`;
  const sets = [
    "log.level=debug",
    `edgehub.proxy=${proxy.url(`user:${plant()}`)}`,
    `edgehub.token=${token}`,
    `edged.listen=127.0.0.1:${port}`,
    `edged.token-file=${folder}/word`,
    "meta.sync.podstatus.interval=1",
  ];
  await using node = await HostileNode.start(world, { sets });
  await node.connected();
  assertEquals(proxy.requests.length > 0, true, "the proxy was used");

  // From the cloud: objects that are stored, handed over, asked for, deleted.
  hub.apply({
    kind: "Secret",
    metadata: { name: "s" },
    data: { password: btoa(plant()) },
    stringData: { password: plant() },
  });
  hub.apply(configManifest("c", plant()));
  const { uid } = hub.apply({
    ...podManifest("web-0"),
    metadata: { name: "web-0", annotations: { note: plant() } },
  }).metadata;
  await using agent = world.agent({
    address: { host: "127.0.0.1", port, token: bearer },
    answers: true,
    onMessage: () => {
      throw new Error(plant());
    },
  });
  await agent.connect();
  await until(() => agent.isCloudConnected, "connected");
  await agent.query("default/secret/s");
  await agent.query("default/configmap/c");
  const pod = { namespace: "default", name: "web-0", uid: uid ?? "" };
  await agent.reportPodStatus(pod, { message: plant() });

  // From a neighbour: messages that cannot be, and requests that may not be.
  await using raw = await RawSocket.attach({ path: world.socket }, "odd");
  raw.send(plant());
  raw.send(`{"header":{"msg_id":"1"},"content":"${plant()}"`);
  raw.send(JSON.stringify({ header: { msg_id: "2" }, content: plant() }));
  raw.send(encode(upward("default/secret/x", { data: plant() }, "insert")));
  raw.send(encode(upward("no-resource", { token: plant() })));
  raw.send(encode(upward("default/pod/p", { token: plant() }, "made-up")));
  raw.send(encode(upward("default/podstatus/p", plant())));
  await until(() => raw.received.length >= 6, "each has its answer");
  const head = "HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n" +
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  for (
    const request of [
      `GET /attach/a ${head}Authorization: Bearer ${plant()}\r\n\r\n`,
      `GET /attach/a?token=${plant()} ${head}\r\n`,
      `GET /${plant()} ${head}Cookie: ${plant()}\r\n\r\n`,
      `${plant()}\r\n\r\n`,
    ]
  ) {
    await firstLine({ port }, request);
    await firstLine({ path: world.adminSocket }, request);
  }

  // The link breaks, the key is looked at again, the node ends.
  hub.cut("edge-1");
  await node.connected(false);
  const pages = await allPages(node);
  const whole = world.sets(...sets);
  const outputs = [
    ...pages,
    await said(["status", ...setWords(whole)]),
    await said(["outbox", "list", ...setWords(whole)]),
    await said(["config", "print", ...setWords(whole)]),
    await said(["config", "check", ...setWords(whole)]),
    await said(["doctor", ...setWords(whole)]),
    await bundled(whole, folder),
  ];
  node.process.signal("SIGTERM");
  await node.process.status;
  outputs.push(node.process.output);
  assert(node.process.output.includes('"level":"debug"'));
  const key = await Deno.readTextFile(`${folder}/tls/key.pem`);
  const keyLines = key.split("\n").filter((line) => line.length > 40);
  assert(keyLines.length > 0);
  assertNowhere(marks, outputs);
  for (const line of keyLines) {
    assertEquals(outputs.some((text) => text.includes(line)), false, "the key");
  }
});

Deno.test("secrets_never_logged, I3: a program that cannot start does not say what it was given", async () => {
  const folder = await Deno.makeTempDir();
  const marks: string[] = [];
  const plant = (): string => {
    const mark = newMark();
    marks.push(mark);
    return mark;
  };
  const file = async (text: string, mode = 0o600): Promise<string> => {
    const path = `${folder}/${crypto.randomUUID()}`;
    await Deno.writeTextFile(path, text, { mode });
    return path;
  };
  const key = await file(
    `-----BEGIN PRIVATE KEY-----\n${
      btoa(plant())
    }\n-----END PRIVATE KEY-----\n`,
  );
  const base = [
    `store.path=${folder}/store.db`,
    `edged.socket=${folder}/e.sock`,
    `admin.socket=${folder}/a.sock`,
  ];
  const cloud = "edgehub.websocket.url=wss://127.0.0.1:1";
  const runs: string[][] = [
    ["run", ...setWords([...base, `edgehub.proxy=ftp://u:${plant()}@h`])],
    ["run", ...setWords([...base, `edgehub.proxy=http://u:${plant()}@[`])],
    ["run", ...setWords([...base, `edgehub.token=${plant()} ${plant()}`])],
    [
      "run",
      ...setWords([
        ...base,
        cloud,
        `edgehub.websocket.keyfile=${key}`,
        `edgehub.websocket.certfile=${key}`,
        `edgehub.websocket.cafile=${key}`,
        "edgehub.reconnect.base=no-time",
      ]),
    ],
    ["run", "--config", await file(`edgehub:\n  token: "${plant()}\n`)],
    ["run", "--config", await file(`edgehub: {token: {x: ${plant()}}}\n`)],
    ["run", "--config", await file(`edgehub: [${plant()}\n`)],
    [
      "config",
      "check",
      "--config",
      await file(`edgehub:\n  token: [${plant()}]\n  proxy: {a: ${plant()}}\n`),
    ],
    [
      "config",
      "check",
      ...setWords([
        cloud,
        `edgehub.websocket.keyfile=${key}`,
        `edgehub.websocket.certfile=${key}`,
        `edgehub.websocket.cafile=${key}`,
      ]),
    ],
    [
      "config",
      "print",
      ...setWords([
        `edgehub.token=${plant()}`,
        `edgehub.proxy=http://u:${plant()}@h:1`,
      ]),
    ],
    ["join", "--token", plant(), ...setWords([...base, cloud])],
  ];
  const outputs = await Promise.all(
    runs.map((words) =>
      said(words, { HTTPS_PROXY: `http://u:${plant()}@127.0.0.1:1` })
    ),
  );
  for (const [i, output] of outputs.entries()) {
    assert(output.length > 0, runs[i]?.join(" "));
  }
  assertNowhere(marks, outputs);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("secrets_never_logged, I3: a program that dies of no memory, or is aborted, does not say what it held", async () => {
  for (const way of ["no memory", "SIGABRT"] as const) {
    await using world = await World.start({
      tls: true,
      // Kubernetes has no such secret: repaired, it would be deleted.
      hub: { timing: { repairMs: 3_600_000 } },
    });
    const mark = newMark();
    await using node = await HostileNode.start(world, {
      sets: ["log.level=debug"],
    });
    await node.connected();
    const insert = (
      id: string,
      { password, resourceVersion }: Record<string, string>,
    ) =>
      world.hub.core.send(NODE, {
        header: {
          msg_id: id,
          timestamp: Date.now(),
          ...resourceVersion ? { resourceversion: resourceVersion } : {},
        },
        route: {
          source: "edgecontroller",
          group: "resource",
          operation: "insert",
          resource: "default/secret/s",
        },
        content: {
          kind: "Secret",
          metadata: {
            name: "s",
            namespace: "default",
            uid: "u",
            resourceVersion,
          },
          data: { password },
        },
      });
    insert("small", { password: `${mark} small`, resourceVersion: "2" });
    await until(
      () =>
        world.hub.frames.entries.some(({ from, message }) =>
          from === "edge" && message?.header.parent_msg_id === "small"
        ),
      "the secret is stored",
    );
    if (way === "no memory") {
      limitMemory(node.process.pid);
      const password = `${mark} `.repeat(500_000);
      insert("large", { password, resourceVersion: "3" });
    } else node.process.signal(way);
    // Which allocation fails is chance, and some leave a thread that waits.
    const late = setTimeout(() => node.process.signal("SIGABRT"), 5000);
    const { success } = await node.process.status;
    clearTimeout(late);
    assertEquals(success, false, way);
    assertNowhere([mark], [node.process.output]);
  }
});

/** Leaves a process a little more memory than it has now. */
function limitMemory(pid: number): void {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const hasKb = Number(/^VmSize:\s+(\d+) kB$/m.exec(status)?.[1]);
  const { success } = new Deno.Command("prlimit", {
    args: ["--pid", String(pid), `--as=${(hasKb + 8192) * 1024}`],
  }).outputSync();
  assert(success, "prlimit --as");
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
