import { assert, assertEquals, assertMatch } from "@std/assert";
import { AgentClosedError } from "../../lib/agent/mod.ts";
import { sleep, SystemClock } from "../../lib/base/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import { until } from "../support/edged_harness.ts";
import { askAdmin, NodeProcess } from "../support/node_process.ts";
import {
  configManifest,
  NODE,
  Picture,
  podManifest,
  podRef,
  summaryOf,
  World,
} from "../support/node_world.ts";

type Manifest = ReturnType<typeof podManifest>;

const CLOCK = new SystemClock();

/** Changes pods in the cloud until told to stop. */
function load(world: World): { stop: () => Promise<void> } {
  let running = true;
  const loop = (async () => {
    for (let n = 0; running; n++) {
      world.hub.apply(podManifest(`pod-${n % 9}`, n));
      await sleep(CLOCK, 2);
    }
  })();
  return {
    stop: () => {
      running = false;
      return loop;
    },
  };
}

/** Everything that the cloud counts as acked is in the store of a stopped node. */
function assertAckedIsStored(world: World): void {
  const store = openStore({ path: world.storePath, clock: CLOCK });
  const notes = world.hub.core.syncs.of(NODE);
  assert(notes.length > 0);
  for (const { namespace, type, name, uid, version } of notes) {
    if (version === "0") continue;
    const row = store.get(`${namespace}/${type}/${name}`);
    assertEquals(row?.uid, uid);
    assert(BigInt(row?.version ?? "0") >= BigInt(version), name);
  }
  store.close();
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** How it ended, unless it takes longer than a stop may. */
async function endOf(node: NodeProcess): Promise<number | "too late"> {
  const late = Promise.withResolvers<"too late">();
  const timer = setTimeout(() => late.resolve("too late"), 5000);
  const end = await Promise.race([
    node.status.then(({ code }) => code),
    late.promise,
  ]);
  clearTimeout(timer);
  return end;
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`clean_stop_flushes, J5: ${signal} under load`, async () => {
    await using world = await World.start({ tls: true });
    const picture = new Picture();
    await using agent = world.agent({
      answers: true,
      onMessage: (message) => picture.take(message),
    });
    await using node = new NodeProcess(world.sets());
    await node.connected();
    await agent.connect();
    const changes = load(world);
    await until(() => picture.events.length > 50, "the load is on");
    node.signal(signal);
    assertEquals(await endOf(node), 0, node.output);
    await changes.stop();
    await until(() => world.hub.sessions().length === 0, "the link ended");
    assertEquals(sizeOf(`${world.storePath}-wal`), 0);
    const lock = await Deno.readTextFile(`${world.storePath}.lock`);
    assertEquals(lock, "clean\n");
    assertAckedIsStored(world);
    const files = Array.from(Deno.readDirSync(`${world.folder}/run`));
    assertEquals(files.map(({ name }) => name), []);
  });
}

Deno.test("clean_stop_flushes, J5: with a mute far side, and a second signal ends at once", async () => {
  await using world = await World.start();
  const { hub } = world;
  await using agent = world.agent();
  {
    await using node = new NodeProcess(world.sets());
    await node.connected();
    await agent.connect();
    hub.apply(podManifest("web-0"));
    await hub.synced(NODE);
    hub.faults.stallReads = true;
    node.signal("SIGTERM");
    assertEquals(await endOf(node), 0, node.output);
    assertAckedIsStored(world);
  }
  hub.faults.stallReads = false;
  await using node = new NodeProcess(world.sets());
  await node.connected();
  hub.faults.stallReads = true;
  node.signal("SIGTERM");
  await node.said('"event":"stopping"');
  // Another one is never a repeat of the first.
  node.signal("SIGINT");
  assertEquals(await endOf(node), 130, node.output);
  hub.faults.stallReads = false;
});

Deno.test("a second process on the same store is refused with the pid of the first", async () => {
  await using world = await World.start();
  await using first = await new NodeProcess(world.sets()).ready();
  await using second = new NodeProcess(
    world.sets("edged.socket=", "admin.socket="),
  );
  assertEquals((await second.status).code, 1);
  assertMatch(second.output, new RegExp(`process ${first.pid} has it`));
  assertMatch(second.output, /hint: Stop the other process/);
  first.signal("SIGTERM");
  assertEquals((await first.status).code, 0);
  // Now it may.
  await using third = await new NodeProcess(world.sets()).ready();
  third.signal("SIGTERM");
  assertEquals((await third.status).code, 0);
});

Deno.test("a process without a cloud says that it is standalone", async () => {
  await using world = await World.start();
  await using node = await new NodeProcess(
    world.sets("edgehub.websocket.url="),
  ).ready();
  assertMatch(node.output, /standalone node/);
  await using agent = world.agent();
  await agent.connect();
  assertEquals(await agent.query("default/pod"), []);
  const page = await askAdmin(world.adminSocket, "/status");
  assertEquals(JSON.parse(page?.text ?? "").link.state, "standalone");
  assertEquals((await askAdmin(world.adminSocket, "/healthz"))?.status, 200);
});

Deno.test("a process that is asked to reconnect while it starts does not end", async () => {
  await using world = await World.start();
  await using node = new NodeProcess(world.sets("edgehub.websocket.url="));
  await node.said("standalone node");
  for (const signal of ["SIGUSR1", "SIGUSR2"] as const) node.signal(signal);
  await node.ready();
  for (let i = 0; i < 200; i++) node.signal("SIGUSR2");
  assertEquals((await askAdmin(world.adminSocket, "/healthz"))?.status, 200);
  node.signal("SIGTERM");
  assertEquals((await node.status).code, 0);
});

/** Operations of the answers that the cloud got to messages about a resource. */
function verdicts(world: World, resource: string, after: number): string[] {
  return world.hub.frames.entries.slice(after).flatMap(({ from, message }) =>
    from === "edge" && message?.route.resource === resource
      ? [message.route.operation]
      : []
  );
}

Deno.test("a deleted database file is noticed before anything is acked, and written anew", async () => {
  await using world = await World.start();
  const { hub } = world;
  await using node = new NodeProcess(world.sets());
  await node.connected();
  for (let n = 0; n < 20; n++) hub.apply(podManifest(`old-${n}`, n));
  await hub.synced(NODE);
  const { ino } = await Deno.stat(world.storePath);
  const before = hub.frames.count;
  for (const end of ["", "-wal", "-shm"]) {
    await Deno.remove(`${world.storePath}${end}`);
  }
  hub.apply(podManifest("new", 1));
  await hub.synced(NODE);
  const answers = verdicts(world, "default/pod/new", before);
  assertEquals([answers[0], answers.at(-1)], ["error", "response"]);
  assertMatch(node.output, /"event":"not stored"/);
  await node.said('"event":"storing again"');
  assert((await Deno.stat(world.storePath)).ino !== ino);
  // Nothing was lost: the log says what happened, and health is well.
  assertMatch(node.output, /all that was in them is in a new one/);
  const page = await askAdmin(world.adminSocket, "/readyz?verbose");
  assertEquals(page?.status, 200, page?.text);
  const status = await askAdmin(world.adminSocket, "/status");
  assertEquals(JSON.parse(status?.text ?? "").problems, [], status?.text);
  await node.kill();
  const path = await world.crashImage();
  const store = openStore({ path, clock: CLOCK, reserveBytes: 0 });
  assertEquals(
    store.list("pod").map(({ key }) => key).sort(),
    hub.list("pod").map(({ metadata }) => `default/pod/${metadata.name}`)
      .sort(),
  );
  store.close();
});

/** A file system of its own, of a few megabytes. */
async function tinyDisk(
  sizeMiB: number,
): Promise<({ folder: string } & AsyncDisposable) | undefined> {
  const folder = await Deno.makeTempDir();
  const run = async (...words: string[]) => {
    const [command = "", ...args] = words;
    const { success } = await new Deno.Command(command, {
      args,
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  };
  const options = `size=${sizeMiB}m,mode=0700`;
  const mounted = Deno.uid() === 0 &&
    await run("mount", "-t", "tmpfs", "-o", options, "metamanager", folder);
  if (!mounted) {
    await Deno.remove(folder);
    return undefined;
  }
  return {
    folder,
    async [Symbol.asyncDispose]() {
      assert(await run("umount", folder), `umount ${folder}`);
      await Deno.remove(folder);
    },
  };
}

const mayMount = await (async () => {
  await using disk = await tinyDisk(1);
  return disk !== undefined;
})();

Deno.test({
  name: "full_disk_recovers, E4: nothing is acked, reads and deletes go on",
  // Needs the right to mount.
  ignore: !mayMount,
  async fn() {
    await using disk = await tinyDisk(32);
    assert(disk);
    await using world = await World.start({ storeFolder: disk.folder });
    const { hub } = world;
    await using node = new NodeProcess(world.sets());
    await node.connected();
    await using agent = world.agent();
    await agent.connect();
    await until(() => agent.isCloudConnected, "connected");
    for (let n = 0; n < 10; n++) hub.apply(podManifest(`pod-${n}`));
    // A pod that refers to configmaps, so that their changes come.
    hub.apply({
      ...podManifest("user"),
      spec: {
        nodeName: NODE,
        containers: [{
          name: "c",
          image: "nginx",
          envFrom: ["a", "b", "c"].map((name) => ({ configMapRef: { name } })),
        }],
      },
    });
    await hub.synced(NODE);

    // Others fill the disk to the last byte.
    const filler = `${disk.folder}/filler`;
    await fill(filler);
    const names = ["a", "b", "c"];
    // Together more than the reserve gives back.
    for (const name of names) hub.apply(configManifest(name, "x".repeat(5e6)));
    await node.said('"event":"not stored"');

    // A delete goes through all the same: the reserve made room for it.
    const gone = hub.get(podRef("pod-1"))?.metadata.uid ?? "";
    hub.delete(podRef("pod-1"), { gracePeriodSeconds: 0 });
    await until(
      () => hub.core.syncs.get(NODE, gone) === undefined,
      "the delete is acked",
    );

    // With the reserve's room gone, too, what is large stays refused, and
    // health says so as often as it is tried.
    await fill(filler);
    await until(
      async () =>
        (await askAdmin(world.adminSocket, "/healthz"))?.status === 503,
      "health says that nothing can be stored",
    );

    // Reads go on, and show what is stored and nothing else.
    const read = async (resource: string): Promise<Manifest> => {
      try {
        const [object] = await agent.query(resource);
        return object as Manifest;
      } catch (error) {
        // Two of the large ones at once are more than may wait for an agent:
        // it is closed and attaches again.
        if (!(error instanceof AgentClosedError)) throw error;
        return await read(resource);
      }
    };
    assertEquals((await read("default/pod/pod-3")).metadata.name, "pod-3");
    let refused = 0;
    for (const name of names) {
      const object = hub.get({ type: "configmap", namespace: "default", name });
      const note = hub.core.syncs.get(NODE, object?.metadata.uid ?? "");
      if (!note || note.version === "0") refused++;
      else assert(await read(`default/configmap/${name}`), name);
    }
    assert(refused > 0, "the disk was not full");

    // Space returns: the node catches up alone.
    await Deno.remove(filler);
    await until(() => hub.core.isSynced(NODE), "all is acked");
    await node.said('"event":"storing again"');
    for (const name of names) {
      const acks = verdicts(world, `default/configmap/${name}`, 0);
      assertEquals(acks.at(-1), "response");
      assert(await read(`default/configmap/${name}`), name);
    }
    await until(
      async () =>
        (await askAdmin(world.adminSocket, "/readyz"))?.status === 200,
      "ready again",
    );
    node.signal("SIGTERM");
    assertEquals(await endOf(node), 0);
    const store = openStore({ path: world.storePath, clock: CLOCK });
    const labels = store.list("pod").map(({ value }) => JSON.parse(value));
    assertEquals(summaryOf(labels), summaryOf(hub.list("pod")));
    store.close();
  },
});

/** Writes to a file until the disk is full. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { create: true, append: true });
  for (let bytes = 1 << 20; bytes >= 1;) {
    try {
      await file.write(new Uint8Array(bytes).fill(1));
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes("No space")) {
        throw error;
      }
      bytes >>= 1;
    }
  }
}

Deno.test("a report taken before SIGKILL is sent by the next process", async () => {
  await using world = await World.start();
  const { hub } = world;
  await using agent = world.agent();
  const { uid } = hub.apply(podManifest("web-0")).metadata;
  {
    await using node = new NodeProcess(world.sets());
    await node.connected();
    await agent.connect();
    await hub.synced(NODE);
    await hub.stop();
    await until(() => !agent.isCloudConnected, "offline");
    await agent.reportPodStatus({ namespace: "default", name: "web-0", uid }, {
      phase: "Running",
    });
    await node.kill();
  }
  await hub.start();
  await using node = new NodeProcess(world.sets());
  await until(
    () =>
      (hub.get(podRef("web-0"))?.status as { phase?: string })?.phase ===
        "Running",
    "the report came",
  );
  node.signal("SIGTERM");
  assertEquals(await endOf(node), 0);
});
