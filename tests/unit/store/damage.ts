import type { SqliteStore } from "../../../lib/store/mod.ts";
import { commit, type Place, pod } from "./support.ts";

/** Bytes of a page of the database. */
export const PAGE_BYTES = 4096;

/** Objects whose values tell whether they are true; some over many pages. */
export function fill(store: SqliteStore, count: number, version = "1"): void {
  commit(store, (tx) => {
    for (let i = 0; i < count; i++) {
      const pad = "x".repeat(i % 10 === 0 ? 9000 : 700);
      const value = JSON.stringify({ i, version, pad });
      tx.put(pod(`${i}`, { value, version }));
    }
  });
}

/** Says whether a row is one that `fill` wrote. */
export function isTrue(
  row: { key: string; value: string; version: string },
): boolean {
  const { i, version, pad } = JSON.parse(row.value);
  return row.key === `default/pod/${i}` && row.version === version &&
    pad.length === (i % 10 === 0 ? 9000 : 700);
}

/** Overwrites a part of a file. */
export function overwrite(
  path: string,
  offset: number,
  bytes: Uint8Array,
): void {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(offset, Deno.SeekMode.Start);
  file.writeSync(bytes);
}

/** Makes the next start doubt the file, as after a kill. */
export function unclean(place: Place): void {
  Deno.writeTextFileSync(`${place.path}.lock`, "pid 1 open\n");
  if (!place.names().includes("edge.db-wal")) {
    Deno.writeTextFileSync(`${place.path}-wal`, "");
  }
}
