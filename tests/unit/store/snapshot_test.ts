import { assertEquals, assertRejects } from "@std/assert";
import { StoreError, SystemFileSystem } from "../../../lib/store/mod.ts";
import { Connection } from "../../../lib/store/driver.ts";
import { commit, Place, pod } from "./support.ts";

function rows(place: Place): number {
  const copy = new Connection(`${place.path}.snapshot`, { readonly: true });
  try {
    return copy.all("SELECT key FROM meta").length;
  } finally {
    copy.close();
  }
}

Deno.test("snapshot, copies what is committed and replaces the last one", async () => {
  using place = new Place();
  const umask = Deno.umask(0);
  try {
    const store = place.open();
    commit(store, (tx) => tx.put(pod("a")));
    assertEquals(await store.snapshot(), true);
    assertEquals(rows(place), 1);
    commit(store, (tx) => tx.put(pod("b")));
    assertEquals(await store.snapshot(), true);
    assertEquals(rows(place), 2);
    const { mode } = Deno.statSync(`${place.path}.snapshot`);
    assertEquals((mode ?? 0) & 0o777, 0o600);
    assertEquals(place.names().filter((name) => name.includes("tmp")), []);
  } finally {
    Deno.umask(umask);
  }
});

Deno.test("snapshot, is not made twice of the same state", async () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  const [one, two] = await Promise.all([store.snapshot(), store.snapshot()]);
  assertEquals([one, two], [true, true]);
  assertEquals(await store.snapshot(), false);
  commit(store, (tx) => tx.markSynced("pod"));
  assertEquals(await store.snapshot(), true);
});

Deno.test("snapshot, batches go on meanwhile", async () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    for (let i = 0; i < 500; i++) {
      tx.put(pod(`${i}`, { value: `"${"x".repeat(4000)}"` }));
    }
  });
  const snapshot = store.snapshot();
  commit(store, (tx) => tx.put(pod("late")));
  assertEquals(await snapshot, true);
  assertEquals(store.list("pod").length, 501);
  assertEquals(await store.snapshot(), true);
  assertEquals(rows(place), 501);
});

Deno.test("snapshot, one that fails leaves the last one", async () => {
  class Failing extends SystemFileSystem {
    armed = false;
    override sync(path: string): void {
      if (this.armed) throw new Error(`Cannot sync ${path}`);
      super.sync(path);
    }
  }
  using place = new Place();
  const fs = new Failing();
  const store = place.open({ fs });
  commit(store, (tx) => tx.put(pod("a")));
  await store.snapshot();
  commit(store, (tx) => tx.put(pod("b")));
  fs.armed = true;
  await assertRejects(() => store.snapshot(), StoreError, "Cannot sync");
  assertEquals(rows(place), 1);
  assertEquals(place.names().filter((name) => name.includes("tmp")), []);
  fs.armed = false;
  assertEquals(await store.snapshot(), true);
  assertEquals(rows(place), 2);
});

Deno.test("snapshot, a damaged store does not replace a good copy", async () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    for (let i = 0; i < 100; i++) {
      tx.put(pod(`${i}`, { value: `"${"x".repeat(900)}"` }));
    }
  });
  await store.snapshot();
  store.close();
  const size = Deno.statSync(place.path).size;
  using file = Deno.openSync(place.path, { write: true });
  file.seekSync(size - 4096, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array(4096).fill(7));
  const damaged = place.open();
  const error = await assertRejects(() => damaged.snapshot(), StoreError);
  assertEquals(error.kind, "corrupt");
  assertEquals(rows(place), 100);
});

Deno.test("snapshot, a close meanwhile leaves the last one", async () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    for (let i = 0; i < 500; i++) {
      tx.put(pod(`${i}`, { value: `"${"x".repeat(4000)}"` }));
    }
  });
  const snapshot = store.snapshot().catch((error) => error.name);
  store.close();
  assertEquals([false, "StoreError"].includes(await snapshot), true);
  assertEquals(place.names().includes("edge.db.snapshot"), false);
  place.open();
  assertEquals(place.names().filter((name) => name.includes("tmp")), []);
});
