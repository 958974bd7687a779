import { assertEquals, assertRejects } from "@std/assert";
import {
  type Connection,
  readStoreFile,
  StoreError,
  storeFileMark,
  StoreView,
} from "../../../lib/store/mod.ts";
import { commit, Place, pod } from "./support.ts";

const types = (db: Connection) => new StoreView({ db: () => db }).types();

/** Names and times of all files: nothing of them may change. */
function prints(place: Place): string[] {
  return place.names().map((name) => {
    const { mtime, ino, size } = Deno.statSync(`${place.folder}/${name}`);
    return `${name} ${ino} ${size} ${mtime?.getTime()}`;
  });
}

Deno.test("readStoreFile, of a node that ended well it leaves no trace", async () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("x")));
  store.close();
  const before = prints(place);
  let during: string[] = [];
  const found = await readStoreFile(place.path, (db) => {
    during = place.names().filter((name) => /-(?:wal|shm)$/.test(name));
    return types(db);
  });
  assertEquals(found, ["pod"]);
  assertEquals(during, []);
  assertEquals(prints(place), before);
});

Deno.test("readStoreFile, of a node that was killed it reads what is in the WAL, and leaves that", async () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("x")));
  using killed = place.afterKill();
  assertEquals(await readStoreFile(killed.path, types), ["pod"]);
  const next = killed.open();
  assertEquals(next.problems, []);
  assertEquals(next.list("pod").length, 1);
});

Deno.test("readStoreFile, a WAL that is missing is still noticed by the next start", async () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("x")));
  store.close();
  place.open();
  using killed = place.afterKill();
  for (const name of killed.names()) {
    if (name.endsWith("-wal")) Deno.removeSync(`${killed.folder}/${name}`);
  }
  assertEquals(await readStoreFile(killed.path, types), ["pod"]);
  assertEquals(/WAL/.test(killed.open().problems.join()), true);
});

Deno.test("readStoreFile, neither holds up nor misses a node that starts and writes meanwhile", async () => {
  using place = new Place();
  place.open().close();
  let runs = 0;
  const found = await readStoreFile(place.path, (db) => {
    if (runs++ === 0) commit(place.open(), (tx) => tx.put(pod("x")));
    return types(db);
  });
  assertEquals(found, ["pod"]);
  assertEquals(runs, 2);
});

Deno.test("readStoreFile, an error of a reader whose file was changed meanwhile is no error", async () => {
  using place = new Place();
  place.open().close();
  let runs = 0;
  const found = await readStoreFile(place.path, (db) => {
    if (runs++ > 0) return types(db);
    commit(place.open(), (tx) => tx.put(pod("x")));
    throw new Error("torn");
  });
  assertEquals(found, ["pod"]);
  await assertRejects(
    () => readStoreFile(place.path, () => Promise.reject(new Error("real"))),
    Error,
    "real",
  );
});

Deno.test("readStoreFile, says what is wrong with a file", async () => {
  using place = new Place();
  const error = (path: string) =>
    assertRejects(() => readStoreFile(path, types), StoreError);
  assertEquals((await error(`${place.path}-none`)).kind, "cannot-open");
  Deno.writeTextFileSync(`${place.folder}/text`, "x".repeat(5000));
  assertEquals((await error(`${place.folder}/text`)).kind, "foreign");
  const store = place.open();
  store.close();
  const bytes = Deno.readFileSync(place.path);
  const schema = (version: number) => {
    const copy = bytes.slice();
    new DataView(copy.buffer).setUint32(60, version);
    Deno.writeFileSync(`${place.folder}/other`, copy);
    return error(`${place.folder}/other`);
  };
  assertEquals((await schema(99)).kind, "newer-schema");
  assertEquals((await schema(1)).hint.includes("Start the node"), true);
});

Deno.test("readStoreFile, what a killed reader left goes after an hour", async () => {
  using place = new Place();
  place.open().close();
  const left = `${place.path}.reading-0`;
  Deno.mkdirSync(left);
  const read = (nowMs: number) => {
    place.clock.nowMs = nowMs;
    return readStoreFile(place.path, types, { clock: place.clock });
  };
  const madeMs = Deno.statSync(left).mtime?.getTime() ?? 0;
  await read(madeMs + 3_500_000);
  assertEquals(place.names().includes("edge.db.reading-0"), true);
  await read(madeMs + 3_700_000);
  assertEquals(place.names().includes("edge.db.reading-0"), false);
});

Deno.test("storeFileMark, differs after a commit; empty without a file", () => {
  using place = new Place();
  assertEquals(storeFileMark(place.path), "");
  const store = place.open();
  const before = storeFileMark(place.path);
  commit(store, (tx) => tx.put(pod("x")));
  assertEquals(storeFileMark(place.path) === before, false);
});
