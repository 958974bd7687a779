import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  BatchEntangledError,
  type MetaWrite,
  type Store,
} from "../../lib/store/mod.ts";
import { Chance } from "../simulation/chance.ts";
import { MemoryDisk } from "../simulation/model_disk.ts";
import type { SimDisk } from "../simulation/sim_node.ts";
import { SqliteDisk } from "../simulation/sqlite_disk.ts";
import { StandingClock } from "../unit/store/support.ts";

/** A disk with a store on it that may crash, of either kind. */
class Bench implements Disposable {
  readonly clock = new StandingClock();
  readonly #disk: SimDisk;
  store: Store;

  constructor(disk: SimDisk) {
    this.#disk = disk;
    this.store = disk.open(this.clock);
  }

  /** One batch with one message. */
  write(run: (tx: ReturnType<Store["batch"]>["tx"]) => void): void {
    const batch = this.store.batch();
    batch.message(() => run(batch.tx));
    batch.commit();
  }

  /** The process is killed and started again. */
  crash(): void {
    this.#disk.crash();
    this.store = this.#disk.open(this.clock);
  }

  /** The process ends in order and is started again. */
  reopen(): void {
    this.store.close();
    this.store = this.#disk.open(this.clock);
  }

  /** Everything that can be read. */
  look(): unknown {
    const { store } = this;
    return {
      rows: ["pod", "configmap"].map((type) => store.list(type)),
      spaces: store.list("pod", "prod"),
      tombstones: KEYS.map((key) => store.tombstone(key)),
      heads: KEYS.map((key) => store.head(key)?.version),
      buried: KEYS.map((key) => store.tombstone(key, "u1")),
      outbox: store.outbox(0, 100),
      outboxLength: store.outboxLength(),
      revision: store.revision(),
      all: changesSince(store, 0),
      some: changesSince(store, Math.max(0, store.revision() - 3)),
      unknown: changesSince(store, store.revision() + 5),
      positions: ["a", "b"].map((module) => store.position(module)),
      synced: ["pod", "*"].map((type) => store.isSynced(type)),
      owed: store.reportOwed(),
      page: store.page("pod", "default/pod/a", 1),
      fact: store.fact("node_at_loss"),
      infos: store.outboxInfo(0),
      first: store.outboxRow(1),
      last: store.outboxLast("default/podstatus/a"),
      parked: store.outboxParked(),
      use: [store.outboxUse(), store.outboxUse("podstatus")],
    };
  }

  [Symbol.dispose](): void {
    this.#disk.dispose();
  }
}

function changesSince(store: Store, revision: number): unknown {
  const { changes, ...rest } = store.changesSince(revision);
  return { ...rest, changes: [...changes], length: changes.length };
}

const KEYS = ["default/pod/a", "prod/pod/b", "default/configmap/c"];

function row(key: string, fields: Partial<MetaWrite> = {}): MetaWrite {
  return {
    key,
    type: key.split("/")[1] ?? "",
    value: "{}",
    uid: "u1",
    version: "1",
    created: "",
    source: "edgecontroller",
    ...fields,
  };
}

const report = (msgId: string, resource: string) => ({
  msgId,
  resource,
  type: "podstatus",
  operation: "update",
  text: `{"id":"${msgId}"}`,
  createdAtMs: 5,
});

const DISKS: readonly (readonly [string, () => SimDisk])[] = [
  ["ModelStore", () => new MemoryDisk()],
  ["SqliteStore", () => new SqliteDisk()],
];

const [A = "", B = ""] = KEYS;

for (const [name, make] of DISKS) {
  Deno.test(`${name}: what is committed survives a crash, what is not does not`, () => {
    using bench = new Bench(make());
    bench.write((tx) => tx.put(row(A)));
    const batch = bench.store.batch();
    batch.message(() => {
      batch.tx.put(row(B));
      batch.tx.remove(A);
      batch.tx.enqueue(report("m1", "x"));
    });
    assertEquals(bench.store.get(A), undefined);
    bench.crash();
    assertEquals(bench.store.get(A)?.uid, "u1");
    assertEquals(bench.store.get(B), undefined);
    assertEquals(bench.store.tombstone(A), undefined);
    assertEquals(bench.store.outboxLength(), 0);
  });

  Deno.test(`${name}: a message that throws undoes itself and not its neighbours`, () => {
    using bench = new Bench(make());
    const batch = bench.store.batch();
    batch.message(() => batch.tx.put(row(A)));
    assertThrows(() =>
      batch.message(() => {
        batch.tx.put(row(A, { version: "2" }));
        batch.tx.put(row(B));
        throw new TypeError("no");
      }), TypeError);
    assertEquals(batch.tx.revision(), 1);
    batch.message(() => batch.tx.enqueue(report("m1", "x")));
    batch.commit();
    bench.crash();
    assertEquals(bench.store.get(A)?.version, "1");
    assertEquals(bench.store.get(B), undefined);
    assertEquals(bench.store.outboxLength(), 1);
  });

  Deno.test(`${name}: without isolation a message that throws after it wrote among others takes the batch with it`, () => {
    using bench = new Bench(make());
    const fail = () => {
      throw new TypeError("no");
    };
    const batch = bench.store.batch({ isolates: false });
    // Alone, or before it wrote, it can be undone.
    assertThrows(() => {
      batch.message(() => {
        batch.tx.put(row(A));
        fail();
      });
    }, TypeError);
    batch.message(() => batch.tx.put(row(B)));
    assertThrows(() =>
      batch.message(() => {
        batch.tx.raise(B, "2", "{}");
        fail();
      }), TypeError);
    assertEquals(batch.tx.head(B)?.version, "1");
    const error = assertThrows(() =>
      batch.message(() => {
        batch.tx.put(row(A));
        fail();
      }), BatchEntangledError);
    assertEquals((error.cause as Error).message, "no");
    batch.rollback();
    assertEquals(bench.store.get(A), undefined);
    assertEquals(bench.store.head(B), undefined);
    bench.write((tx) => tx.put(row(B)));
    bench.crash();
    assertEquals(bench.store.get(B)?.revision, 1);
  });

  Deno.test(`${name}: a rollback undoes everything, and may be called twice`, () => {
    using bench = new Bench(make());
    bench.write((tx) => tx.put(row(A)));
    const batch = bench.store.batch();
    batch.message(() => {
      batch.tx.remove(A);
      batch.tx.raise(A, "9", "{}");
      batch.tx.markSynced("*");
    });
    batch.rollback();
    batch.rollback();
    assertEquals(bench.store.get(A)?.version, "1");
    assertEquals(bench.store.isSynced("pod"), false);
    assertEquals(bench.store.revision(), 1);
  });

  Deno.test(`${name}: a raised version is read at once and written with the next change`, () => {
    using bench = new Bench(make());
    bench.write((tx) => tx.put(row(A)));
    bench.write((tx) => tx.raise(A, "5", '{"v":5}'));
    assertEquals(bench.store.get(A)?.version, "5");
    assertEquals(bench.store.revision(), 1);
    bench.crash();
    assertEquals(bench.store.get(A)?.version, "1");
    bench.write((tx) => tx.raise(A, "6", "{}"));
    bench.write((tx) => tx.put(row(B)));
    bench.crash();
    assertEquals(bench.store.get(A)?.version, "6");
  });

  Deno.test(`${name}: no revision is given twice, whatever crashes`, () => {
    using bench = new Bench(make());
    const seen = new Set<number>();
    for (let i = 0; i < 5; i++) {
      bench.write((tx) => {
        const revision = tx.put(row(A, { version: String(i) }));
        assert(!seen.has(revision));
        seen.add(revision);
      });
      if (i % 2 === 0) bench.crash();
      else bench.reopen();
    }
  });

  Deno.test(`${name}: one batch is open at a time`, () => {
    using bench = new Bench(make());
    const batch = bench.store.batch();
    assertThrows(() => bench.store.batch());
    batch.rollback();
    bench.store.batch().rollback();
  });

  Deno.test(`${name}: a position is saved along with a later commit`, () => {
    using bench = new Bench(make());
    bench.write((tx) => tx.put(row(A)));
    bench.store.notePosition("a", 1);
    assertEquals(bench.store.position("a"), 1);
    bench.crash();
    assertEquals(bench.store.position("a"), 0);
    bench.store.notePosition("a", 1);
    bench.clock.nowMs += 2000;
    bench.write((tx) => tx.put(row(B)));
    bench.crash();
    assertEquals(bench.store.position("a"), 1);
  });
}

/** One thing done to both stores alike. */
type Deed = (bench: Bench) => void;

function deedOf(chance: Chance, step: number): Deed {
  const key = chance.pick(KEYS);
  const version = String(1 + chance.below(20));
  const uid = chance.pick(["u1", "u2"]);
  const resource = chance.pick(["default/podstatus/a", "default/podstatus/b"]);
  const id = `m${chance.below(6)}`;
  const module = chance.pick(["a", "b"]);
  const outboxId = 1 + chance.below(4);
  const write = (run: Parameters<Bench["write"]>[0]): Deed => (bench) =>
    bench.write(run);
  return chance.pick<() => Deed>([
    () => write((tx) => tx.put(row(key, { version, uid }))),
    () =>
      write((tx) => {
        if (tx.get(key)) tx.raise(key, version, `{"v":${version}}`);
      }),
    () => write((tx) => tx.remove(key, version)),
    () => write((tx) => tx.drop(key)),
    () => write((tx) => tx.enqueue(report(id, resource))),
    () => write((tx) => tx.confirm(id)),
    () => write((tx) => tx.dropOutbox(resource)),
    () => write((tx) => tx.trimOutbox("podstatus", { rows: 2, bytes: 1000 })),
    () => write((tx) => tx.probe()),
    () => write((tx) => tx.dropOutboxRow(outboxId)),
    () => write((tx) => tx.unpark(outboxId)),
    () => write((tx) => tx.noteFact("node_at_loss", version)),
    () => (bench) => void bench.store.noteUnanswered(outboxId),
    () => (bench) => bench.store.notePosition(module, step),
    () => (bench) => {
      const batch = bench.store.batch();
      batch.message(() => batch.tx.put(row(key, { uid })));
      try {
        batch.message(() => {
          batch.tx.remove(key);
          batch.tx.enqueue(report("lost", resource));
          throw new RangeError("undone");
        });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
      batch.commit();
    },
    () => (bench) => {
      const batch = bench.store.batch();
      batch.message(() => {
        batch.tx.put(row(key, { uid }));
        batch.tx.raise(KEYS[2] ?? "", version, "{}");
      });
      batch.rollback();
    },
    () => (bench) => bench.crash(),
    () => (bench) => bench.reopen(),
    () => (bench) => void (bench.clock.nowMs += 1500),
    () => (bench) => void (bench.clock.nowMs += 4 * 24 * 3600 * 1000),
  ])();
}

Deno.test("ModelStore and SqliteStore: random histories look the same from outside", () => {
  for (let seed = 1; seed <= 40; seed++) {
    using model = new Bench(new MemoryDisk());
    using real = new Bench(new SqliteDisk());
    const chance = new Chance(seed, 7);
    for (let step = 0; step < 40; step++) {
      const deed = deedOf(chance, step);
      deed(model);
      deed(real);
      assertEquals(model.look(), real.look(), `seed ${seed}, step ${step}`);
    }
  }
});
