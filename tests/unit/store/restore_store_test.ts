import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  backupStore,
  restoreStore,
  type StoreError,
  StoreError as Failure,
  SystemFileSystem,
} from "../../../lib/store/mod.ts";
import { fill, isTrue, overwrite, PAGE_BYTES } from "./damage.ts";
import { commit, Place, pod } from "./support.ts";

const OWNER = { owner: { node: "edge-1", authorities: ["a"] } };

/** A closed store with 20 objects of version 2, and a backup from before. */
async function backedUp(): Promise<{ place: Place; backup: string }> {
  const place = new Place();
  const backup = `${place.folder}/backup`;
  const store = place.open(OWNER);
  fill(store, 20);
  commit(store, (tx) => {
    tx.markSynced("*");
    tx.enqueue({
      msgId: "m1",
      resource: "default/pod/1",
      type: "pod",
      operation: "delete",
      createdAtMs: 1,
      text: '{"header":{"msg_id":"m1"}}',
    });
    tx.put(pod("s", { key: "default/podstatus/s", type: "podstatus" }));
  });
  store.notePosition("edged", store.revision());
  await backupStore(place.path, backup);
  fill(store, 20, "2");
  store.close();
  return { place, backup };
}

function restore(
  place: Place,
  backup: string,
  more: Partial<Parameters<typeof restoreStore>[2]> = {},
) {
  const options = { node: "edge-1", clock: place.clock, ...more };
  return restoreStore(place.path, backup, options);
}

async function refused(run: () => Promise<unknown>): Promise<StoreError> {
  return await assertRejects(run, Failure);
}

Deno.test("restoreStore, the backup is in place, the store that was there is kept", async () => {
  const { place, backup } = await backedUp();
  using _ = place;
  const { objects, node, keptAs } = await restore(place, backup);
  assertEquals({ objects, node }, { objects: 21, node: "edge-1" });
  const store = place.open(OWNER);
  assertEquals(store.list("pod").filter(isTrue).length, 20);
  assertEquals(store.get("default/pod/1")?.version, "1");
  assertEquals((Deno.statSync(place.path).mode ?? 0) & 0o777, 0o600);
  store.close();
  Deno.renameSync(keptAs, place.path);
  const old = place.open(OWNER);
  assertEquals(old.get("default/pod/1")?.version, "2");
});

Deno.test("restoreStore, what it lacks was acknowledged: it counts as a loss", async () => {
  const { place, backup } = await backedUp();
  using _ = place;
  const before = place.open(OWNER);
  const revision = before.revision();
  before.close();
  await restore(place, backup);
  const store = place.open(OWNER);
  assertEquals(store.isSynced("pod"), false);
  assertEquals(store.position("edged"), 0);
  assertEquals(store.reportOwed() > 0, true);
  assertEquals(store.revision() > revision, true);
  assertMatch(store.problems.join(), /was restored from .*kept as/);
  assertEquals(store.outboxLength(), 1);
});

Deno.test("restoreStore, onto a gateway that has no store yet", async () => {
  const { place, backup } = await backedUp();
  using _ = place;
  using fresh = new Place();
  const path = `${fresh.folder}/new/edge.db`;
  const { keptAs } = await restoreStore(path, backup, {
    node: "edge-1",
    clock: fresh.clock,
  });
  assertEquals(keptAs, "");
  const store = fresh.open({ ...OWNER, path });
  assertEquals(store.list("pod").length, 20);
});

Deno.test("restoreStore, of another node only by force, and then without what that had to send", async () => {
  const { place, backup } = await backedUp();
  using _ = place;
  using other = new Place();
  const error = await refused(() => restore(other, backup, { node: "edge-2" }));
  assertEquals(error.kind, "foreign");
  assertEquals(other.names(), []);
  await restore(other, backup, { node: "edge-2", force: true });
  const store = other.open({ owner: { node: "edge-2", authorities: ["b"] } });
  assertEquals(store.outboxLength(), 0);
  assertEquals(store.list("podstatus"), []);
  assertEquals(store.list("pod").length, 20);
});

Deno.test("restoreStore, refuses what is no good backup and touches nothing", async () => {
  const { place, backup } = await backedUp();
  using _ = place;
  const text = `${place.folder}/text`;
  Deno.writeTextFileSync(text, "no database".repeat(1000));
  const kind = async (file: string) =>
    (await refused(() => restore(place, file))).kind;
  const before = place.names();
  assertEquals(await kind(text), "foreign");
  assertEquals(await kind(`${place.folder}/none`), "cannot-open");
  assertEquals(await kind(place.path), "foreign");
  const bytes = Deno.readFileSync(backup);
  new DataView(bytes.buffer).setUint32(60, 99);
  const newer = `${place.folder}/newer`;
  Deno.writeFileSync(newer, bytes);
  assertEquals(await kind(newer), "newer-schema");
  const damaged = `${place.folder}/damaged`;
  Deno.copyFileSync(backup, damaged);
  overwrite(damaged, 20 * PAGE_BYTES, new Uint8Array(PAGE_BYTES));
  assertEquals(await kind(damaged), "corrupt");
  assertEquals(place.names(), [...before, "damaged", "newer"].sort());
  assertEquals(place.open(OWNER).get("default/pod/1")?.version, "2");
});

Deno.test("restoreStore, not while a node has the store", async () => {
  const { place, backup } = await backedUp();
  using _ = place;
  const store = place.open(OWNER);
  const error = await refused(() => restore(place, backup));
  assertEquals(error.kind, "locked-by-other");
  commit(store, (tx) => tx.put(pod("x")));
  assertEquals(store.get("default/pod/1")?.version, "2");
});

Deno.test("restoreStore, a crash between its renames is finished by the next start, without the old WAL", async () => {
  class Crashing extends SystemFileSystem {
    override rename(from: string, to: string): void {
      if (from.endsWith("-wal")) throw new Error("crash");
      super.rename(from, to);
    }
  }
  const { place, backup } = await backedUp();
  using _ = place;
  const store = place.open(OWNER);
  fill(store, 20, "3");
  // Killed: what it wrote last is in the WAL only.
  using killed = place.afterKill();
  Deno.copyFileSync(backup, `${killed.folder}/backup`);
  await refused(() =>
    restore(killed, `${killed.folder}/backup`, { fs: new Crashing() })
  );
  assertEquals(killed.names().includes("edge.db"), false);
  assertEquals(killed.names().includes("edge.db-wal"), true);
  const after = killed.open(OWNER);
  assertEquals(after.list("pod").filter(isTrue).length, 20);
  assertEquals(after.get("default/pod/1")?.version, "1");
});

Deno.test("restoreStore, a second one of the same second keeps both", async () => {
  const { place, backup } = await backedUp();
  using _ = place;
  const first = await restore(place, backup);
  const second = await restore(place, backup);
  assertEquals(first.keptAs === second.keptAs, false);
  assertEquals(Deno.statSync(first.keptAs).isFile, true);
  assertEquals(Deno.statSync(second.keptAs).isFile, true);
});
