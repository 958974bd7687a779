import { assert, assertEquals, assertThrows } from "@std/assert";
import { AssertionError } from "../../../lib/base/mod.ts";
import {
  BatchLostError,
  StoreError,
  SystemFileSystem,
} from "../../../lib/store/mod.ts";
import { Connection } from "../../../lib/store/driver.ts";
import { commit, Place, pod } from "./support.ts";

Deno.test("SqliteBatch, a commit is there after a kill", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  using killed = place.afterKill();
  assertEquals(killed.open().get("default/pod/a")?.uid, "uid-a");
});

Deno.test("SqliteBatch, what is not committed is not there after a kill", () => {
  using place = new Place();
  const store = place.open();
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("a")));
  using killed = place.afterKill();
  assertEquals(killed.open().get("default/pod/a"), undefined);
  batch.rollback();
});

Deno.test("SqliteBatch, a failing message undoes itself alone", () => {
  using place = new Place();
  const store = place.open();
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("a")));
  assertThrows(
    () =>
      batch.message(() => {
        batch.tx.put(pod("a", { version: "2" }));
        batch.tx.put(pod("b"));
        throw new TypeError("no");
      }),
    TypeError,
    "no",
  );
  assertEquals(batch.tx.revision(), 1);
  assertEquals(batch.message(() => batch.tx.put(pod("c"))), 2);
  batch.commit();
  assertEquals(store.list("pod").map((row) => [row.key, row.version]), [
    ["default/pod/a", "1"],
    ["default/pod/c", "1"],
  ]);
});

Deno.test("SqliteBatch, a message that fails first leaves no transaction", () => {
  using place = new Place();
  const store = place.open();
  const batch = store.batch();
  assertThrows(() =>
    batch.message(() => {
      batch.tx.put(pod("a"));
      throw new TypeError("no");
    })
  );
  const other = new Connection(place.path, { busyTimeoutMs: 0 });
  other.run("BEGIN IMMEDIATE");
  other.run("ROLLBACK");
  other.close();
  batch.message(() => batch.tx.put(pod("b")));
  batch.commit();
  assertEquals(store.list("pod").length, 1);
});

Deno.test("SqliteBatch, one that changes nothing writes nothing", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  const wal = () => Deno.readFileSync(`${place.path}-wal`);
  const before = wal();
  commit(store, (tx) => {
    tx.get("default/pod/a");
    assertEquals(tx.remove("default/pod/none"), undefined);
    assertEquals(tx.drop("default/pod/none"), false);
    assertEquals(tx.confirm("none"), false);
    assertEquals(tx.dropOutbox("none"), 0);
    assertEquals(tx.trimOutbox("event", { rows: 1, bytes: 0 }), 0);
    tx.raise("default/pod/a", "2", "{}");
  });
  assertEquals(wal(), before);
});

Deno.test("SqliteBatch, rollback undoes everything, at any time", () => {
  using place = new Place();
  const store = place.open();
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("a")));
  batch.rollback();
  batch.rollback();
  assertEquals(store.list("pod"), []);
  assertEquals(store.revision(), 0);
  assertThrows(() => batch.message(() => 1), AssertionError);
  assertThrows(() => batch.tx.put(pod("a")), AssertionError);
  assertThrows(() => batch.commit(), AssertionError);
  assertEquals(commit(store, (tx) => tx.put(pod("b"))), 1);
});

Deno.test("SqliteStore, one batch is open at a time", () => {
  using place = new Place();
  const store = place.open();
  const batch = store.batch();
  assertThrows(() => store.batch(), AssertionError);
  assertThrows(
    () => batch.message(() => batch.message(() => 1)),
    AssertionError,
  );
  batch.rollback();
});

Deno.test("SqliteBatch, on a full disk the whole batch is lost", () => {
  using place = new Place();
  const store = place.open({ pagesMax: 40 });
  commit(store, (tx) => tx.put(pod("kept")));
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("a")));
  const error = assertThrows(
    () =>
      batch.message(() => {
        const value = `"${"x".repeat(300_000)}"`;
        // Operations may catch what they like: the batch stays lost.
        assertThrows(() => batch.tx.put(pod("large", { value })));
      }),
    BatchLostError,
  );
  assertEquals(error.kind, "full");
  assert(error.transient);
  assertThrows(() => batch.message(() => 1), BatchLostError);
  assertThrows(() => batch.tx.remove("default/pod/kept"), BatchLostError);
  assertThrows(() => batch.commit(), BatchLostError);
  batch.rollback();
  assertEquals(store.list("pod").map((row) => row.key), ["default/pod/kept"]);
  assertEquals(store.revision(), 1);
  commit(store, (tx) => tx.remove("default/pod/kept"));
  assertEquals(store.list("pod"), []);
});

Deno.test("SqliteBatch, a failed COMMIT stores nothing and frees the store", () => {
  using place = new Place();
  // The raised version needs more room than the file may have, at the commit.
  const store = place.open({ pagesMax: 40 });
  commit(store, (tx) => tx.put(pod("a")));
  const batch = store.batch();
  batch.message(() => {
    batch.tx.put(pod("b"));
    batch.tx.raise("default/pod/a", "2", `"${"x".repeat(300_000)}"`);
  });
  assertEquals(assertThrows(() => batch.commit(), StoreError).kind, "full");
  batch.rollback();
  assertEquals(store.get("default/pod/a"), {
    ...pod("a"),
    revision: 1,
  });
  assertEquals(store.get("default/pod/b"), undefined);
  assertEquals(commit(store, (tx) => tx.remove("default/pod/a")), 2);
});

Deno.test("one_writer_no_lock_errors, an outside lock delays, never kills", () => {
  using place = new Place();
  const store = place.open({ busyTimeoutMs: 0 });
  const other = new Connection(place.path);
  other.run("BEGIN IMMEDIATE");
  const batch = store.batch();
  const error = assertThrows(
    () => batch.message(() => batch.tx.put(pod("a"))),
    StoreError,
  );
  assertEquals(error.kind, "busy");
  batch.rollback();
  other.run("ROLLBACK");
  other.close();
  assertEquals(commit(store, (tx) => tx.put(pod("a"))), 1);
});

Deno.test("SqliteBatch, one that begins early and writes nothing leaves the file as it is", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  const before = Deno.statSync(`${place.path}-wal`).size;
  const batch = store.batch({ expectsWrites: true });
  batch.message(() => batch.tx.get("default/pod/a"));
  batch.commit();
  assertEquals(Deno.statSync(`${place.path}-wal`).size, before);
  const undone = store.batch({ expectsWrites: true });
  undone.rollback();
  assertEquals(commit(store, (tx) => tx.put(pod("b"))), 2);
});

Deno.test("SqliteBatch, one that cannot begin early still reads, and begins when it writes", () => {
  using place = new Place();
  const store = place.open({ busyTimeoutMs: 1 });
  commit(store, (tx) => tx.put(pod("a")));
  const other = new Connection(place.path);
  other.run("BEGIN IMMEDIATE");
  const batch = store.batch({ expectsWrites: true });
  const version = batch.message(() => batch.tx.get("default/pod/a")?.version);
  assertEquals(version, "1");
  other.run("ROLLBACK");
  other.close();
  batch.message(() => batch.tx.put(pod("b")));
  batch.commit();
  using killed = place.afterKill();
  assertEquals(killed.open().list("pod").length, 2);
});

Deno.test("SqliteBatch, one that expects reads sees one state of the file, and writes all the same", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  const batch = store.batch({ expectsReads: true });
  const version = () => batch.tx.get("default/pod/a")?.version;
  assertEquals(batch.message(version), "1");
  const other = new Connection(place.path);
  other.run("UPDATE meta SET version = '2'");
  assertEquals(batch.message(version), "1");
  // Nothing was decided by what it saw: what it writes lies over the new state.
  batch.message(() => batch.tx.put(pod("b")));
  assertEquals(batch.message(version), "2");
  assertThrows(
    () =>
      batch.message(() => {
        batch.tx.put(pod("c"));
        throw new TypeError("no");
      }),
    TypeError,
  );
  batch.commit();
  other.close();
  using killed = place.afterKill();
  const keys = killed.open().list("pod").map(({ key }) => key);
  assertEquals(keys, ["default/pod/a", "default/pod/b"]);
});

Deno.test("SqliteBatch, one that expected reads holds no lock once it has ended", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  const other = new Connection(place.path);
  for (const end of ["commit", "rollback"] as const) {
    const batch = store.batch({ expectsReads: true });
    batch.message(() => batch.tx.get("default/pod/a"));
    const isBusy = () =>
      other.get<{ busy: number }>("PRAGMA wal_checkpoint(TRUNCATE)")?.busy;
    assertEquals(isBusy(), 1);
    batch[end]();
    assertEquals(isBusy(), 0);
    other.run("UPDATE meta SET version = '2'");
  }
  other.close();
});

Deno.test("SqliteBatch, a deleted file is noticed before the release", () => {
  for (const suffix of ["", "-wal"]) {
    using place = new Place();
    const store = place.open();
    commit(store, (tx) => tx.put(pod("a")));
    Deno.removeSync(`${place.path}${suffix}`);
    const batch = store.batch();
    batch.message(() => batch.tx.put(pod("b")));
    const error = assertThrows(() => batch.commit(), StoreError);
    assertEquals(error.kind, "file-gone");
    assertEquals(store.problems.length, 1);
    // The next batch makes the file anew from what is still open.
    assertEquals(commit(store, (tx) => tx.get("default/pod/a"))?.version, "1");
    commit(store, (tx) => tx.put(pod("c")));
    assertEquals(store.problems, []);
    using killed = place.afterKill();
    assertEquals(killed.open().list("pod").length, 3);
  }
});

Deno.test("SqliteBatch, a replaced file is noticed before the release", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  Deno.copyFileSync(place.path, `${place.path}.other`);
  Deno.renameSync(`${place.path}.other`, place.path);
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("b")));
  assertEquals(
    assertThrows(() => batch.commit(), StoreError, "replaced").kind,
    "file-gone",
  );
});

Deno.test("SqliteBatch, a file system that fails after COMMIT fails the batch", () => {
  using place = new Place();
  class Failing extends SystemFileSystem {
    fails = false;
    override stat(path: string) {
      if (this.fails) throw new Error("stat failed");
      return super.stat(path);
    }
  }
  const fs = new Failing();
  const store = place.open({ fs });
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("a")));
  fs.fails = true;
  assertThrows(() => batch.commit(), StoreError, "stat failed");
  fs.fails = false;
  assertEquals(store.list("pod").length, 1);
});

Deno.test("SqliteBatch, a message that cannot be undone takes the batch with it", () => {
  for (
    const [failing, before] of [["ROLLBACK TO message", 1], [
      "ROLLBACK",
      0,
    ]] as const
  ) {
    using place = new Place();
    const store = place.open();
    const batch = store.batch();
    if (before) batch.message(() => batch.tx.put(pod("a")));
    const { execute } = Connection.prototype;
    Connection.prototype.execute = function (sql, ...values) {
      if (sql === failing) throw new Error("disk I/O error");
      return execute.call(this, sql, ...values);
    };
    try {
      assertThrows(
        () =>
          batch.message(() => {
            batch.tx.put(pod("half"));
            throw new TypeError("no");
          }),
        BatchLostError,
        "a message cannot be undone",
      );
    } finally {
      Connection.prototype.execute = execute;
    }
    assertThrows(
      () => batch.message(() => batch.tx.put(pod("b"))),
      BatchLostError,
    );
    assertThrows(() => batch.commit(), BatchLostError);
    commit(store, (tx) => tx.put(pod("c")));
    assertEquals(store.list("pod").map((row) => row.key), ["default/pod/c"]);
  }
});
