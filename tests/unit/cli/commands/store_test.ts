import { parse } from "@std/yaml";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { FakeIo } from "../fake_io.ts";
import { putObject, StoredNode } from "../stored_node.ts";

/** A store with objects, a message and free pages. */
function filled(): StoredNode {
  const place = new StoredNode();
  place.write((tx) => {
    for (let i = 0; i < 900; i++) {
      const pad = "x".repeat(1000);
      const data = { pad, secret: "hunter2" };
      putObject(tx, `default/configmap/${i}`, { metadata: {}, data });
    }
    tx.enqueue({
      msgId: "m",
      resource: "default/event/e",
      type: "event",
      operation: "insert",
      createdAtMs: Date.now() - 65_000,
      text: '{"header":{"msg_id":"m"}}',
    });
  });
  place.write((tx) => {
    for (let i = 0; i < 200; i++) tx.remove(`default/configmap/${i}`);
  });
  return place;
}

Deno.test("store check, a verdict and an exit code, of a node that runs or is down", async () => {
  await using place = filled();
  const ok = await place.run("store", "check");
  assertEquals(ok, {
    code: 0,
    out: `ok: 700 objects: ${place.path}\n`,
    err: "",
  });
  await place.start();
  const json = await place.run("store", "check", "-o", "json");
  assertEquals(json.code, 0);
  const { verdict, objects, problems } = JSON.parse(json.out);
  assertEquals([verdict, objects, problems], ["ok", 700, []]);
  await place.stop();
  using file = Deno.openSync(place.path, { read: true, write: true });
  for (let page = 200; page < 204; page++) {
    file.seekSync(page * 4096, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(4096));
  }
  const bad = await place.run("store", "check");
  assertEquals(bad.code, 1);
  assertMatch(bad.out, /^damaged: \d+ of 700 objects are lost: /);
  assertMatch(bad.err, /^hint: .*store restore FILE/);
  const badJson = await place.run("store", "check", "-o", "json");
  assertEquals([badJson.code, JSON.parse(badJson.out).verdict], [1, "damaged"]);
});

Deno.test("store check, problems without a lost object, and a loss in the past", async () => {
  await using place = filled();
  place.write((tx) =>
    tx.enqueue({
      msgId: "m2",
      resource: "default/event/f",
      type: "event",
      operation: "insert",
      createdAtMs: 1,
      text: "no json",
    })
  );
  const { code, out } = await place.run("store", "check");
  assertEquals(code, 1);
  assertMatch(out, /^damaged: 700 objects can be read: .*\n {2}1 messages/);
});

Deno.test("store stats, what it holds and takes, never what is in it", async () => {
  await using place = filled();
  const text = await place.run("store", "stats");
  assertEquals(text.code, 0);
  for (
    const line of [
      /^node {8}edge-1$/m,
      /^snapshot {4}none$/m,
      /^outbox {6}1 not confirmed, 0 parked, the oldest stored \d+s ago$/m,
      /^tombstones {2}200$/m,
      /^synced {6}never$/m,
      /^configmap {6}700 {3}\d+\.\d KiB$/m,
      /^outbox: event {2}1 {5}25 B$/m,
    ]
  ) assertMatch(text.out, line);
  assertEquals(text.out.includes("hunter2"), false);
  place.write((tx) => tx.markSynced("*"));
  const synced = await place.run("store", "stats");
  assertMatch(synced.out, /^synced {6}all kinds$/m);
  await place.start();
  const json = JSON.parse(
    (await place.run("store", "stats", "-o", "json")).out,
  );
  assertEquals(json.objects[0].rows, 700);
  assertEquals(json.path, place.path);
  const yaml = parse((await place.run("store", "stats", "-o", "yaml")).out);
  assertEquals((yaml as typeof json).objects, json.objects);
});

Deno.test("store backup and restore, there and back, a bar on a terminal", async () => {
  await using place = filled();
  const backup = `${place.folder}/backup`;
  await place.start();
  const made = await place.run("store", "backup", backup);
  assertEquals(made.code, 0, made.err);
  assertMatch(made.out, /^ok: 700 objects, \d+\.\d MiB, checked: /);
  const again = await place.run("store", "backup", backup);
  assertEquals([again.code, again.out], [1, ""]);
  assertMatch(again.err, /there is such a file\nhint: .*--force/);
  const terminal = new FakeIo({ terminal: true });
  const forced = await place.runWith(
    terminal,
    "store",
    "backup",
    backup,
    "--force",
  );
  assertEquals(forced.code, 0);
  assertStringIncludes(forced.err, "100 % ");
  const running = await place.run("store", "restore", backup);
  assertEquals(running.code, 1);
  assertMatch(running.err, /process \d+ has it/);
  await place.stop();
  place.put("default/configmap/new", { metadata: {} });
  const restored = await place.run("store", "restore", backup);
  assertEquals(restored.code, 0, restored.err);
  assertMatch(
    restored.out,
    /^ok: 700 objects of .*\nnote: what was there is kept as/,
  );
  assertEquals((await place.run("get", "cm", "new")).code, 1);
  assertMatch(
    (await place.run("store", "check")).out,
    /^ok: .*\n {2}note: Not in/,
  );
  const node = await place.start();
  assertEquals(node.status().store?.objects.configmap, 700);
});

Deno.test("store restore, of another node only by force", async () => {
  await using place = filled();
  await using other = new StoredNode();
  const backup = `${place.folder}/backup`;
  await place.run("store", "backup", backup);
  const sets = ["--set", "edgehub.controller.node-id=edge-2"];
  const run = (...more: string[]) =>
    other.run("store", "restore", backup, ...more);
  other.sets.pop();
  const refused = await run(...sets);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.err, "it holds the objects of node edge-1");
  const forced = await run(...sets, "--force");
  assertEquals(forced.code, 0, forced.err);
  assertStringIncludes(forced.out, "note: it was node edge-1's");
});

Deno.test("store compact, by the node that runs, and of the file while it is down", async () => {
  await using place = filled();
  const image = Deno.readFileSync(place.path);
  const node = await place.start();
  const byNode = await place.run("store", "compact");
  assertEquals(byNode.code, 0, byNode.err);
  assertMatch(byNode.out, /^ok: 1\.3 MiB before, 1\.1 MiB now: /);
  assertEquals(node.status().store?.objects.configmap, 700);
  await place.stop();
  assert(Deno.statSync(place.path).size < image.length);
  Deno.writeFileSync(place.path, image);
  const offline = await place.run("store", "compact");
  assertEquals(offline.code, 0, offline.err);
  assert(Deno.statSync(place.path).size < image.length);
  const again = await place.run("store", "compact");
  assertEquals(again.code, 0);
  // Of a node that runs without a socket of its own nothing is taken away.
  place.sets.push("admin.socket=");
  await place.start();
  const locked = await place.run("store", "compact");
  assertEquals(locked.code, 1);
  assertMatch(locked.err, /process \d+ has it/);
});

Deno.test("store, wrong arguments, and no store", async () => {
  await using place = new StoredNode();
  const code = async (...args: string[]) =>
    (await place.run("store", ...args)).code;
  assertEquals(await code("backup"), 2);
  assertEquals(await code("backup", "a", "b"), 2);
  assertEquals(await code("restore", ""), 2);
  assertEquals(await code("stats", "-o", "xml"), 2);
  assertEquals(await code("check"), 1);
  assertEquals(await code("stats"), 1);
  assertEquals(await code("compact"), 1);
  assertEquals(await code("backup", `${place.folder}/x`), 1);
  assertEquals(await code("restore", `${place.folder}/x`), 1);
  assertEquals([...Deno.readDirSync(place.folder)], []);
});

Deno.test("outbox list, of the file while the node is down", async () => {
  await using place = filled();
  const { code, out, err } = await place.run("outbox", "list");
  assertEquals(code, 0);
  assertMatch(out, /\n1 {3}default\/event\/e {2}insert .* waiting {2}25 B\n/);
  assertStringIncludes(err, `read from ${place.path}`);
  const json = await place.run("outbox", "list", "-o", "json");
  assertEquals(JSON.parse(json.out).messages[0].resource, "default/event/e");
});
