import { assertEquals, assertRejects } from "@std/assert";
import {
  backupStore,
  readStoreFile,
  StoreError,
  StoreView,
  SystemFileSystem,
} from "../../../lib/store/mod.ts";
import { fill, overwrite, PAGE_BYTES } from "./damage.ts";
import { commit, Place, pod } from "./support.ts";

function countIn(path: string): Promise<number> {
  return readStoreFile(path, (db) => {
    const view = new StoreView({ db: () => db });
    return view.keys({ type: "pod" }).rows.length;
  });
}

/** What lies in the folder beside the store's own files. */
function others(place: Place): string[] {
  return place.names().filter((name) => !name.startsWith("edge.db"));
}

Deno.test("backupStore, of an open store that is written meanwhile: one moment, one file, 0600", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 500);
  const target = `${place.folder}/copy`;
  const seen: string[] = [];
  let written = 0;
  const { bytes, objects } = await backupStore(place.path, target, {
    onProgress: (_done, what) => {
      seen.push(what);
      if (what === "copy") commit(store, (tx) => tx.put(pod(`n${written++}`)));
    },
  });
  assertEquals(written > 1, true);
  assertEquals(objects, 500);
  assertEquals(await countIn(target), 500);
  assertEquals(bytes, Deno.statSync(target).size);
  assertEquals((Deno.statSync(target).mode ?? 0) & 0o777, 0o600);
  assertEquals(others(place), ["copy"]);
  assertEquals([...new Set(seen)], ["copy", "pages", "objects", "done"]);
  assertEquals(store.view.keys({ type: "pod" }).rows.length, 500 + written);
});

Deno.test("backupStore, of a store that is closed", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 5);
  store.close();
  await backupStore(place.path, `${place.folder}/copy`);
  assertEquals(await countIn(`${place.folder}/copy`), 5);
});

Deno.test("backupStore, replaces nothing without being told, and never the store", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 5);
  const target = `${place.folder}/copy`;
  Deno.writeTextFileSync(target, "precious");
  const refused = async (to: string, force: boolean) => {
    const error = await assertRejects(
      () => backupStore(place.path, to, { force }),
      StoreError,
    );
    return error.message.replaceAll(place.folder, "");
  };
  assertEquals(
    await refused(target, false),
    "Cannot write the backup /copy: there is such a file",
  );
  assertEquals(Deno.readTextFileSync(target), "precious");
  for (const own of [place.path, `${place.path}-wal`, `${place.path}.lock`]) {
    assertEquals((await refused(own, true)).includes("the store itself"), true);
  }
  assertEquals(
    (await refused(place.folder, true)).includes("no regular"),
    true,
  );
  await backupStore(place.path, target, { force: true });
  assertEquals(await countIn(target), 5);
});

Deno.test("backupStore, a store that is damaged makes no backup, and leaves no part of one", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 100);
  store.close();
  overwrite(place.path, 20 * PAGE_BYTES, new Uint8Array(PAGE_BYTES));
  const target = `${place.folder}/copy`;
  const error = await assertRejects(
    () => backupStore(place.path, target),
    StoreError,
  );
  assertEquals(error.kind, "corrupt");
  assertEquals(others(place), []);
});

Deno.test("backupStore, a failure before the rename leaves what was there", async () => {
  class Failing extends SystemFileSystem {
    override rename(): void {
      throw new Error("no more");
    }
  }
  using place = new Place();
  fill(place.open(), 5);
  const target = `${place.folder}/copy`;
  Deno.writeTextFileSync(target, "old");
  await assertRejects(
    () => backupStore(place.path, target, { force: true, fs: new Failing() }),
    StoreError,
    "no more",
  );
  assertEquals(Deno.readTextFileSync(target), "old");
  assertEquals(others(place), ["copy"]);
});

Deno.test("backupStore, half a backup that a killed one left goes after an hour", async () => {
  using place = new Place();
  fill(place.open(), 5);
  const target = `${place.folder}/copy`;
  Deno.writeTextFileSync(`${target}.part-0`, "half");
  const backup = (laterMs: number) => {
    place.clock.nowMs = Date.now() + laterMs;
    const options = { force: true, clock: place.clock };
    return backupStore(place.path, target, options);
  };
  await backup(3_000_000);
  assertEquals(others(place), ["copy", "copy.part-0"]);
  await backup(4_000_000);
  assertEquals(others(place), ["copy"]);
});
