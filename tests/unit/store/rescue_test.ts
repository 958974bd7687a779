import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SystemFileSystem } from "../../../lib/store/mod.ts";
import { fill, isTrue, overwrite, PAGE_BYTES } from "./damage.ts";
import { commit, Place, pod } from "./support.ts";

/** Removes the files of the database, not the lock. */
function removeFiles(place: Place): void {
  for (const name of place.names()) {
    if (/edge\.db(?:-|$)/.test(name)) {
      Deno.removeSync(`${place.folder}/${name}`);
    }
  }
}

Deno.test("corrupt_store_is_set_aside, E2: files deleted underneath cost nothing: objects, tombstones, outbox, positions and what is in sync", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 60);
  const revision = commit(store, (tx) => {
    tx.remove("default/pod/7", "2");
    tx.markSynced("*");
    tx.enqueue({
      msgId: "m1",
      resource: "r",
      type: "podstatus",
      operation: "update",
      text: `{"header":{"msg_id":"m1"}}`,
      createdAtMs: 1,
    });
    return store.revision();
  });
  store.notePosition("edged", revision);
  place.clock.nowMs += 60_000;
  commit(store, (tx) => tx.put(pod("last")));
  removeFiles(place);
  try {
    commit(store, (tx) => tx.put(pod("gone")));
  } catch (error) {
    assertStringIncludes(String(error), "deleted");
  }
  const { generation } = store;
  commit(store, (tx) => tx.put(pod("new")));
  // Agents are told anew: of what counts as failed they have not heard.
  assertEquals(store.generation, generation + 1);
  assertEquals(store.problems, []);
  assertStringIncludes(place.logged.join(), "all that was in them");
  using killed = place.afterKill();
  const after = killed.open();
  assertEquals(after.problems, []);
  assertEquals(
    after.list("pod").filter(({ key }) => /\d/.test(key)).length,
    59,
  );
  assert(after.tombstone("default/pod/7", "uid-7"));
  assertEquals(after.outbox(0, 9).map(({ msgId }) => msgId), ["m1"]);
  assertEquals(after.isSynced("*"), true);
  assertEquals(after.position("edged"), revision);
  assert(after.revision() > revision);
});

Deno.test("corrupt_store_is_set_aside, E2: deleted files that are damaged, too, are salvaged", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 60);
  store.close();
  const running = place.open();
  const { size } = Deno.statSync(place.path);
  commit(running, (tx) => tx.put(pod("last")));
  const middle = Math.floor(size / PAGE_BYTES / 2) * PAGE_BYTES;
  overwrite(place.path, middle, new Uint8Array(PAGE_BYTES * 4).fill(7));
  Deno.removeSync(`${place.path}-wal`);
  const batch = running.batch();
  try {
    batch.message(() => batch.tx.put(pod("gone")));
    batch.commit();
  } catch (error) {
    assertStringIncludes(String(error), "deleted");
  }
  commit(running, (tx) => tx.put(pod("new")));
  assertStringIncludes(running.problems.join(), "objects salvaged");
  const rows = running.list("pod").filter(({ value }) => value.includes("pad"));
  assert(rows.length > 10 && rows.every(isTrue), `${rows.length}`);
});

Deno.test("rescue, a copy that cannot be made leaves the salvage", () => {
  class Failing extends SystemFileSystem {
    fails = 0;
    override sync(path: string): void {
      if (this.fails-- > 0) throw new Error("sync failed");
      super.sync(path);
    }
  }
  using place = new Place();
  const fs = new Failing();
  const store = place.open({ fs });
  fill(store, 20);
  removeFiles(place);
  try {
    commit(store, (tx) => tx.put(pod("gone")));
  } catch (error) {
    assertStringIncludes(String(error), "deleted");
  }
  fs.fails = 1;
  commit(store, (tx) => tx.put(pod("new")));
  assertStringIncludes(store.problems.join(), "objects salvaged (all)");
  assertStringIncludes(place.logged.join(), "sync failed");
});
