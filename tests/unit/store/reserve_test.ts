import { assert, assertEquals, assertThrows } from "@std/assert";
import { Connection } from "../../../lib/store/driver.ts";
import { StoreError, SystemFileSystem } from "../../../lib/store/mod.ts";
import { Reserve } from "../../../lib/store/reserve.ts";
import { commit, Place, pod, StandingClock } from "./support.ts";

const MIB = 1024 * 1024;

/** A disk whose free space the test sets. */
class Disk extends SystemFileSystem {
  free: number | undefined = 100 * MIB;
  fails = false;

  override freeBytes(): number | undefined {
    return this.free;
  }

  override occupy(path: string, sizeBytes: number): void {
    if (this.fails) throw new Error("No space left on device");
    super.occupy(path, sizeBytes);
  }
}

function reserve(place: Place, fs: Disk, clock = new StandingClock()) {
  const path = `${place.path}.reserve`;
  return new Reserve({ path, sizeBytes: 100_000, fs, clock });
}

Deno.test("Reserve, occupies its blocks", () => {
  using place = new Place();
  const fs = new Disk();
  reserve(place, fs).fill();
  const info = Deno.statSync(`${place.path}.reserve`);
  assertEquals(info.size, 100_000);
  assert((info.blocks ?? 0) * 512 >= 100_000);
});

Deno.test("Reserve, is not made when there is no room for it", () => {
  using place = new Place();
  const fs = new Disk();
  fs.free = 1 * MIB;
  const full = reserve(place, fs);
  full.fill();
  assertEquals(full.problem.startsWith("Disk nearly full"), true);
  assertEquals(place.names(), []);
  fs.free = 100 * MIB;
  fs.fails = true;
  full.fill();
  assertEquals(full.problem.includes("No space left"), true);
  fs.fails = false;
  full.fill();
  assertEquals(full.problem, "");
});

Deno.test("Reserve, once spent lets nothing grow until room is back", () => {
  using place = new Place();
  const fs = new Disk();
  const clock = new StandingClock();
  const kept = reserve(place, fs, clock);
  kept.fill();
  kept.admit();
  fs.free = 0;
  kept.spend();
  assertEquals(place.names(), []);
  assertEquals(
    kept.problem,
    "Disk full since 2030-01-01T00:00:00.000Z: only deletes are stored",
  );
  assertEquals(assertThrows(() => kept.admit(), StoreError).kind, "full");
  fs.free = 100 * MIB;
  assertThrows(() => kept.admit(), StoreError);
  clock.nowMs += 1000;
  kept.admit();
  assertEquals(
    kept.problem,
    "Disk full since 2030-01-01T00:00:00.000Z, there is room again: " +
      "the reserve is written anew a minute after it was full",
  );
  clock.nowMs += 60_000;
  kept.admit();
  assertEquals(kept.problem, "");
  assertEquals(place.names(), ["edge.db.reserve"]);
});

Deno.test("Reserve, while there is room again it lets all grow, not one a second", () => {
  using place = new Place();
  const fs = new Disk();
  const clock = new StandingClock();
  const kept = reserve(place, fs, clock);
  kept.spend();
  clock.nowMs += 1000;
  for (let i = 0; i < 3; i++) kept.admit();
  kept.spend();
  assertThrows(() => kept.admit(), StoreError);
});

Deno.test("Reserve, tend() ends a problem that is over though nothing is stored", () => {
  using place = new Place();
  const fs = new Disk();
  const clock = new StandingClock();
  const kept = reserve(place, fs, clock);
  kept.spend();
  fs.free = 0;
  clock.nowMs += 61_000;
  kept.tend();
  assert(kept.problem.startsWith("Disk full"));
  fs.free = 100 * MIB;
  clock.nowMs += 1000;
  kept.tend();
  assertEquals([kept.problem, place.names().length], ["", 1]);
});

Deno.test("Reserve, tend() makes what there was no room for at the start", () => {
  using place = new Place();
  const fs = new Disk();
  const clock = new StandingClock();
  const kept = reserve(place, fs, clock);
  fs.free = 0;
  kept.fill();
  kept.tend();
  fs.free = 100 * MIB;
  clock.nowMs += 59_000;
  kept.tend();
  assert(kept.problem.startsWith("Disk nearly full"));
  clock.nowMs += 1000;
  kept.tend();
  assertEquals([kept.problem, place.names().length], ["", 1]);
});

Deno.test("Reserve, where the free space is not known it tries", () => {
  using place = new Place();
  const fs = new Disk();
  const clock = new StandingClock();
  const kept = reserve(place, fs, clock);
  fs.free = undefined;
  kept.spend();
  clock.nowMs += 1000;
  kept.admit();
  clock.nowMs += 60_000;
  fs.fails = true;
  assertThrows(() => kept.admit(), StoreError, "No space left");
  clock.nowMs += 60_000;
  fs.fails = false;
  kept.admit();
  assertEquals(kept.problem, "");
});

Deno.test("full_disk_recovers, reads and deletes go on, writes are refused", () => {
  using place = new Place();
  const fs = new Disk();
  const store = place.open({ fs, pagesMax: 40, reserveBytes: 100_000 });
  assertEquals(place.names().includes("edge.db.reserve"), true);
  commit(store, (tx) => tx.put(pod("a")));
  fs.free = 0;
  const batch = store.batch();
  const value = `"${"x".repeat(300_000)}"`;
  assertThrows(
    () => batch.message(() => batch.tx.put(pod("large", { value }))),
    StoreError,
  );
  batch.rollback();
  assertEquals(place.names().includes("edge.db.reserve"), false);
  assertEquals(store.problems.length, 1);
  const write = () => commit(store, (tx) => tx.put(pod("b")));
  assertEquals(assertThrows(write, StoreError).kind, "full");
  assertEquals(store.get("default/pod/a")?.version, "1");
  assertEquals(commit(store, (tx) => tx.remove("default/pod/a")), 2);
});

Deno.test("full_disk_recovers, alone once there is room", () => {
  using place = new Place();
  const fs = new Disk();
  const store = place.open({ fs, pagesMax: 60, reserveBytes: 100_000 });
  const value = `"${"x".repeat(150_000)}"`;
  commit(store, (tx) => tx.put(pod("a", { value })));
  fs.free = 0;
  const batch = store.batch();
  assertThrows(() => batch.message(() => batch.tx.put(pod("b", { value }))));
  batch.rollback();
  assertEquals(commit(store, (tx) => tx.remove("default/pod/a")), 2);
  assertEquals(store.list("pod"), []);
  const enqueue = store.batch();
  const entry = {
    resource: "r",
    type: "event",
    operation: "insert",
    text: "{}",
    createdAtMs: 0,
  };
  assertThrows(
    () => enqueue.message(() => enqueue.tx.enqueue({ msgId: "m", ...entry })),
    StoreError,
    "only deletes are stored",
  );
  enqueue.rollback();
  fs.free = 100 * MIB;
  place.clock.nowMs += 61_000;
  assertEquals(commit(store, (tx) => tx.put(pod("b", { value }))), 3);
  assertEquals(store.problems, []);
  assertEquals(place.names().includes("edge.db.reserve"), true);
});

Deno.test("file_and_wal_stay_bounded, free pages are given back", () => {
  using place = new Place();
  const store = place.open();
  const value = `"${"x".repeat(4000)}"`;
  const names = Array.from({ length: 1000 }, (_, i) => `${i}`);
  commit(store, (tx) => names.forEach((n) => tx.put(pod(n, { value }))));
  commit(store, (tx) => names.forEach((n) => tx.drop(`default/pod/${n}`)));
  for (let i = 0; i < 20; i++) {
    commit(store, (tx) => tx.put(pod("a", { version: `${i}` })));
  }
  store.close();
  const db = new Connection(place.path);
  assert(Number(db.pragma("page_count")) < 300);
  db.close();
});
