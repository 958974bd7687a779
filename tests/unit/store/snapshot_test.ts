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
  assertEquals(rows(place), 500);
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

/** A store that takes several slices to copy. */
function large(place: Place) {
  const store = place.open();
  commit(store, (tx) => {
    for (let i = 0; i < 3000; i++) tx.put(pod(`${i}`));
  });
  return store;
}

/** Has something done between the slices of a snapshot, each time. */
function between(place: Place, run: (slice: number) => void): void {
  const defer = place.clock.defer.bind(place.clock);
  let slices = 0;
  place.clock.defer = (fn, isPressed) => {
    assertEquals(isPressed, true, "other work would wait for all slices");
    return defer(() => {
      run(++slices);
      fn();
    });
  };
}

Deno.test("snapshot, copied in slices it is of the moment at which it began", async () => {
  using place = new Place();
  const store = large(place);
  let slices = 0;
  between(place, (slice) => {
    slices = slice;
    commit(store, (tx) => {
      tx.put(pod(`new-${slice}`));
      tx.put(pod(`${2999 - slice}`, { version: "2" }));
      tx.remove(`default/pod/${slice}`, "2");
    });
  });
  assertEquals(await store.snapshot(), true);
  assertEquals(slices > 2, true);
  const copy = new Connection(`${place.path}.snapshot`, { readonly: true });
  const found = copy.get<{ n: number; old: number }>(
    "SELECT count(*) AS n, sum(version = '1') AS old FROM meta",
  );
  assertEquals(found, { n: 3000, old: 3000 });
  assertEquals(copy.get("SELECT * FROM tombstones"), undefined);
  assertEquals(copy.pragma("integrity_check"), "ok");
  copy.close();
  assertEquals(await store.snapshot(), true);
  assertEquals(rows(place), 3000);
});

Deno.test("snapshot, one that is ended on the way leaves the last one and no part", async () => {
  type End = (store: ReturnType<typeof large>) => void;
  const ends: End[] = [
    (store) => store.stopSnapshot(),
    (store) => store.recover(),
    (store) => store.close(),
  ];
  for (const end of ends) {
    using place = new Place();
    const store = large(place);
    assertEquals(await store.snapshot(), true);
    const before = Deno.statSync(`${place.path}.snapshot`).ino;
    commit(store, (tx) => tx.put(pod("b")));
    between(place, (slice) => slice === 2 && end(store));
    assertEquals(await store.snapshot(), false);
    assertEquals(Deno.statSync(`${place.path}.snapshot`).ino, before);
    assertEquals(place.names().filter((name) => name.includes("tmp")), []);
  }
});

Deno.test("snapshot, a file that took the store's name is not copied for it", async () => {
  using place = new Place();
  using other = new Place();
  commit(other.open(), (tx) => tx.put(pod("other")));
  const store = large(place);
  assertEquals(await store.snapshot(), true);
  commit(store, (tx) => tx.put(pod("b")));
  Deno.renameSync(place.path, `${place.path}.old`);
  Deno.copyFileSync(other.path, place.path);
  const error = await assertRejects(() => store.snapshot(), StoreError);
  assertEquals(error.kind, "file-gone");
  assertEquals(rows(place), 3000);
});

Deno.test("snapshot, with an object that is not that of its checksum it does not replace a good copy", async () => {
  using place = new Place();
  const store = large(place);
  assertEquals(await store.snapshot(), true);
  store.close();
  const db = new Connection(place.path);
  db.run("UPDATE meta SET value = '{}' WHERE key = 'default/pod/2500'");
  db.close();
  const error = await assertRejects(() => place.open().snapshot(), StoreError);
  assertEquals(error.kind, "corrupt");
  assertEquals(rows(place), 3000);
  assertEquals(place.names().filter((name) => name.includes("tmp")), []);
});
