import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../lib/base/mod.ts";
import { ChangeList } from "../../../lib/store/change_list.ts";
import { Connection } from "../../../lib/store/driver.ts";
import type { SqliteStore } from "../../../lib/store/mod.ts";
import { commit, Place, pod } from "./support.ts";

/** What is told of, in short. */
function told(list: Iterable<ReturnType<typeof first>>): string[] {
  return [...list].map((change) =>
    change.kind === "row"
      ? `${change.revision} ${change.key}`
      : `${change.revision} -${change.tombstone.key}`
  );
}

function first(store: SqliteStore, revision = 0) {
  for (const change of store.changesSince(revision).changes) return change;
  throw new Error("no change");
}

Deno.test("ChangeList, gives thousands of rows and the deletes between them in the order of their revisions", () => {
  using place = new Place();
  const store = place.open();
  const random = seededRandom(3);
  const names = Array.from({ length: 9000 }, (_, i) => `n${i}`);
  const expected = new Map<string, string>();
  const write = (name: string, isDelete: boolean) =>
    commit(store, (tx) => {
      const key = `default/pod/${name}`;
      if (isDelete) {
        const revision = tx.remove(key);
        if (!revision) return;
        expected.delete(key);
        expected.set(`-${revision}`, `${revision} -${key}`);
      } else expected.set(key, `${tx.put(pod(name))} ${key}`);
    });
  const batch = store.batch();
  for (const name of names) {
    const revision = batch.message(() => batch.tx.put(pod(name)));
    expected.set(`default/pod/${name}`, `${revision} default/pod/${name}`);
  }
  batch.commit();
  for (let i = 0; i < 300; i++) {
    const name = names[Math.floor(random() * names.length)] ?? "";
    write(name, random() < 0.3);
  }
  const all = [...expected.values()]
    .sort((a, b) => parseInt(a) - parseInt(b));
  const { changes } = store.changesSince(0);
  assertEquals(told(changes), all);
  assertEquals(changes.length, all.length);
  assertEquals(
    told(store.changesSince(9100).changes),
    all.filter((line) => parseInt(line) > 9100),
  );
});

Deno.test("ChangeList, passes over what has changed again since it was read", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    for (const name of ["a", "b", "c", "d"]) tx.put(pod(name));
  });
  const { changes } = store.changesSince(0);
  commit(store, (tx) => {
    tx.put(pod("b", { version: "2" }));
    tx.remove("default/pod/c");
    tx.put(pod("e"));
  });
  assertEquals(changes.length, 4);
  assertEquals(told(changes), ["1 default/pod/a", "4 default/pod/d"]);
  assertEquals(told(store.changesSince(4).changes), [
    "5 default/pod/b",
    "6 -default/pod/c",
    "7 default/pod/e",
  ]);
});

Deno.test("ChangeList, leaves out no row where two files that were put together share a revision", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    for (const name of ["a", "b", "c", "d"]) tx.put(pod(name));
  });
  store.close();
  const db = new Connection(place.path);
  db.run("UPDATE meta SET revision = 2 WHERE revision IN (1, 3)");
  const lines = told(new ChangeList(db, 0));
  db.close();
  assertEquals(lines.length, 4);
  assertEquals(lines.toSorted(), [
    "2 default/pod/a",
    "2 default/pod/b",
    "2 default/pod/c",
    "4 default/pod/d",
  ]);
});

Deno.test("ChangeList, holds numbers only until a key has its turn", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    for (let i = 0; i < 5000; i++) tx.put(pod(`n${i}`));
  });
  let reads = 0;
  const db = new Connection(place.path);
  const counted = new Proxy(db, {
    get(target, name) {
      if (name === "get") reads++;
      const member = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  const list = new ChangeList(counted, 0);
  assertEquals([list.length, reads], [5000, 0]);
  for (const change of list) {
    assert(change.revision === reads);
    if (reads === 10) break;
  }
  db.close();
});
