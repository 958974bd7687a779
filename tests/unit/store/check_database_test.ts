import { assertEquals, assertMatch } from "@std/assert";
import {
  checkDatabase,
  type CheckReport,
  readStoreFile,
} from "../../../lib/store/mod.ts";
import { Connection } from "../../../lib/store/driver.ts";
import { fill, overwrite, PAGE_BYTES } from "./damage.ts";
import { commit, Place, pod } from "./support.ts";

function check(path: string): Promise<CheckReport> {
  return readStoreFile(path, (db) => checkDatabase(db));
}

/** Changes a closed store as the node never does. */
function tamper(place: Place, ...sql: readonly string[]): void {
  const db = new Connection(place.path);
  for (const statement of sql) db.run(statement);
  db.close();
}

Deno.test("checkDatabase, a store that is whole has no problem, open or closed", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 1100);
  commit(store, (tx) => tx.remove("default/pod/7"));
  const seen: number[] = [];
  const report = await readStoreFile(
    place.path,
    (db) =>
      checkDatabase(db, (done) => {
        // What a node deletes meanwhile is not lost.
        const key = `default/pod/${1000 + seen.push(done)}`;
        commit(store, (tx) => tx.remove(key));
      }),
  );
  const { objects, badCount, problems, note } = report;
  assertEquals({ objects, badCount, problems, note }, {
    objects: 1099,
    badCount: 0,
    problems: [],
    note: "",
  });
  assertEquals(seen, [...seen].sort((a, b) => a - b));
  assertEquals(seen.at(-1), 1);
  store.close();
  assertEquals((await check(place.path)).objects, 1099 - seen.length);
  place.open().close();
});

Deno.test("checkDatabase, names the objects that are not what was written", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 30);
  store.close();
  tamper(place, "UPDATE meta SET value = '{}' WHERE key LIKE 'default/pod/1%'");
  const { badCount, bad } = await check(place.path);
  assertEquals(badCount, 11);
  assertEquals(bad[0], { key: "default/pod/1", reason: "checksum differs" });
});

Deno.test("checkDatabase, a page that is overwritten is damage, and no exception", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 200);
  store.close();
  const { size } = Deno.statSync(place.path);
  for (let page = 20; page < size / PAGE_BYTES; page += 9) {
    overwrite(place.path, page * PAGE_BYTES, new Uint8Array(PAGE_BYTES));
  }
  const { badCount, problems } = await check(place.path);
  assertEquals(problems.length > 0, true);
  assertEquals(badCount > 0, true);
});

Deno.test("checkDatabase, a damaged index loses no object", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 300);
  store.close();
  const bytes = Deno.readFileSync(place.path);
  // Leaves of indexes.
  for (let page = 2; page < bytes.length / PAGE_BYTES; page++) {
    if (bytes[page * PAGE_BYTES] !== 10) continue;
    overwrite(place.path, page * PAGE_BYTES + 2000, new Uint8Array(1000));
  }
  const { badCount, objects, problems } = await check(place.path);
  assertEquals({ badCount, objects }, { badCount: 0, objects: 300 });
  assertEquals(problems.length > 0, true);
});

Deno.test("checkDatabase, what the node relies on beyond SQLite", async () => {
  const problemAfter = async (...sql: string[]) => {
    using place = new Place();
    const store = place.open();
    commit(store, (tx) => {
      tx.put(pod("x"));
      tx.put(pod("y"));
      tx.enqueue({
        msgId: "m1",
        resource: "default/event/e",
        type: "event",
        operation: "insert",
        createdAtMs: 1,
        text: '{"header":{"msg_id":"m1"}}',
      });
      tx.remove("default/pod/y");
    });
    store.close();
    assertEquals((await check(place.path)).problems, []);
    tamper(place, ...sql);
    return (await check(place.path)).problems.join();
  };
  assertMatch(
    await problemAfter("UPDATE meta SET revision = revision + 100000"),
    /1 rows are of revisions/,
  );
  assertMatch(
    await problemAfter(
      "UPDATE tombstones SET key = 'default/pod/x', uid = 'uid-x'",
    ),
    /1 objects are there although/,
  );
  assertMatch(
    await problemAfter("UPDATE meta SET key = 'default/secret/x'"),
    /1 objects lie under the key/,
  );
  assertMatch(
    await problemAfter("UPDATE outbox SET text = '{'"),
    /1 messages of the outbox/,
  );
  assertMatch(await problemAfter("DROP TABLE outbox"), /no such table/);
});

Deno.test("checkDatabase, repeats what the store says of a loss in the past", async () => {
  using place = new Place();
  const store = place.open();
  fill(store, 3);
  store.recover();
  store.close();
  const { note, problems } = await check(place.path);
  assertEquals(problems, []);
  assertMatch(note, /^Not in sync since/);
});
