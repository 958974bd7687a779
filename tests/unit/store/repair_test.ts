import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { seededRandom } from "../../../lib/base/mod.ts";
import { fill, isTrue, overwrite, PAGE_BYTES, unclean } from "./damage.ts";
import { commit, Place, pod } from "./support.ts";

const aside = (place: Place) =>
  place.names().filter((name) => name.startsWith("edge.db.corrupt-"));

Deno.test("corrupt_store_is_set_aside, noise in any page: it opens, rows are true", () => {
  const count = 40;
  using place = new Place();
  const store = place.open();
  fill(store, count);
  commit(store, (tx) => {
    tx.markSynced("*");
    tx.enqueue({
      msgId: "m1",
      resource: "default/podstatus/1",
      type: "podstatus",
      operation: "update",
      text: '{"header":{"msg_id":"m1"}}',
      createdAtMs: 1,
    });
    tx.remove(`default/pod/${count - 1}`);
  });
  store.close();
  const original = Deno.readFileSync(place.path);
  const random = seededRandom(7);
  const pages = original.length / PAGE_BYTES;
  let most = 0;
  for (let page = 0; page < pages; page++) {
    Deno.writeFileSync(place.path, original);
    const noise = Uint8Array.from(
      { length: PAGE_BYTES },
      () => Math.floor(random() * 256),
    );
    overwrite(place.path, page * PAGE_BYTES, noise);
    unclean(place);
    const damaged = place.open();
    const rows = damaged.list("pod");
    assert(rows.every(isTrue), `page ${page}: a row is not true`);
    const lost = damaged.problems.length > 0;
    // A page that is not noticed holds nothing: all must be there.
    if (!lost) assertEquals(rows.length, count - 1, `page ${page}`);
    if (lost) {
      assert(!damaged.isSynced("pod"), `page ${page}: still in sync`);
      assertEquals(damaged.changesSince(count).complete, false);
      most = Math.max(most, rows.length);
    }
    assertEquals(commit(damaged, (tx) => tx.put(pod("new"))) > count, true);
    damaged.close();
    assert(aside(place).length <= 2);
  }
  assert(most >= count - 10, `at best ${most} rows were salvaged`);
});

Deno.test("corrupt_store_is_set_aside, the damaged file is kept, a second start is quiet", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 60);
  store.close();
  const size = Deno.statSync(place.path).size;
  overwrite(place.path, size - PAGE_BYTES, new Uint8Array(PAGE_BYTES).fill(7));
  const damagedBytes = Deno.readFileSync(place.path);
  unclean(place);
  const repaired = place.open();
  assertEquals(aside(place), [
    "edge.db.corrupt-2030-01-01T00-00-00.000Z",
    "edge.db.corrupt-2030-01-01T00-00-00.000Z-wal",
  ]);
  const kept = `${place.folder}/${aside(place)[0]}`;
  assertEquals(Deno.readFileSync(kept), damagedBytes);
  const [problem = "none"] = repaired.problems;
  assertStringIncludes(problem, "Not in sync since 2030-01-01");
  assertStringIncludes(problem, "there was no snapshot");
  assertStringIncludes(place.logged.join(), problem);
  repaired.close();
  const again = place.open();
  assertEquals(again.problems, [problem]);
  commit(again, (tx) => tx.markSynced("*"));
  assertEquals(again.problems, []);
});

Deno.test("corrupt_store_is_set_aside, what cannot be read comes from the snapshot", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 60);
  commit(store, (tx) => tx.put(pod("doomed")));
  assertEquals(await store.snapshot(), true);
  fill(store, 30, "2");
  commit(store, (tx) => tx.remove("default/pod/doomed"));
  store.close();
  // The first page: nothing can be read any more.
  overwrite(place.path, 0, new Uint8Array(PAGE_BYTES).fill(1));
  unclean(place);
  const first = place.open();
  assertEquals(first.list("pod").length, 61);
  assertEquals(first.get("default/pod/0")?.version, "1");
  assertStringIncludes(first.problems.join(), "61 were in the snapshot of");
  assertStringIncludes(first.problems.join(), "no object salvaged");
});

Deno.test("corrupt_store_is_set_aside, salvaged rows go over the snapshot by version", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 60);
  commit(store, (tx) => tx.put(pod("doomed")));
  await store.snapshot();
  fill(store, 60, "2");
  commit(store, (tx) => tx.remove("default/pod/doomed"));
  commit(store, (tx) => tx.put(pod("0", { uid: "other", version: "1" })));
  store.close();
  // The last page holds some of the rows.
  const size = Deno.statSync(place.path).size;
  overwrite(place.path, size - PAGE_BYTES, new Uint8Array(PAGE_BYTES).fill(7));
  unclean(place);
  const repaired = place.open();
  const rows = repaired.list("pod");
  assertEquals(rows.length, 60);
  const versions = new Set(rows.map((row) => row.version));
  assertEquals([...versions].sort(), ["1", "2"]);
  assertEquals(repaired.get("default/pod/0")?.uid, "other");
  assertEquals(repaired.get("default/pod/doomed"), undefined);
  assertEquals(repaired.tombstone("default/pod/doomed")?.uid, "uid-doomed");
});

Deno.test("corrupt_store_is_set_aside, a damaged snapshot is not used", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 60);
  await store.snapshot();
  store.close();
  const snapshot = `${place.path}.snapshot`;
  overwrite(snapshot, PAGE_BYTES * 9, new Uint8Array(PAGE_BYTES).fill(7));
  overwrite(place.path, 0, new Uint8Array(PAGE_BYTES).fill(1));
  unclean(place);
  const repaired = place.open();
  assertEquals(repaired.list("pod"), []);
  assertStringIncludes(repaired.problems.join(), "there was no snapshot");
  assertStringIncludes(place.logged.join(), "quick_check says");
});

Deno.test("corrupt_store_is_set_aside, an empty or missing file is a loss, not a start", async () => {
  for (const kind of ["empty", "missing"]) {
    using place = new Place();
    const store = place.open();
    fill(store, 3);
    await store.snapshot();
    store.close();
    Deno.removeSync(place.path);
    if (kind === "empty") Deno.writeTextFileSync(place.path, "");
    const next = place.open();
    assertEquals(next.list("pod").length, 3);
    assertStringIncludes(next.problems.join(), `was ${kind}`);
    assertEquals(next.isSynced("pod"), false);
    next.close();
    Deno.removeSync(place.path);
    Deno.removeSync(`${place.path}.snapshot`);
    const last = place.open();
    assertEquals(last.list("pod"), []);
    assertStringIncludes(last.problems.join(), "was missing");
    assertEquals(last.changesSince(3).complete, false);
  }
});

Deno.test("corrupt_store_is_set_aside, a lost WAL is named and nothing counts as in sync", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 3);
  store.close();
  const second = place.open();
  commit(second, (tx) => tx.markSynced("pod"));
  commit(second, (tx) => tx.put(pod("lost")));
  using killed = place.afterKill();
  Deno.removeSync(`${killed.path}-wal`);
  const after = killed.open();
  assertEquals(after.list("pod").length, 3);
  assertEquals(after.isSynced("pod"), false);
  assertStringIncludes(after.problems.join(), "the WAL of");
  assertEquals(after.changesSince(3).complete, false);
  assert(commit(after, (tx) => tx.put(pod("a"))) > killed.clock.nowMs);
});
