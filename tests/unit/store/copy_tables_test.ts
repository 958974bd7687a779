import { assertEquals, assertThrows } from "@std/assert";
import { copyTables } from "../../../lib/store/copy_tables.ts";
import { Connection } from "../../../lib/store/driver.ts";
import { StoreError } from "../../../lib/store/mod.ts";
import { openDatabase } from "../../../lib/store/schema.ts";
import { commit, Place, pod } from "./support.ts";

/** A file of which a page of rows has gone without a trace but in the index. */
class Losing extends Connection {
  override all<T extends object>(sql: string, ...values: never[]): T[] {
    return super.all<T & { key?: string }>(sql, ...values)
      .filter(({ key }) => key !== "default/pod/7");
  }
}

function copy(source: Connection, path: string): number {
  Deno.writeFileSync(path, new Uint8Array());
  const target = openDatabase(path);
  try {
    target.run("BEGIN");
    let steps = 1;
    for (const _ of copyTables(source, target)) steps++;
    target.run("COMMIT");
    assertEquals(target.get("SELECT count(*) AS n FROM meta"), { n: 5000 });
    return steps;
  } finally {
    target.close();
    source.close();
  }
}

function fill(place: Place): void {
  const store = place.open();
  commit(store, (tx) => {
    for (let i = 0; i < 5000; i++) tx.put(pod(`${i}`));
  });
  store.close();
}

Deno.test("copyTables, in many small steps", () => {
  using place = new Place();
  fill(place);
  const source = new Connection(place.path, { readonly: true });
  assertEquals(copy(source, `${place.path}.copy`) > 300, true);
});

Deno.test("copyTables, notices rows that are gone and have left their keys", () => {
  using place = new Place();
  fill(place);
  const source = new Losing(place.path, { readonly: true });
  const error = assertThrows(
    () => copy(source, `${place.path}.copy`),
    StoreError,
    "objects have 5000 keys",
  );
  assertEquals(error.kind, "corrupt");
});
