import { assertEquals } from "@std/assert";
import type { SqliteStore } from "../../../lib/store/mod.ts";
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

/** Lengths at which a write of the WAL may have been cut. */
function cuts(from: number, to: number): number[] {
  const found = [from, from + 1, from + 24, to - 1];
  for (let at = from; at < to; at += 509) found.push(at);
  return found.filter((at) => at >= from && at < to);
}

Deno.test("commit_survives_power_cut, A4: a WAL cut or torn anywhere behind a commit loses nothing that was acked and shows nothing by halves", () => {
  using place = new Place();
  const store = place.open();
  const wal = `${place.path}-wal`;
  const ends = [Deno.statSync(wal).size];
  const states = [versions(store)];
  for (const change of HISTORY) {
    change(store);
    ends.push(Deno.statSync(wal).size);
    states.push(versions(store));
  }
  const whole = Deno.readFileSync(wal);
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
