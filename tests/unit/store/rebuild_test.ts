import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { StoreError, SystemFileSystem } from "../../../lib/store/mod.ts";
import { fill, isTrue, overwrite, PAGE_BYTES, unclean } from "./damage.ts";
import { commit, Place, pod } from "./support.ts";

Deno.test("corrupt_store_is_set_aside, damage at run time is repaired by the next batch", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 60);
  store.close();
  const running = place.open();
  const size = Deno.statSync(place.path).size;
  overwrite(
    place.path,
    PAGE_BYTES * 3,
    new Uint8Array(size - PAGE_BYTES * 3).fill(7),
  );
  const error = assertThrows(() => running.list("pod"), StoreError);
  assertEquals(error.kind, "corrupt");
  assertStringIncludes(running.problems.join(), "repaired with the next batch");
  assert(commit(running, (tx) => tx.put(pod("new"))) > 60);
  assertStringIncludes(running.problems.join(), "failed (");
  running.close();
  assertEquals(place.open().get("default/pod/new")?.version, "1");
});

Deno.test("recover, on demand keeps every row", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 20);
  store.recover();
  assertEquals(store.list("pod").filter(isTrue).length, 20);
  assertStringIncludes(store.problems.join(), "20 objects salvaged (all)");
});

Deno.test("rebuild, a crash between its two renames is finished by the next start", () => {
  class Crashing extends SystemFileSystem {
    armed = false;
    override rename(from: string, to: string): void {
      if (this.armed && from.endsWith(".salvage")) throw new Error("crash");
      super.rename(from, to);
    }
  }
  using place = new Place();
  const fs = new Crashing();
  const store = place.open({ fs });
  fill(store, 20);
  fs.armed = true;
  assertThrows(() => store.recover(), Error, "crash");
  assertEquals(place.names().includes("edge.db"), false);
  using killed = place.afterKill();
  const after = killed.open();
  assertEquals(after.list("pod").filter(isTrue).length, 20);
  assertEquals(killed.names().includes("edge.db.salvage"), false);
});

Deno.test("rebuild, an unfinished one is begun again", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 5);
  store.close();
  Deno.writeTextFileSync(`${place.path}.salvage`, "half");
  assertEquals(place.open().list("pod").length, 5);
  assertEquals(place.names().includes("edge.db.salvage"), false);
  using other = new Place();
  Deno.writeTextFileSync(`${other.path}.salvage`, "half");
  assertEquals(other.open().list("pod"), []);
});

Deno.test("salvage, rows between two damaged spots are found", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    for (let i = 1; i < 400; i++) {
      const value = JSON.stringify({ i, version: "1", pad: "x".repeat(700) });
      tx.put(pod(`${i}`, { value }));
    }
  });
  store.close();
  // Every tenth leaf of the table; the indexes stay whole.
  const bytes = Deno.readFileSync(place.path);
  const leaves = Array.from({ length: bytes.length / PAGE_BYTES }, (_, i) => i)
    .filter((page) => bytes[page * PAGE_BYTES] === 13);
  let gone = 0;
  for (let i = 10; i < leaves.length; i += 10, gone++) {
    const noise = new Uint8Array(PAGE_BYTES).fill(7);
    overwrite(place.path, (leaves[i] ?? 0) * PAGE_BYTES, noise);
  }
  assert(gone >= 3);
  unclean(place);
  const repaired = place.open();
  const rows = repaired.list("pod");
  assert(rows.length >= 399 - gone * 10, `only ${rows.length} were found`);
  assert(rows.length < 399);
});

Deno.test("openStore, a kill before the first write is no loss", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 3);
  store.close();
  place.open();
  using killed = place.afterKill();
  assertEquals(killed.open().problems, []);
});

Deno.test("rebuild, names the file that it keeps, however late it is", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 20);
  store.close();
  const size = Deno.statSync(place.path).size;
  overwrite(place.path, size - PAGE_BYTES, new Uint8Array(PAGE_BYTES).fill(7));
  unclean(place);
  const { clock } = place;
  clock.now = () => clock.nowMs++;
  const [problem = ""] = place.open().problems;
  const kept = /kept as .*\/(.+)$/.exec(problem)?.[1] ?? problem;
  assertEquals(place.names().includes(kept), true, problem);
  assertEquals(problem.includes("\n"), false, problem);
});

Deno.test("rebuild, a file that is gone is not said to be kept", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 1);
  store.close();
  Deno.removeSync(place.path);
  const [problem = ""] = place.open().problems;
  assertStringIncludes(problem, "was missing");
  assertEquals(problem.includes("kept as"), false, problem);
});

Deno.test("recover, ids of the outbox go on above those that were given", () => {
  using place = new Place();
  const store = place.open();
  const add = (msgId: string) =>
    commit(store, (tx) =>
      tx.enqueue({
        msgId,
        resource: "r",
        type: "podstatus",
        operation: "update",
        text: "{}",
        createdAtMs: 1,
      }));
  add("m1");
  add("m2");
  commit(store, (tx) => {
    tx.confirm("m1");
    tx.confirm("m2");
  });
  store.recover();
  add("m3");
  assertEquals(store.outbox(0, 9).map((row) => row.id), [3]);
});

Deno.test("corrupt_store_is_set_aside, a folder that was deleted is made anew, with lock and reserve and all that was stored", () => {
  using place = new Place();
  const path = `${place.folder}/store/edge.db`;
  const store = place.open({ path, reserveBytes: 100_000 });
  fill(store, 20);
  const names = () =>
    Array.from(Deno.readDirSync(`${place.folder}/store`), ({ name }) => name)
      .filter((name) => !/-(?:wal|shm)$/.test(name)).sort();
  const before = names();
  Deno.removeSync(`${place.folder}/store`, { recursive: true });
  const lost = assertThrows(
    () => commit(store, (tx) => tx.put(pod("new"))),
    StoreError,
  );
  assertEquals(lost.kind, "file-gone");
  commit(store, (tx) => tx.put(pod("new")));
  assertEquals(names(), before);
  assertEquals(store.list("pod").filter(isTrue).length, 20);
  assertEquals(Deno.statSync(`${place.folder}/store`).mode! & 0o777, 0o700);
  // Nobody else gets the store that stands there now.
  const other = assertThrows(() => place.open({ path }), StoreError);
  assertEquals(other.kind, "locked-by-other");
});

Deno.test("rebuild, never replaces the store that another process has made meanwhile", () => {
  using place = new Place();
  const path = `${place.folder}/store/edge.db`;
  const store = place.open({ path });
  fill(store, 20);
  Deno.renameSync(`${place.folder}/store`, `${place.folder}/moved`);
  const other = place.open({ path });
  commit(other, (tx) => tx.put(pod("other")));
  assertThrows(() => commit(store, (tx) => tx.put(pod("lost"))), StoreError);
  const refused = assertThrows(() => store.batch(), StoreError);
  assertEquals(refused.kind, "locked-by-other");
  assertEquals(other.list("pod").length, 1);
  commit(other, (tx) => tx.put(pod("again")));
  // Once the other is gone, ours goes on in its place.
  other.close();
  commit(store, (tx) => tx.put(pod("new")));
  assertEquals(store.get("default/pod/new")?.version, "1");
  assert(store.list("pod").length > 20);
});
