import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Connection } from "../../../lib/store/driver.ts";
import { StoreError, SystemFileSystem } from "../../../lib/store/mod.ts";
import { commit, Place, pod } from "./support.ts";

const mode = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;

Deno.test("openStore, a new store is empty, fine and private", () => {
  using place = new Place();
  const folder = `${place.folder}/data`;
  const umask = Deno.umask(0);
  try {
    const path = `${folder}/edge.db`;
    const store = place.open({ path, reserveBytes: 100_000 });
    assertEquals(store.problems, []);
    assertEquals(store.revision(), 0);
    assertEquals(store.changesSince(0), {
      changes: [],
      complete: true,
      until: 0,
    });
    commit(store, (tx) => tx.put(pod("a")));
    assertEquals(mode(folder), 0o700);
    for (const { name } of Deno.readDirSync(folder)) {
      assertEquals(mode(`${folder}/${name}`), 0o600, name);
    }
    const names = Array.from(Deno.readDirSync(folder), (file) => file.name);
    assertEquals(names.sort(), [
      "edge.db",
      "edge.db-shm",
      "edge.db-wal",
      "edge.db.lock",
      "edge.db.reserve",
    ]);
  } finally {
    Deno.umask(umask);
  }
});

Deno.test("openStore, files that others may touch are tightened", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  store.close();
  Deno.chmodSync(place.path, 0o666);
  place.open();
  assertEquals(mode(place.path), 0o600);
  assertStringIncludes(place.logged.join(), "had mode 666, now 600");
});

Deno.test("openStore, files that cannot be tightened are refused or named", () => {
  class NotOurs extends SystemFileSystem {
    override chmod(): void {
      throw new Deno.errors.PermissionDenied("not ours");
    }
  }
  using place = new Place();
  place.open().close();
  Deno.chmodSync(place.path, 0o644);
  const store = place.open({ fs: new NotOurs() });
  assertStringIncludes(store.problems.join(), "Others may read");
  store.close();
  Deno.chmodSync(place.path, 0o666);
  const error = assertThrows(
    () => place.open({ fs: new NotOurs() }),
    StoreError,
  );
  assertEquals(error.kind, "unsafe-mode");
});

Deno.test("openStore, a folder in which others may write is a problem", () => {
  using place = new Place();
  const folder = `${place.folder}/shared`;
  Deno.mkdirSync(folder);
  Deno.chmodSync(folder, 0o777);
  const store = place.open({ path: `${folder}/edge.db` });
  assertStringIncludes(store.problems.join(), "Others may write in");
  assertEquals(mode(folder), 0o777);
});

Deno.test("openStore, a second one is refused and names the first", () => {
  using place = new Place();
  place.open();
  const error = assertThrows(
    () => place.open(),
    StoreError,
    `process ${Deno.pid} has it`,
  );
  assertEquals(error.kind, "locked-by-other");
});

Deno.test("openStore, a second process is refused and names the first", async () => {
  using place = new Place();
  place.open();
  const script = `
    import { openStore } from "${
    import.meta.resolve("../../../lib/store/mod.ts")
  }";
    import { SystemClock } from "${
    import.meta.resolve("../../../lib/base/mod.ts")
  }";
    try {
      openStore({ path: ${
    JSON.stringify(place.path)
  }, clock: new SystemClock() });
    } catch (error) {
      Deno.stdout.writeSync(new TextEncoder().encode(error.kind + ": " + error.message));
    }`;
  const file = `${place.folder}/second.ts`;
  Deno.writeTextFileSync(file, script);
  const config = new URL(import.meta.resolve("../../../deno.json")).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `--config=${config}`, file],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertStringIncludes(
    text,
    "locked-by-other",
    new TextDecoder().decode(stderr),
  );
  assertStringIncludes(text, `process ${Deno.pid} has it`);
});

Deno.test("openStore, a folder that cannot be made is named with the remedy", () => {
  using place = new Place();
  Deno.writeTextFileSync(`${place.folder}/file`, "");
  const error = assertThrows(
    () => place.open({ path: `${place.folder}/file/edge.db` }),
    StoreError,
    `${place.folder}/file`,
  );
  assertEquals(error.kind, "cannot-open");
  assert(error.hint !== "");
});

Deno.test("openStore, a failed open frees the lock", () => {
  using place = new Place();
  Deno.mkdirSync(place.path);
  assertThrows(() => place.open(), StoreError);
  Deno.removeSync(place.path);
  assertEquals(place.open().problems, []);
});

Deno.test("openStore, another program's database is left alone", () => {
  using place = new Place();
  Deno.writeFileSync(place.path, new Uint8Array());
  const db = new Connection(place.path);
  db.exec("CREATE TABLE meta (key TEXT, type TEXT, value TEXT)");
  db.close();
  const before = Deno.readFileSync(place.path);
  const error = assertThrows(() => place.open(), StoreError, place.path);
  assertEquals(error.kind, "foreign");
  assertEquals(Deno.readFileSync(place.path), before);
});

Deno.test("openStore, a clean stop leaves one whole file", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  store.close();
  store.close();
  assertEquals(place.names(), ["edge.db", "edge.db.lock"]);
  const again = place.open();
  assertEquals(again.list("pod").length, 1);
  assertEquals(again.problems, []);
});

Deno.test("openStore, a close with an open batch undoes it", () => {
  using place = new Place();
  const store = place.open();
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("a")));
  store.close();
  assertEquals(place.open().list("pod"), []);
});

Deno.test("openStore, a stop while the file was made is no loss", () => {
  using place = new Place();
  Deno.writeTextFileSync(`${place.path}.lock`, "pid 1 creating\n");
  Deno.writeTextFileSync(place.path, "");
  assertEquals(place.open().problems, []);
});

Deno.test("openStore, the file is checked whole after an unclean stop only", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    for (let i = 0; i < 50; i++) {
      tx.put(pod(`${i}`, { value: `"${"x".repeat(900)}"` }));
    }
  });
  store.close();
  const info = Deno.statSync(place.path);
  const file = Deno.openSync(place.path, { write: true });
  file.seekSync(info.size - 4096, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array(4096).fill(0xee));
  file.close();
  const unchecked = place.open();
  assertEquals(unchecked.problems, []);
  unchecked.close();
  Deno.writeTextFileSync(`${place.path}.lock`, "pid 1 open\n");
  Deno.writeTextFileSync(`${place.path}-wal`, "");
  const small = place.open({ checkBytesMax: 100 });
  assertEquals(small.problems, []);
  small.close();
  Deno.writeTextFileSync(`${place.path}.lock`, "pid 1 open\n");
  Deno.writeTextFileSync(`${place.path}-wal`, "");
  assertStringIncludes(place.open().problems.join(), "was damaged");
});

Deno.test("a new file counts above all that a lost one has given, and knows none of it", () => {
  using place = new Place();
  const store = place.open({ revisionBase: 5000 });
  assertEquals(store.revision(), 5000);
  const batch = store.batch();
  const row = { type: "pod", uid: "u", version: "1", created: "" };
  batch.message(() =>
    batch.tx.put({ ...row, key: "a/pod/b", source: "", value: "{}" })
  );
  batch.commit();
  assertEquals(store.revision(), 5001);
  // An agent that attaches with a revision of the lost file gets everything.
  assertEquals(store.changesSince(700).complete, false);
  assertEquals(store.changesSince(700).changes.length, 1);
  assertEquals(store.changesSince(5000).complete, true);
  store.close();
  const again = place.open({ revisionBase: 9000 });
  assertEquals(again.revision(), 5001);
  assertEquals(again.changesSince(5000).complete, true);
});
