import { assert, assertEquals } from "@std/assert";
import { Connection } from "../../../lib/store/driver.ts";
import type { SqliteStore } from "../../../lib/store/mod.ts";
import { PAGE_BYTES } from "./damage.ts";
import { commit, Place, pod } from "./support.ts";

/** What a store says of the objects, by name. */
function versions(store: SqliteStore): Record<string, string> {
  return Object.fromEntries(
    store.list("pod").map(({ uid, version }) => [uid, version]),
  );
}

const HISTORY: readonly ((store: SqliteStore) => void)[] = [
  (store) => commit(store, (tx) => tx.put(pod("a", { version: "1" }))),
  (store) => commit(store, (tx) => tx.put(pod("b", { version: "1" }))),
  (store) => commit(store, (tx) => tx.put(pod("a", { version: "2" }))),
  (store) => commit(store, (tx) => tx.remove("default/pod/b", "2")),
  // More than one page of the database at once: all of it or nothing.
  (store) =>
    commit(store, (tx) => {
      const value = JSON.stringify({ text: "x".repeat(9000) });
      for (const name of ["c", "d", "e"]) tx.put(pod(name, { value }));
    }),
  (store) => commit(store, (tx) => tx.put(pod("b", { version: "3" }))),
];

/** What a disk writes as one: a cut leaves each of them old or new. */
const SECTOR_BYTES = 512;
const TORN = new Uint8Array(SECTOR_BYTES).fill(0xa5);

/** A store with its files as they lay on the disk after each commit. */
function history(place: Place): {
  store: SqliteStore;
  wals: Uint8Array[];
  states: Record<string, string>[];
} {
  const store = place.open();
  const wals = [Deno.readFileSync(`${place.path}-wal`)];
  const states = [versions(store)];
  for (const change of HISTORY) {
    change(store);
    wals.push(Deno.readFileSync(`${place.path}-wal`));
    states.push(versions(store));
  }
  return { store, wals, states };
}

/** Lengths at which a write of the WAL may have been cut. */
function cuts(from: number, to: number): number[] {
  const found = [from, from + 1, from + 24, to - 1];
  for (let at = from; at < to; at += 509) found.push(at);
  return found.filter((at) => at >= from && at < to);
}

Deno.test("commit_survives_power_cut, A4: a WAL cut or torn anywhere behind a commit loses nothing that was acked and shows nothing by halves", () => {
  using place = new Place();
  const { wals, states } = history(place);
  const ends = wals.map(({ length }) => length);
  const whole = wals.at(-1) ?? new Uint8Array();
  let count = 0;
  for (const [i, end] of ends.slice(0, -1).entries()) {
    for (const at of cuts(end, ends[i + 1]!)) {
      for (const torn of [false, true]) {
        using after = place.afterKill();
        const bytes = whole.slice(0, torn ? ends[i + 1]! : at);
        // A page of which the disk has written the length, not the bytes.
        if (torn) bytes.fill(0xa5, at);
        Deno.writeFileSync(`${after.path}-wal`, bytes);
        assertEquals(versions(after.open()), states[i], `cut ${at}, ${torn}`);
        count++;
      }
    }
  }
  assertEquals(count > 100, true);
});

Deno.test("commit_survives_power_cut, A4: any one sector behind a commit may be torn, however much of what follows was written", () => {
  using place = new Place();
  const { wals, states } = history(place);
  for (const [i, before] of wals.slice(0, -1).entries()) {
    const after = wals[i + 1]!;
    for (let at = before.length; at < after.length; at += SECTOR_BYTES) {
      const torn = after.slice();
      torn.set(TORN.subarray(0, after.length - at), at);
      using cut = place.afterKill();
      Deno.writeFileSync(`${cut.path}-wal`, torn);
      assertEquals(versions(cut.open()), states[i], `commit ${i}, ${at}`);
    }
  }
});

/** Has SQLite write all of the WAL into the database, and says nothing else. */
function checkpoint(place: Place): void {
  const other = new Connection(place.path);
  const [row] = other.all<{ busy: number }>("PRAGMA wal_checkpoint(PASSIVE)");
  assertEquals(row?.busy, 0);
  other.close();
}

Deno.test("commit_survives_power_cut, A4: a checkpoint that is cut or torn anywhere loses nothing", () => {
  using place = new Place();
  const { states } = history(place);
  const before = Deno.readFileSync(place.path);
  checkpoint(place);
  const after = Deno.readFileSync(place.path);
  assert(after.length > before.length);
  const state = states.at(-1);
  const expect = (database: Uint8Array, what: string) => {
    using cut = place.afterKill();
    Deno.writeFileSync(cut.path, database);
    const store = cut.open();
    assertEquals(versions(store), state, what);
    assertEquals(store.problems, [], what);
  };
  for (let at = 0; at < after.length; at += SECTOR_BYTES) {
    // Pages before the cut are new, those behind it old, in either order.
    if (at % PAGE_BYTES === 0) {
      const rest = before.slice(at);
      expect(concat(after.subarray(0, at), rest), `cut at ${at}`);
      if (at < before.length) {
        expect(
          concat(before.subarray(0, at), after.subarray(at)),
          `cut the other way at ${at}`,
        );
      }
    }
    // The first page tells what the file is, and SQLite writes it last.
    if (at < PAGE_BYTES) continue;
    const torn = after.slice();
    torn.set(TORN, at);
    expect(torn, `torn at ${at}`);
  }
});

Deno.test("commit_survives_power_cut, A4: a WAL that begins anew over its old content may be cut anywhere", () => {
  using place = new Place();
  const { store, states } = history(place);
  checkpoint(place);
  const old = Deno.readFileSync(`${place.path}-wal`);
  commit(store, (tx) => tx.put(pod("a", { version: "9" })));
  const anew = Deno.readFileSync(`${place.path}-wal`);
  // It was written from the front, over what is in the database by now.
  assertEquals(anew.length, old.length);
  const end = anew.findLastIndex((byte, i) => byte !== old[i]) + 1;
  for (let at = 0; at < end; at += SECTOR_BYTES) {
    for (const isTorn of [false, true]) {
      const bytes = concat(anew.subarray(0, at), old.subarray(at));
      if (isTorn) bytes.set(TORN, at);
      using cut = place.afterKill();
      Deno.writeFileSync(`${cut.path}-wal`, bytes);
      assertEquals(versions(cut.open()), states.at(-1), `${at}, ${isTorn}`);
    }
  }
  using last = place.afterKill();
  assertEquals(versions(last.open())["uid-a"], "9");
});

function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
