import {
  type Batch,
  BatchLostError,
  type Store,
  StoreError,
  type StoreTransaction,
} from "../../lib/store/mod.ts";
import type { Chance } from "./chance.ts";
import { CrashedError, type NodeProcess } from "./process.ts";

/**
 * State of the disk: well; full (SQLite ends the whole transaction); statements
 * fail one by one; COMMIT fails; reads fail.
 */
export type DiskState = "ok" | "full" | "io" | "commit" | "read";

/** Share of the statements that fail while the disk is bad. */
const FAILING = 0.4;

/** What the faults depend on. */
export interface FaultyOptions {
  /** Who uses the store: each statement may be its last. */
  readonly process: NodeProcess;
  /** State of the disk at this moment. */
  readonly disk: () => DiskState;
  /** Which statements fail. */
  readonly chance: Chance;
  /** Told after each COMMIT that made something durable. */
  readonly committed: () => void;
}

/** Names of the methods that write within a batch. */
const WRITES = new Set<PropertyKey>([
  "put",
  "remove",
  "drop",
  "enqueue",
  "confirm",
  "dropOutbox",
  "markSynced",
  "trimOutbox",
  "probe",
  "settleReport",
  "dropOutboxRow",
  "unpark",
  "noteFact",
]);
/** Names of the methods that read the file. */
const READS = new Set<PropertyKey>([
  "get",
  "head",
  "list",
  "tombstone",
  "changesSince",
  "page",
  "outbox",
  "outboxInfo",
  "outboxRow",
  "outboxLast",
]);

/**
 * A store on a disk that fails and under a process that dies, over any real
 * or model store: both variants of the simulation meet the same faults.
 */
export function faultyStore<S extends Store>(
  store: S,
  options: FaultyOptions,
): S {
  const { process, disk, chance, committed } = options;
  const isFailing = (state: DiskState) =>
    disk() === state && chance.is(FAILING);
  const read = () => {
    if (isFailing("read")) throw new StoreError("io", "disk I/O error (read)");
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === "batch") {
        return (batchOptions?: Parameters<Store["batch"]>[0]) => {
          process.outside();
          if (!process.alive) throw new CrashedError();
          return faultyBatch(target.batch(batchOptions), {
            ...options,
            isFailing,
            read,
            committed,
          });
        };
      }
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        if (READS.has(name)) read();
        return member.apply(target, args);
      };
    },
  });
}

function faultyBatch(
  batch: Batch,
  options: FaultyOptions & {
    readonly isFailing: (state: DiskState) => boolean;
    readonly read: () => void;
  },
): Batch {
  const { process, isFailing, read, committed } = options;
  let lost: BatchLostError | undefined;
  const check = () => {
    if (!process.alive) throw new CrashedError();
    if (lost) throw lost;
  };
  const write = () => {
    process.outside();
    check();
    if (isFailing("io")) throw new StoreError("io", "disk I/O error");
    if (!isFailing("full")) return;
    lost = new BatchLostError("full", "database or disk is full");
    throw lost;
  };
  const tx = new Proxy(batch.tx, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as (
        ...args: unknown[]
      ) => unknown;
      if (!WRITES.has(name) && !READS.has(name)) return member.bind(target);
      return (...args: unknown[]) => {
        if (WRITES.has(name)) write();
        else read();
        return member.apply(target, args);
      };
    },
  });
  return {
    tx: tx as StoreTransaction,
    message: (run) => {
      check();
      const result = batch.message(() => {
        const value = run();
        check();
        return value;
      });
      return result;
    },
    commit: () => {
      process.outside();
      check();
      if (isFailing("commit")) {
        throw new StoreError("io", "disk I/O error (COMMIT)");
      }
      batch.commit();
      committed();
      // The machine may stop between the COMMIT and its return.
      process.outside();
      check();
    },
    rollback: () => batch.rollback(),
  };
}
