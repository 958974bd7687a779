import type { Clock } from "../../lib/base/mod.ts";
import { LIMITS } from "../../lib/base/mod.ts";
import { compareVersions } from "../../lib/message/mod.ts";
import { BatchEntangledError } from "../../lib/store/mod.ts";
import type {
  Batch,
  BatchOptions,
  Changes,
  FactName,
  MetaHead,
  MetaRow,
  MetaWrite,
  OutboxInfo,
  OutboxRow,
  OutboxUse,
  Store,
  StoreStats,
  StoreTransaction,
  Tombstone,
  TombstoneLimits,
} from "../../lib/store/mod.ts";

/** Revisions reserved by one write, as the SQLite store does. */
const RESERVE = 1024;
/** Deletes between two looks at the bounds of the tombstones. */
const PRUNE_EVERY = 256;
/** Shortest time between two writes of positions, in milliseconds. */
const SAVE_POSITIONS_EVERY_MS = 1000;
/** The same for the running time. */
const SAVE_RUNNING_EVERY_MS = 60_000;

/** What lies on the disk: all that survives a crash. */
export class ModelDisk {
  /** Objects by key. */
  readonly meta = new Map<string, MetaRow>();
  /** Tombstones by revision, rising. */
  readonly tombstones = new Map<number, Tombstone>();
  /** Messages by id, rising. */
  readonly outbox = new Map<number, OutboxRow>();
  /** Positions of modules. */
  readonly positions = new Map<string, number>();
  /** Types in sync with the cloud. */
  readonly synced = new Set<string>();
  /** Facts by name. */
  readonly facts = new Map<string, string>();
  /** Numbers by name: the ceiling of revisions, what was pruned. */
  readonly numbers = new Map<string, number>();
}

/** How often a message was left unanswered, and since when it is parked. */
type Delivery = Pick<OutboxRow, "attempts" | "parkedAtMs">;

/** A change within a batch: how it is undone, and whether it is of the disk. */
interface Change {
  readonly undo: () => void;
  readonly isDurable: boolean;
}

/** A map whose changes can be undone. */
interface Undoable<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
  delete(key: K): boolean;
}

/**
 * The store in memory: the same promises as the SQLite store, without a file.
 * What is on the disk changes only within a batch, and is put back unless the
 * batch is committed: that is what a crash finds.
 */
export class ModelStore implements Store {
  /** It is never damaged. */
  readonly problems: readonly string[] = [];
  /** It is never rebuilt. */
  readonly generation = 0;
  readonly #disk: ModelDisk;
  readonly #clock: Clock;
  readonly #tombstoneLimits: TombstoneLimits;
  readonly #positions: Map<string, number>;
  readonly #raised = new Map<string, { version: string; value: string }>();
  readonly #dirtyPositions = new Set<string>();
  readonly #deliveries = new Map<number, Delivery>();
  readonly #dirtyDeliveries = new Set<number>();
  /** Of what this life has written. */
  readonly #digests = new Map<string, number | undefined>();
  #positionsSavedMs = -Infinity;
  /** Running time when this life began, and the clock then. */
  readonly #ranMs: number;
  readonly #startMs: number;
  #runningSavedMs: number;
  #revision: number;
  /** Revisions up to which some are reserved: now, and at the last commit. */
  #ceiling: number;
  #committedCeiling: number;
  #outboxId: number;
  #deletes = PRUNE_EVERY;
  #undo: Change[] = [];
  #batch: ModelBatch | undefined;
  #isOpen = true;

  /** Opens what is on a disk. */
  constructor(
    disk: ModelDisk,
    clock: Clock,
    tombstoneLimits: TombstoneLimits = {
      countMax: LIMITS.tombstonesMax,
      ageMs: LIMITS.tombstoneAgeMs,
    },
  ) {
    this.#disk = disk;
    this.#clock = clock;
    this.#tombstoneLimits = tombstoneLimits;
    this.#positions = new Map(disk.positions);
    this.#ranMs = Math.max(
      disk.numbers.get("running") ?? 0,
      ...[...disk.tombstones.values()].map(({ deletedAtMs }) => deletedAtMs),
    );
    this.#startMs = clock.monotonic();
    this.#runningSavedMs = this.#startMs;
    this.#revision = disk.numbers.get("revision") ?? 0;
    this.#ceiling = this.#revision;
    this.#committedCeiling = this.#revision;
    this.#outboxId = Math.max(0, ...disk.outbox.keys());
    for (const { id, attempts, parkedAtMs } of disk.outbox.values()) {
      if (attempts > 0) this.#deliveries.set(id, { attempts, parkedAtMs });
    }
  }

  /** Opens the next batch. */
  batch(options: BatchOptions = {}): Batch {
    if (!this.#isOpen) throw new Error("batches belong to an open store");
    if (this.#batch) throw new Error("one batch is open at a time");
    this.#batch = new ModelBatch(this.#writer(), options.isolates ?? true);
    return this.#batch;
  }

  /** The process is gone: what was not committed never was. */
  crash(): void {
    this.#isOpen = false;
    this.#undoTo(0);
  }

  /** How long the node has run with this disk. */
  runningMs(): number {
    return Math.floor(this.#ranMs + this.#clock.monotonic() - this.#startMs);
  }

  /** The object under a key. */
  get(key: string): MetaRow | undefined {
    const row = this.#disk.meta.get(key);
    const raised = row && this.#raised.get(key);
    return raised ? { ...row, ...raised } : row;
  }

  /** The same, its value only if it has no digest of it. */
  head(key: string): MetaHead | undefined {
    const row = this.get(key);
    const digest = this.#digests.get(key);
    if (!row || digest === undefined) return row;
    const { value: _, ...head } = row;
    return { ...head, digest };
  }

  /** Objects of a type, by key. */
  list(type: string, namespace?: string): MetaRow[] {
    return [...this.#disk.meta.values()]
      .filter((row) =>
        row.type === type &&
        (namespace === undefined || row.key.startsWith(`${namespace}/`))
      )
      .sort((a, b) => a.key < b.key ? -1 : 1)
      .map(({ key }) => this.get(key) as MetaRow);
  }

  /** Objects of a type after a key. */
  page(type: string, afterKey: string, limit: number): MetaRow[] {
    return this.list(type).filter(({ key }) => key > afterKey).slice(0, limit);
  }

  /** What is noted of the store as a whole. */
  fact(name: FactName): string {
    return this.#disk.facts.get(name) ?? "";
  }

  /** The newest tombstone of a key, and if a uid is given of that object. */
  tombstone(key: string, uid = ""): Tombstone | undefined {
    let newest: Tombstone | undefined;
    for (const tombstone of this.#disk.tombstones.values()) {
      if (tombstone.key !== key || (uid !== "" && tombstone.uid !== uid)) {
        continue;
      }
      if (!newest || tombstone.revision > newest.revision) newest = tombstone;
    }
    return newest;
  }

  /** Whether a type has ever been in sync. */
  isSynced(type: string): boolean {
    return this.#disk.synced.has(type) || this.#disk.synced.has("*");
  }

  /** Revision of the last change. */
  revision(): number {
    return this.#revision;
  }

  /** Changes above a revision. */
  changesSince(revision: number): Changes {
    const until = this.#revision;
    const complete = revision <= until &&
      revision >= (this.#disk.numbers.get("pruned") ?? 0);
    if (revision === until) return { changes: [], complete, until };
    const above = complete ? revision : 0;
    const rows = [...this.#disk.meta.values()]
      .filter((row) => row.revision > above)
      .map((row) => ({
        kind: "row" as const,
        revision: row.revision,
        key: row.key,
      }));
    const tombstones = [...this.#disk.tombstones.values()]
      .filter((tombstone) => tombstone.revision > above)
      .map((tombstone) => ({
        kind: "tombstone" as const,
        revision: tombstone.revision,
        tombstone,
      }));
    const changes = [...rows, ...tombstones]
      .sort((a, b) => a.revision - b.revision);
    return { changes, complete, until };
  }

  /** Position of a module. */
  position(module: string): number {
    return this.#positions.get(module) ?? 0;
  }

  /** Notes a module's position. */
  notePosition(module: string, revision: number): void {
    if (this.#positions.get(module) !== revision) {
      this.#dirtyPositions.add(module);
    }
    this.#positions.set(module, revision);
  }

  /** Unconfirmed messages with an id above `afterId`. */
  outbox(afterId: number, limit: number): OutboxRow[] {
    return [...this.#disk.outbox.values()]
      .filter(({ id }) => id > afterId)
      .sort((a, b) => a.id - b.id)
      .slice(0, limit)
      .map((row) => ({ ...row, ...this.#deliveries.get(row.id) }));
  }

  /** The same without their texts. */
  outboxInfo(afterId: number): OutboxInfo[] {
    return this.outbox(afterId, Infinity).map(({ text: _, ...info }) => info);
  }

  /** One unconfirmed message. */
  outboxRow(id: number): OutboxRow | undefined {
    return this.outbox(id - 1, 1).find((row) => row.id === id);
  }

  /** The newest unconfirmed message about a resource. */
  outboxLast(resource: string): OutboxRow | undefined {
    return this.outbox(0, Infinity)
      .findLast((row) => row.resource === resource);
  }

  /** Number of unconfirmed messages. */
  outboxLength(): number {
    return this.#disk.outbox.size;
  }

  /** When the oldest unconfirmed message was stored. */
  outboxOldestMs(): number {
    const rows = [...this.#disk.outbox.values()];
    return rows.length === 0
      ? 0
      : Math.min(...rows.map(({ createdAtMs }) => createdAtMs));
  }

  /** Number of messages that are sent no more. */
  outboxParked(): number {
    return [...this.#deliveries.values()]
      .filter(({ parkedAtMs }) => parkedAtMs > 0).length;
  }

  /** What unconfirmed messages take. */
  outboxUse(type?: string): OutboxUse {
    const rows = [...this.#disk.outbox.values()]
      .filter((row) => type === undefined || row.type === type);
    return {
      rows: rows.length,
      bytes: rows.reduce((sum, row) => sum + row.bytes, 0),
    };
  }

  /** The same for each type of which there are any. */
  outboxByType(): Readonly<Record<string, OutboxUse>> {
    const types = [...this.#disk.outbox.values()].map(({ type }) => type);
    return Object.fromEntries(
      types.map((type) => [type, this.outboxUse(type)]),
    );
  }

  /** Notes that a connection left a message unanswered. */
  noteUnanswered(id: number): boolean {
    const attempts = (this.#deliveries.get(id)?.attempts ?? 0) + 1;
    const parkedAtMs = attempts < LIMITS.outboxAttemptsMax
      ? 0
      : this.#clock.now();
    this.#deliveries.set(id, { attempts, parkedAtMs });
    this.#dirtyDeliveries.add(id);
    return parkedAtMs > 0;
  }

  /** Figures. */
  stats(): StoreStats {
    const objects: Record<string, number> = {};
    for (const { type } of this.#disk.meta.values()) {
      objects[type] = (objects[type] ?? 0) + 1;
    }
    const times = [...this.#disk.outbox.values()].map((row) => row.createdAtMs);
    return {
      objects,
      bytes: 0,
      outbox: this.outboxLength(),
      outboxBytes: this.outboxUse().bytes,
      outboxByType: this.outboxByType(),
      outboxParked: this.outboxParked(),
      outboxAgeMs: times.length === 0
        ? 0
        : Math.max(0, this.#clock.now() - Math.min(...times)),
      tombstones: this.#disk.tombstones.size,
      revision: this.#revision,
    };
  }

  /** A loss after which a report is owed never happens. */
  reportOwed(): number {
    return this.#disk.numbers.get("report") ?? 0;
  }

  /** There is no disk to look at. */
  tend(): void {}

  /** There is nothing to copy. */
  snapshot(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** There is none to end. */
  stopSnapshot(): void {}

  /** Saves what waits. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#writeRaised();
    this.#writeDeliveries();
    this.#writePositions();
    this.#writeRunning();
    this.#disk.numbers.set("revision", this.#revision);
    this.#undo = [];
  }

  #set<K, V>(map: Undoable<K, V>, key: K, value: V): void {
    this.#logged(map, key);
    map.set(key, value);
  }

  #delete<K, V>(map: Undoable<K, V>, key: K): boolean {
    if (map.get(key) === undefined) return false;
    this.#logged(map, key);
    return map.delete(key);
  }

  #logged<K, V>(map: Undoable<K, V>, key: K): void {
    const before = map.get(key);
    this.#undo.push({
      isDurable: (map as unknown) !== this.#raised,
      undo: () => {
        if (before === undefined) map.delete(key);
        else map.set(key, before);
      },
    });
  }

  #undoTo(mark: number): void {
    for (const { undo } of this.#undo.splice(mark).reverse()) undo();
    this.#digests.clear();
    this.#ceiling = Math.min(this.#ceiling, this.#committedCeiling);
  }

  #nextRevision(): number {
    const before = this.#revision;
    this.#undo.push({
      isDurable: true,
      undo: () => void (this.#revision = before),
    });
    if (before + 1 > this.#ceiling) {
      this.#ceiling = before + RESERVE;
      this.#set(this.#disk.numbers, "revision", this.#ceiling);
    }
    return ++this.#revision;
  }

  #writer(): BatchParts {
    return {
      tx: this.#transaction(),
      mark: () => this.#undo.length,
      hasWritten: (from, to) =>
        this.#undo.slice(from, to).some(({ isDurable }) => isDurable),
      undoTo: (mark) => this.#undoTo(mark),
      commit: () => {
        const wrote = this.#undo.some(({ isDurable }) => isDurable);
        if (wrote || this.#raised.size >= LIMITS.raisedVersionsMax) {
          this.#writeRaised();
          this.#writeDeliveries();
          const dueMs = this.#positionsSavedMs + SAVE_POSITIONS_EVERY_MS;
          const isDue = this.#clock.monotonic() >= dueMs;
          if (isDue && this.#dirtyPositions.size > 0) this.#writePositions();
          const runDueMs = this.#runningSavedMs + SAVE_RUNNING_EVERY_MS;
          if (this.#clock.monotonic() >= runDueMs) this.#writeRunning();
          this.#prune();
        }
        this.#undo = [];
        this.#committedCeiling = this.#ceiling;
        this.#batch = undefined;
      },
      end: () => this.#batch = undefined,
    };
  }

  #transaction(): StoreTransaction {
    const { meta, outbox, synced } = this.#disk;
    return {
      get: (key) => this.get(key),
      head: (key) => this.head(key),
      list: (type, namespace) => this.list(type, namespace),
      tombstone: (key, uid) => this.tombstone(key, uid),
      isSynced: (type) => this.isSynced(type),
      revision: () => this.revision(),
      runningMs: () => this.runningMs(),
      changesSince: (revision) => this.changesSince(revision),
      position: (module) => this.position(module),
      outbox: (afterId, limit) => this.outbox(afterId, limit),
      outboxInfo: (afterId) => this.outboxInfo(afterId),
      outboxRow: (id) => this.outboxRow(id),
      outboxLast: (resource) => this.outboxLast(resource),
      outboxLength: () => this.outboxLength(),
      outboxOldestMs: () => this.outboxOldestMs(),
      outboxParked: () => this.outboxParked(),
      outboxUse: (type) => this.outboxUse(type),
      outboxByType: () => this.outboxByType(),
      page: (type, afterKey, limit) => this.page(type, afterKey, limit),
      fact: (name) => this.fact(name),
      noteFact: (name, value) => this.#set(this.#disk.facts, name, value),
      reportOwed: () => this.reportOwed(),
      probe: () => this.#set(this.#disk.numbers, "probe", this.#clock.now()),
      oweReport: () => {
        const mark = Math.max(1, this.#revision);
        this.#set(this.#disk.numbers, "report", mark);
        return mark;
      },
      settleReport: (mark) => {
        if (mark === 0 || this.reportOwed() !== mark) return;
        this.#set(this.#disk.numbers, "report", 0);
      },
      put: ({ digest, ...row }: MetaWrite) => {
        const revision = this.#nextRevision();
        this.#digests.set(row.key, digest);
        this.#set(meta, row.key, { ...row, revision });
        this.#delete(this.#raised, row.key);
        return revision;
      },
      raise: (key, version, value) =>
        this.#set(this.#raised, key, { version, value }),
      remove: (key, version = "") => this.#remove(key, version),
      drop: (key) => {
        if (!this.#delete(meta, key)) return false;
        this.#delete(this.#raised, key);
        return true;
      },
      enqueue: (entry) => {
        const id = ++this.#outboxId;
        const isThere = [...outbox.values()]
          .some(({ msgId }) => msgId === entry.msgId);
        const bytes = new TextEncoder().encode(entry.text).length;
        if (!isThere) {
          const row = { ...entry, id, bytes, attempts: 0, parkedAtMs: 0 };
          return this.#set(outbox, id, row);
        }
        // A statement that changes nothing is a write all the same.
        this.#undo.push({ isDurable: true, undo: () => {} });
      },
      confirm: (msgId) => this.#dropOutbox((row) => row.msgId === msgId) > 0,
      dropOutbox: (resource) =>
        this.#dropOutbox((row) => row.resource === resource),
      dropOutboxRow: (id) => this.#dropOutbox((row) => row.id === id) > 0,
      unpark: (id) => {
        const row = outbox.get(id);
        if (!row) return false;
        this.#forgive(id);
        this.#set(outbox, id, { ...row, attempts: 0, parkedAtMs: 0 });
        return true;
      },
      trimOutbox: (type, keep) => {
        let count = 0;
        for (;;) {
          const { rows, bytes } = this.outboxUse(type);
          const fits = rows <= keep.rows && bytes <= keep.bytes;
          if (rows <= 1 || fits) return count;
          const ids = [...outbox.values()]
            .filter((row) => row.type === type).map(({ id }) => id);
          count += this.#dropOutbox(({ id }) => id === Math.min(...ids));
        }
      },
      markSynced: (type) => {
        if (this.isSynced(type)) return;
        if (type === "*") this.#set(this.#disk.facts, "node_at_loss", "");
        synced.add(type);
        this.#undo.push({
          isDurable: true,
          undo: () => void synced.delete(type),
        });
      },
    };
  }

  #remove(key: string, version: string): number | undefined {
    const row = this.get(key);
    if (!row) return undefined;
    const revision = this.#nextRevision();
    this.#delete(this.#disk.meta, key);
    this.#delete(this.#raised, key);
    this.#set(this.#disk.tombstones, revision, {
      key,
      type: row.type,
      uid: row.uid,
      version: compareVersions(version, row.version) > 0
        ? version
        : row.version,
      source: row.source,
      revision,
      deletedAtMs: this.runningMs(),
    });
    this.#deletes++;
    return revision;
  }

  #dropOutbox(isGone: (row: OutboxRow) => boolean): number {
    const { outbox } = this.#disk;
    const ids = [...outbox.values()].filter(isGone).map(({ id }) => id);
    for (const id of ids) {
      this.#delete(outbox, id);
      this.#forgive(id);
    }
    return ids.length;
  }

  /** Forgets the attempts of a message. */
  #forgive(id: number): void {
    const before = this.#deliveries.get(id);
    if (!before) return;
    const wasDirty = this.#dirtyDeliveries.delete(id);
    this.#deliveries.delete(id);
    this.#undo.push({
      isDurable: true,
      undo: () => {
        this.#deliveries.set(id, before);
        if (wasDirty) this.#dirtyDeliveries.add(id);
      },
    });
  }

  #writeRaised(): void {
    const { meta } = this.#disk;
    for (const [key, raised] of this.#raised) {
      const row = meta.get(key);
      if (row) meta.set(key, { ...row, ...raised });
    }
    this.#raised.clear();
  }

  #writeDeliveries(): void {
    const { outbox } = this.#disk;
    for (const id of this.#dirtyDeliveries) {
      const row = outbox.get(id);
      const delivery = this.#deliveries.get(id);
      if (row && delivery) outbox.set(id, { ...row, ...delivery });
    }
    this.#dirtyDeliveries.clear();
  }

  #writePositions(): void {
    for (const module of this.#dirtyPositions) {
      this.#disk.positions.set(module, this.position(module));
    }
    this.#dirtyPositions.clear();
    this.#positionsSavedMs = this.#clock.monotonic();
  }

  #writeRunning(): void {
    this.#disk.numbers.set("running", this.runningMs());
    this.#runningSavedMs = this.#clock.monotonic();
  }

  #prune(): void {
    if (this.#deletes <= PRUNE_EVERY) return;
    this.#deletes = 0;
    const { tombstones, numbers } = this.#disk;
    const { countMax, ageMs } = this.#tombstoneLimits;
    const all = [...tombstones.values()]
      .sort((a, b) => a.revision - b.revision);
    const youngestMs = this.runningMs() - ageMs;
    let gone = Math.max(0, all.length - countMax);
    while (gone < all.length) {
      if ((all[gone]?.deletedAtMs ?? Infinity) >= youngestMs) break;
      gone++;
    }
    for (const { revision } of all.slice(0, gone)) {
      tombstones.delete(revision);
      numbers.set("pruned", revision);
    }
  }
}

interface BatchParts {
  readonly tx: StoreTransaction;
  readonly mark: () => number;
  readonly hasWritten: (from: number, to?: number) => boolean;
  readonly undoTo: (mark: number) => void;
  readonly commit: () => void;
  readonly end: () => void;
}

class ModelBatch implements Batch {
  readonly tx: StoreTransaction;
  readonly #parts: BatchParts;
  readonly #isolates: boolean;
  #isOpen = true;

  constructor(parts: BatchParts, isolates: boolean) {
    this.tx = parts.tx;
    this.#parts = parts;
    this.#isolates = isolates;
  }

  message<T>(run: () => T): T {
    const mark = this.#parts.mark();
    try {
      return run();
    } catch (error) {
      const { hasWritten, undoTo } = this.#parts;
      const isEntangled = hasWritten(0, mark) && hasWritten(mark);
      if (isEntangled && !this.#isolates) throw new BatchEntangledError(error);
      undoTo(mark);
      throw error;
    }
  }

  commit(): void {
    this.#isOpen = false;
    this.#parts.commit();
  }

  rollback(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#parts.undoTo(0);
    this.#parts.end();
  }
}
