import { assertEquals } from "@std/assert";
import type { StoredPage } from "../../../lib/store/mod.ts";
import { commit, Place, pod } from "./support.ts";

/** All rows, page by page, and how many pages it took. */
function all<T>(page: (after: string) => StoredPage<T>): [T[], number] {
  const rows: T[] = [];
  let pages = 0;
  for (let after: string | undefined = ""; after !== undefined; pages++) {
    const found: StoredPage<T> = page(after);
    rows.push(...found.rows);
    after = found.next;
  }
  return [rows, pages];
}

Deno.test("StoreView, says which types there are, each once", () => {
  using place = new Place();
  const store = place.open();
  assertEquals(store.view.types(), []);
  commit(store, (tx) => {
    for (const type of ["secret", "pod", "configmap"]) {
      for (const name of ["a", "b"]) {
        tx.put(pod(name, { key: `default/${type}/${name}`, type }));
      }
    }
  });
  assertEquals(store.view.types(), ["configmap", "pod", "secret"]);
});

Deno.test("StoreView, a page is bounded by rows and by bytes, and none is left out", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    for (let i = 0; i < 1200; i++) tx.put(pod(`p${i}`));
    for (let i = 0; i < 5; i++) {
      const value = JSON.stringify({ pad: "x".repeat(700_000) });
      tx.put(pod(`${i}`, { key: `default/large/${i}`, type: "large", value }));
    }
  });
  const [pods, pages] = all((after) => store.view.page({ type: "pod", after }));
  assertEquals(new Set(pods.map(({ key }) => key)).size, 1200);
  assertEquals(pages, 5);
  const [large, largePages] = all((after) =>
    store.view.page({ type: "large", after })
  );
  assertEquals(large.length, 5);
  assertEquals(largePages, 3);
  const [keys, keyPages] = all((after) =>
    store.view.keys({ type: "pod", after })
  );
  assertEquals(keys.length, 1200);
  assertEquals(keyPages, 2);
});

Deno.test("StoreView, a namespace is the whole first part of the key", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    for (const namespace of ["a", "a-b", "a0", "b"]) {
      tx.put(pod("x", { key: `${namespace}/pod/x` }));
    }
  });
  const keysIn = (namespace: string, after = "") =>
    store.view.page({ type: "pod", namespace, after }).rows
      .map(({ key }) => key);
  assertEquals(keysIn("a"), ["a/pod/x"]);
  assertEquals(keysIn("a0"), ["a0/pod/x"]);
  assertEquals(keysIn("a", "a/pod/x"), []);
  assertEquals(keysIn("c"), []);
});

Deno.test("StoreView, of an open store it shows what is in memory only", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.put(pod("x"));
    tx.enqueue({
      msgId: "m1",
      resource: "default/podstatus/x",
      type: "podstatus",
      operation: "update",
      createdAtMs: 1,
      text: "{}",
    });
  });
  commit(store, (tx) => tx.raise("default/pod/x", "9", '{"v":9}'));
  assertEquals(store.view.get("default/pod/x")?.version, "9");
  assertEquals(store.view.page({ type: "pod" }).rows[0]?.value, '{"v":9}');
  store.noteUnanswered(store.view.outbox()[0]?.id ?? 0);
  assertEquals(store.view.outboxOf("default/podstatus/x")[0]?.attempts, 1);
  assertEquals(store.view.outboxOf("default/podstatus/y"), []);
  assertEquals(store.view.revisionOf("default/pod/x") > 0, true);
  assertEquals(store.view.revisionOf("default/pod/y"), 0);
});
