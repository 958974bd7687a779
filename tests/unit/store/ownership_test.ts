import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Connection } from "../../../lib/store/driver.ts";
import { compactStore, StoreError } from "../../../lib/store/mod.ts";
import { commit, Place, pod } from "./support.ts";

const mode = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o7777;

function refused(place: Place): StoreError {
  return assertThrows(() => place.open(), StoreError, place.path);
}

Deno.test("checkOwnership, a folder is refused before its mode is touched", () => {
  using place = new Place();
  Deno.mkdirSync(place.path);
  Deno.chmodSync(place.path, 0o1777);
  const error = refused(place);
  assertEquals(error.kind, "cannot-open");
  assertStringIncludes(error.hint, "names a folder, name a file in it");
  assertEquals(mode(place.path), 0o1777);
  assertEquals(place.names(), ["edge.db"]);
});

Deno.test("checkOwnership, folders that have a name of ours keep their mode", () => {
  using place = new Place();
  const beside = `${place.path}.snapshot`;
  Deno.mkdirSync(beside);
  Deno.chmodSync(beside, 0o755);
  assertEquals(place.open().problems.length > 0, true);
  assertEquals(mode(beside), 0o755);
});

Deno.test("checkOwnership, a database of another program keeps its mode, each time", () => {
  using place = new Place();
  Deno.writeFileSync(place.path, new Uint8Array());
  const db = new Connection(place.path);
  db.exec("CREATE TABLE notes (id)");
  db.close();
  Deno.chmodSync(place.path, 0o644);
  assertEquals(refused(place).kind, "foreign");
  assertEquals(refused(place).kind, "foreign");
  assertEquals(mode(place.path), 0o644);
});

Deno.test("checkOwnership, a database of another program is no less foreign beside our lock", () => {
  using place = new Place();
  Deno.writeTextFileSync(`${place.path}.lock`, "clean\n");
  Deno.writeFileSync(place.path, new Uint8Array());
  const db = new Connection(place.path);
  db.exec("CREATE TABLE notes (id); PRAGMA application_id=7");
  db.close();
  Deno.chmodSync(place.path, 0o644);
  assertEquals(refused(place).kind, "foreign");
  assertEquals(mode(place.path), 0o644);
});

Deno.test("checkOwnership, a file that is no database is left as it is, each time", () => {
  using place = new Place();
  const text = "# notes of somebody\n".repeat(300);
  Deno.writeTextFileSync(place.path, text, { mode: 0o644 });
  for (let i = 0; i < 2; i++) {
    const error = refused(place);
    assertEquals(error.kind, "foreign");
    assertStringIncludes(error.message, "is no store of metamanager");
  }
  assertEquals(Deno.readTextFileSync(place.path), text);
  assertEquals(mode(place.path), 0o644);
  assertEquals(place.names(), ["edge.db"]);
});

Deno.test("checkOwnership, what has lost its header is salvaged if a store was there", async () => {
  for (const trace of [".lock", "-wal", ".snapshot"]) {
    using place = new Place();
    const store = place.open();
    commit(store, (tx) => tx.put(pod("a")));
    await store.snapshot();
    store.close();
    Deno.writeTextFileSync(`${place.path}-wal`, "");
    for (const file of [".lock", "-wal", ".snapshot"]) {
      if (file !== trace) Deno.removeSync(`${place.path}${file}`);
    }
    Deno.writeFileSync(place.path, new Uint8Array(8192).fill(1));
    assertStringIncludes(place.open().problems.join(), "was damaged", trace);
  }
});

Deno.test("checkOwnership, a store without anything beside it is ours", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  store.close();
  Deno.removeSync(`${place.path}.lock`);
  Deno.chmodSync(place.path, 0o644);
  assertEquals(place.open().list("pod").length, 1);
  assertEquals(mode(place.path), 0o600);
});

Deno.test("checkOwnership, an empty database is taken and tightened", () => {
  using place = new Place();
  const db = new Connection(
    (Deno.writeTextFileSync(place.path, ""), place.path),
  );
  db.exec("CREATE TABLE gone (id); DROP TABLE gone");
  db.close();
  Deno.chmodSync(place.path, 0o644);
  assertEquals(place.open().problems, []);
  assertEquals(mode(place.path), 0o600);
});

Deno.test("checkOwnership, a link to the file is refused: its WAL and its lock would lie in two folders", () => {
  using place = new Place();
  using target = new Place();
  for (const isThere of [false, true]) {
    if (isThere) target.open().close();
    Deno.symlinkSync(target.path, place.path);
    const error = refused(place);
    assertEquals(error.kind, "cannot-open");
    assertStringIncludes(error.message, `it is a link to ${target.path}`);
    assertStringIncludes(error.hint, "store.path");
    assertThrows(() => compactStore(place.path), StoreError, "it is a link");
    Deno.removeSync(place.path);
  }
  assertEquals(place.names(), []);
});

Deno.test("checkOwnership, a folder may be a link", () => {
  using place = new Place();
  using other = new Place();
  const link = `${other.folder}/link`;
  Deno.symlinkSync(place.folder, link);
  const store = place.open({ path: `${link}/edge.db` });
  commit(store, (tx) => tx.put(pod("a")));
  assertEquals(store.list("pod").length, 1);
});
