import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SystemClock } from "../../lib/base/mod.ts";
import { Connection } from "../../lib/store/driver.ts";
import { openStore } from "../../lib/store/mod.ts";
import { migrate, MIGRATIONS } from "../../lib/store/schema.ts";
import { until } from "../support/edged_harness.ts";
import { NodeProcess } from "../support/node_process.ts";
import { NODE, podManifest, podRef, World } from "../support/node_world.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The program with another version, in a folder of its own. */
async function otherVersion(folder: string, version: string): Promise<void> {
  const manifest = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const text = JSON.stringify({ ...manifest, version });
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/deno.json`, text);
  for (const name of ["main.ts", "mod.ts", "deno.lock"]) {
    await Deno.copyFile(`${ROOT}${name}`, `${folder}/${name}`);
  }
  for (const name of ["lib", "conf"]) {
    await Deno.symlink(`${ROOT}${name}`, `${folder}/${name}`);
  }
}

/** Runs a version until it is in sync, reports a phase, and ends it somehow. */
async function life(
  world: World,
  options: { root?: string; phase: string; end: "SIGTERM" | "SIGKILL" },
): Promise<void> {
  const { hub } = world;
  const { root, phase, end } = options;
  await using agent = world.agent();
  await using node = new NodeProcess(world.sets(), root ? { root } : {});
  await node.connected();
  await agent.connect();
  hub.apply(podManifest(phase));
  await hub.synced(NODE);
  for (const { metadata } of hub.list("pod")) {
    const [pod] = await agent.query(`default/pod/${metadata.name}`) as [
      { metadata: { uid: string } },
    ];
    assertEquals(pod.metadata.uid, metadata.uid);
  }
  const uid = hub.get(podRef("first"))?.metadata.uid ?? "";
  const pod = { namespace: "default", name: "first", uid };
  await agent.reportPodStatus(pod, { phase });
  await until(
    () =>
      (hub.get(podRef("first"))?.status as { phase?: string })?.phase === phase,
    `${phase} is reported`,
  );
  node.signal(end);
  const { code } = await node.status;
  assertEquals(code, end === "SIGTERM" ? 0 : 137, node.output);
  assert(!/"level":"error"|salvage/.test(node.output), node.output);
}

Deno.test("upgrade and back, another version of the same schema goes on with the store, after a kill too", async () => {
  await using world = await World.start();
  const root = `${world.folder}/other`;
  await otherVersion(root, "99.0.0");
  const said = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "main.ts", "version"],
    cwd: root,
  }).output();
  assertStringIncludes(new TextDecoder().decode(said.stdout), "99.0.0");
  world.hub.apply(podManifest("first"));
  await life(world, { phase: "one", end: "SIGTERM" });
  await life(world, { root, phase: "two", end: "SIGKILL" });
  await life(world, { phase: "three", end: "SIGKILL" });
  await life(world, { root, phase: "four", end: "SIGTERM" });
  const store = openStore({ path: world.storePath, clock: new SystemClock() });
  assertEquals(store.problems, []);
  assertEquals(
    store.list("pod").map(({ key }) => key),
    ["first", "four", "one", "three", "two"].map((n) => `default/pod/${n}`),
  );
  store.close();
});

for (const { version } of MIGRATIONS) {
  Deno.test(`store_migrates_in_place, H3: a node starts on a store of schema ${version} and has its rows`, async () => {
    await using world = await World.start();
    await Deno.mkdir(world.storeFolder, { mode: 0o700 });
    await Deno.writeTextFile(world.storePath, "", { mode: 0o600 });
    const db = new Connection(world.storePath);
    migrate(db, MIGRATIONS.slice(0, version));
    const value = JSON.stringify(podManifest("old"));
    db.run(
      "INSERT INTO meta (key, type, revision, value) VALUES (?, 'pod', 7, ?)",
      "default/pod/old",
      value,
    );
    db.close();
    const sets = world.sets("edgehub.websocket.url=");
    await using node = await new NodeProcess(sets).ready();
    await using agent = world.agent();
    await agent.connect();
    assertEquals(await agent.query("default/pod/old"), [JSON.parse(value)]);
    node.signal("SIGTERM");
    assertEquals((await node.status).code, 0);
    const after = new Connection(world.storePath);
    assertEquals(after.pragma("user_version"), MIGRATIONS.length);
    after.close();
  });
}

Deno.test("store_migrates_in_place, H3: a store of a later schema is refused with both numbers and left as it is", async () => {
  await using world = await World.start();
  const store = openStore({ path: world.storePath, clock: new SystemClock() });
  store.close();
  const later = MIGRATIONS.length + 1;
  const db = new Connection(world.storePath);
  db.exec(`PRAGMA user_version=${later}`);
  db.close();
  const before = await Deno.readFile(world.storePath);
  await using node = new NodeProcess(world.sets());
  assertEquals((await node.status).code, 1);
  assertStringIncludes(
    node.output,
    `its schema is ${later}, this program knows up to ${MIGRATIONS.length}`,
  );
  assertStringIncludes(node.output, "hint: Run the newer program");
  assertEquals(await Deno.readFile(world.storePath), before);
});
