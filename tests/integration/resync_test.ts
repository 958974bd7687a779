import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { EdgeNode } from "../../lib/app/mod.ts";
import { SystemClock } from "../../lib/base/mod.ts";
import { main } from "../../lib/cli/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import { until } from "../support/edged_harness.ts";
import {
  configManifest,
  NODE,
  Picture,
  podManifest,
  World,
} from "../support/node_world.ts";
import { FakeIo } from "../unit/cli/fake_io.ts";

const HOUR_MS = 3_600_000;

/** A pod that names a configmap. */
function needy(name: string, config: string) {
  const manifest = podManifest(name);
  const volumes = [{ name: "v", configMap: { name: config } }];
  return { ...manifest, spec: { ...manifest.spec, volumes } };
}

/** A cloud that repairs nothing by itself. */
function cloud(dynamicController: boolean): Promise<World> {
  return World.start({
    hub: { dynamicController, timing: { repairMs: HOUR_MS } },
  });
}

/** A node that does not reconcile by itself, connected. */
async function connected(world: World, reconcileDelayMs = HOUR_MS) {
  const node = await world.node({
    sets: ["meta.query.timeout=300ms"],
    parts: { timing: { reconcileDelayMs } },
  });
  await node.start();
  await until(() => node.status().link.state === "connected", "connected");
  return node;
}

/** Has a node store three pods and their configs, and stops it. */
async function fill(world: World): Promise<void> {
  await using node = await connected(world, 10);
  for (const name of ["same", "newer", "gone"]) {
    world.hub.apply(configManifest(name, "1"));
    world.hub.apply(needy(`web-${name}`, name));
  }
  await until(() => count(node, "pod") === 3, "three pods");
  node.resync();
  await until(() => count(node, "configmap") === 3, "three configmaps");
  await until(() => node.status().sync?.state === "synced", "in line");
}

const count = (node: EdgeNode, type: string) =>
  node.status().store?.objects[type];

const KEYS = ["default/configmap/newer", "default/configmap/gone"] as const;

/** Makes the store of a node that is down differ from the cloud. */
function tamper(world: World): void {
  const clock = new SystemClock();
  const store = openStore({ path: world.storePath, clock });
  const batch = store.batch();
  batch.message(() => {
    const [newer, gone] = KEYS.map((key) => store.get(key));
    assert(newer && gone);
    const value = newer.value.replaceAll(newer.version, "1")
      .replace('"value":"1"', '"value":"0"');
    batch.tx.put({ ...newer, value, version: "1" });
    batch.tx.drop(gone.key);
    for (
      const object of [configManifest("never", "x"), needy("ghost", "never")]
    ) {
      const { name } = object.metadata;
      const type = object.kind.toLowerCase();
      const key = `default/${type}/${name}`;
      const metadata = { name, namespace: "default", uid: `u-${name}` };
      const text = JSON.stringify({ ...object, metadata });
      batch.tx.put({
        ...newer,
        key,
        type,
        value: text,
        uid: `u-${name}`,
        version: "7",
      });
    }
    return undefined;
  });
  batch.commit();
  store.close();
}

async function resync(world: World, ...args: string[]) {
  const io = new FakeIo();
  const sets = world.sets().flatMap((set) => ["--set", set]);
  const code = await main(["resync", ...args, ...sets], io);
  return { code, out: io.out, err: io.err };
}

interface Difference {
  readonly kind: string;
  readonly key: string;
}

/** `kind key` of all that a report names. */
async function differences(world: World, ...args: string[]) {
  const { out } = await resync(world, ...args, "-o", "json");
  const { report } = JSON.parse(out);
  return report.differences.map(({ kind, key }: Difference) =>
    `${kind} ${key}`
  );
}

Deno.test("resync_without_rejoin, J4: differences are named, and gone with --apply, while agents see only these", async () => {
  await using world = await cloud(true);
  await fill(world);
  tamper(world);
  await using node = await connected(world);
  const picture = new Picture();
  await using agent = world.agent({
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  await until(() => picture.objects.has("default/pod/ghost"), "told");
  // What it was told may come once more: the refill after the connect ends.
  const told = () => JSON.stringify([...picture.objects].sort());
  const before = told();
  const revision = node.status().store?.revision;
  const shown = await resync(world);
  assertEquals([shown.code, shown.err], [1, ""]);
  const lines = shown.out.split("\n").map((line) => line.replace(/ +/g, " "));
  assertEquals(lines[0], "CHANGE KEY STORED CLOUD");
  assert(lines[1]?.startsWith("added default/configmap/gone - 1"));
  assertEquals(lines[2], "removed default/configmap/never 7 -");
  assert(lines[3]?.startsWith("changed default/configmap/newer 1 1"));
  assertEquals(lines[4], "removed default/pod/ghost 7 -");
  assertEquals(
    lines[5],
    "4 differ, 4 are the same; --apply brings the store in line",
  );
  assertEquals(shown.out.includes("value"), false);
  // Nothing was stored, and no agent was told.
  assertEquals(node.status().store?.revision, revision);
  assertEquals(told(), before);
  assertEquals(await differences(world, "po"), ["removed default/pod/ghost"]);

  const events = picture.events.length;
  const applied = await resync(world, "--apply");
  assertEquals([applied.code, applied.err], [0, ""], applied.out);
  assertStringIncludes(applied.out, "brought in line");
  await until(() => picture.events.length >= events + 4, "agents are told");
  assertEquals(picture.objects.has("default/pod/ghost"), false);
  const changed = picture.events.slice(events).map((event) =>
    event.split(" ").slice(0, 2).join(" ")
  );
  assertEquals(changed.toSorted(), [
    "delete default/configmap/never",
    "delete default/pod/ghost",
    "update default/configmap/gone",
    "update default/configmap/newer",
  ]);
  const again = await resync(world);
  assertEquals([again.code, again.out], [
    0,
    "Nothing differs, 6 are the same\n",
  ]);
});

Deno.test("resync, a cloud without DynamicController: what is not compared is said, --apply takes in what can be asked", async () => {
  await using world = await cloud(false);
  await fill(world);
  tamper(world);
  await using node = await connected(world);
  const revision = node.status().store?.revision;
  const shown = await resync(world);
  assertEquals(shown.code, 1);
  assertStringIncludes(shown.out, "not compared: 4 of pod: the cloud does not");
  assertStringIncludes(
    shown.out,
    "not compared: 4 of configmap: the cloud counts",
  );
  assertStringIncludes(shown.out, "Nothing was compared\n");
  assertEquals(node.status().store?.revision, revision);
  const applied = await resync(world, "configmap", "--apply");
  assertEquals(applied.code, 0, applied.out);
  const plain = applied.out.replace(/ +/g, " ");
  assertStringIncludes(plain, "added default/configmap/gone - ");
  assertStringIncludes(plain, "changed default/configmap/newer 1 ");
  assertStringIncludes(plain, "removed default/configmap/never 7 -");
  assertStringIncludes(plain, "3 brought in line, 1 is the same");
  assertEquals(count(node, "configmap"), 3);
  const all = await resync(world, "--apply", "-o", "json");
  assertEquals(all.code, 1);
  const { report } = JSON.parse(all.out);
  assertEquals(report.absent, ["default/configmap/never"]);
  assertEquals(report.same, 3);
  assertEquals(report.notCompared[0].type, "pod");
});

Deno.test("resync, clear words: the cloud away or lost on the way, a standalone node, a type that cannot be asked for", async () => {
  await using world = await cloud(true);
  await fill(world);
  const none = await resync(world);
  assertEquals(none.code, 1);
  assertStringIncludes(none.err, "No node runs");
  await using node = await connected(world);
  const lease = await resync(world, "lease");
  assertEquals(lease.code, 2);
  assertStringIncludes(lease.err, "Cannot ask the cloud for lease");
  assertStringIncludes(lease.err, "hint: It can be asked for pod, configmap, ");
  assertEquals((await resync(world, "pod", "configmap")).code, 2);
  world.hub.faults.loseDownstream = true;
  const late = await resync(world, "configmap", "--apply");
  assertEquals(late.code, 1);
  assertStringIncludes(late.out, "3 of configmap: the cloud did not answer");
  const lost = resync(world, "--apply");
  await until(() => node.status().requests > 0, "asked");
  world.hub.faults.refuseStatus = 503;
  world.hub.cut(NODE);
  const cut = await lost;
  assertEquals(cut.code, 1);
  assertStringIncludes(cut.out + cut.err, "he cloud went away");
  await until(() => node.status().link.state !== "connected", "away");
  const away = await resync(world);
  assertEquals(away.code, 1);
  assertStringIncludes(away.err, "Cannot ask the cloud: it is away");
  assertStringIncludes(away.err, "hint: The node asks by itself after");
});

Deno.test("resync, one order at a time, and a node that stops ends it", async () => {
  await using world = await cloud(true);
  await fill(world);
  const node = await connected(world);
  world.hub.faults.loseDownstream = true;
  const first = resync(world, "--apply");
  await until(() => node.status().requests > 0, "asked");
  const second = await resync(world);
  assertStringIncludes(second.err, "a resync is running");
  await node.stop();
  assertEquals((await first).code, 1);
});
