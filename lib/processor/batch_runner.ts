import type { Clock } from "../base/mod.ts";
import {
  admit,
  type MessageFault,
  Module,
  NODE_CONNECTION_SOURCE,
  Operation,
  type Origin,
} from "../message/mod.ts";
import {
  type Context,
  operationFor,
  type Outcome,
  TransientFault,
} from "../operations/mod.ts";
import type { Envelope } from "../router/mod.ts";
import {
  type Batch,
  BatchEntangledError,
  BatchLostError,
  type Store,
  type StoreTransaction,
} from "../store/mod.ts";
import { BatchNotes } from "./batch_notes.ts";
import { failureOutcome, faultOutcome, permanentFaultOf } from "./failure.ts";
import { isProof, type Item, mayWrite } from "./item.ts";
import type { ProcessorObserver } from "./observer.ts";

/** Modules of the node that speak for themselves. */
const INTERNAL: ReadonlySet<string> = new Set([
  Module.metamanager,
  NODE_CONNECTION_SOURCE,
]);

/** Messages from which on a lock for all costs less than one for each. */
const READS_MIN = 4;

/** What {@link BatchRunner} needs from outside. */
export interface BatchRunnerOptions {
  /** Where batches are opened. */
  readonly store: Store;
  /** Measures COMMIT. */
  readonly clock: Clock;
  /** What the next message may know; asked for each anew. */
  readonly context: (origin: Origin, from: string) => Context;
  /** Told at once of the link's state: messages behind it must see it. */
  readonly onConnection: (connected: boolean) => void;
  /**
   * Told once the store works again if it has kept what counts as failed, as
   * when its files could not be looked at after COMMIT: nobody has heard of
   * that, and repeated it changes nothing any more.
   */
  readonly onUntold: () => void;
  /** Told of results. */
  readonly observer: ProcessorObserver;
}

/**
 * Runs the operations of a batch in one transaction.
 *
 * Invariants: the outcomes are returned only after COMMIT; a message that
 * fails undoes itself alone; if the transaction is lost or COMMIT fails, every
 * message of the batch gets the outcome of a failure, none an acknowledgement.
 */
export class BatchRunner {
  readonly #options: BatchRunnerOptions;
  #failing = false;
  /** Whether a batch that counts as failed was stored. */
  #isUntold = false;
  /** Messages of this batch that the store failed without ending it. */
  #failedAlone = 0;
  /** Messages of this batch that were undone alone, for whatever reason. */
  #undoneAlone = 0;
  /** Whether messages were undone alone in the last batch, and may be again. */
  #isolates = false;

  /** @param options Store, clock and context. */
  constructor(options: BatchRunnerOptions) {
    this.#options = options;
  }

  /** Whether nothing was stored since the store failed. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Runs the items and returns what may leave now, in their order. */
  run(items: readonly Item[]): Outcome[] {
    try {
      return this.#attempt(items);
    } catch (error) {
      if (!(error instanceof BatchEntangledError)) throw error;
      // Operations leave nothing behind that is not undone.
      this.#isolates = true;
      return this.#attempt(items);
    }
  }

  /** @throws {BatchEntangledError} If it did not isolate, and should have. */
  #attempt(items: readonly Item[]): Outcome[] {
    const { store, clock, observer } = this.#options;
    const notes = new BatchNotes();
    let batch: Batch | undefined;
    const outcomes: Outcome[] = [];
    const revision = store.revision();
    this.#failedAlone = 0;
    this.#undoneAlone = 0;
    try {
      batch = store.batch({
        expectsWrites: items.some(mayWrite),
        expectsReads: items.length >= READS_MIN,
        isolates: this.#isolates,
      });
      for (const item of items) {
        outcomes.push(this.#runItem(item, batch, notes));
      }
      const started = clock.monotonic();
      batch.commit();
      const commitMs = clock.monotonic() - started;
      observer.committed?.({ messages: items.length, commitMs });
    } catch (error) {
      this.#rollback(batch);
      if (error instanceof BatchEntangledError) throw error;
      this.#failing = true;
      this.#isUntold ||= store.revision() !== revision;
      observer.failed?.(error, items.length);
      return this.#afterFailure(items, outcomes, error);
    }
    notes.tell(observer);
    if (this.#undoneAlone === 0) this.#isolates = false;
    if (this.#failedAlone > 0) this.#failing = true;
    else if (
      this.#failing &&
      (store.revision() !== revision || items.some(isProof))
    ) {
      // What only reads says nothing: a full disk answers questions, too.
      this.#failing = false;
      observer.recovered?.();
      if (this.#isUntold) this.#options.onUntold();
      this.#isUntold = false;
    }
    return outcomes;
  }

  /** The store ends what is left of it before the next batch begins. */
  #rollback(batch: Batch | undefined): void {
    try {
      batch?.rollback();
    } catch (error) {
      this.#options.observer.failed?.(error, 0);
    }
  }

  /**
   * What the node itself wanted and what an agent asks mostly writes nothing,
   * so it is run alone: it must not fail because a neighbour found the disk
   * full.
   */
  #afterFailure(
    items: readonly Item[],
    outcomes: readonly Outcome[],
    error: unknown,
  ): Outcome[] {
    return items.flatMap((item, i) => {
      const own = item.kind === "task" ||
        item.envelope.message.route.operation === Operation.query ||
        this.#originOf(item.envelope.from) === "internal";
      // A proof beside what failed would prove nothing.
      if (own && items.length > 1 && !isProof(item)) return this.run([item]);
      // The state of the link is no matter of the store.
      const link = outcomes[i]?.filter(({ kind }) => kind === "connection");
      const notes = new BatchNotes();
      const failed = this.#failed(item, error, notes);
      notes.tell(this.#options.observer);
      return [[...link ?? [], ...failed]];
    });
  }

  /**
   * @throws {BatchLostError} If the whole transaction is gone.
   * @throws {BatchEntangledError} If only all of it can be undone.
   */
  #runItem(item: Item, batch: Batch, notes: BatchNotes): Outcome {
    if (item.kind === "message") {
      const { message, from } = item.envelope;
      const fault = admit(message, this.#originOf(from));
      if (fault) return this.#refused(item.envelope, fault, notes);
    }
    let outcome: Outcome;
    try {
      outcome = batch.message(() => this.#operate(item, batch.tx));
    } catch (error) {
      if (error instanceof BatchLostError) throw error;
      if (error instanceof BatchEntangledError) throw error;
      this.#undoneAlone++;
      if (item.kind === "message") {
        const fault = permanentFaultOf(error, item.envelope.message);
        if (fault) return this.#refused(item.envelope, fault, notes);
      }
      if (error instanceof TransientFault && item.kind === "message") {
        const { resource } = item.envelope.message.route;
        notes.noted("outbox-full", resource);
        return this.#failed(item, error, notes);
      }
      this.#failedAlone++;
      notes.failed(error);
      return this.#failed(item, error, notes);
    }
    if (item.kind === "message") {
      const { message, from } = item.envelope;
      const { operation } = message.route;
      notes.processed(operation, this.#originOf(from), "done");
    }
    for (const effect of outcome) {
      if (effect.kind === "connection") {
        this.#options.onConnection(effect.connected);
      }
    }
    return outcome;
  }

  #operate(item: Item, tx: StoreTransaction): Outcome {
    if (item.kind === "task") {
      return item.run(
        tx,
        this.#options.context("internal", Module.metamanager),
      );
    }
    const { message, from } = item.envelope;
    const origin = this.#originOf(from);
    const { operation } = message.route;
    const operate = operationFor(operation);
    if (!operate) {
      throw new TypeError(`No operation for an admitted message: ${operation}`);
    }
    return operate(message, tx, this.#options.context(origin, from));
  }

  #refused(
    envelope: Envelope,
    fault: MessageFault,
    notes: BatchNotes,
  ): Outcome {
    const { context } = this.#options;
    const origin = this.#originOf(envelope.from);
    const { operation } = envelope.message.route;
    notes.processed(labelOf(operation), origin, "fault");
    notes.fault(fault, origin);
    return faultOutcome(context(origin, envelope.from), fault);
  }

  #failed(item: Item, error: unknown, notes: BatchNotes): Outcome {
    const { context } = this.#options;
    if (item.kind === "task") {
      return item.failed(context("internal", Module.metamanager));
    }
    const { message, from } = item.envelope;
    const origin = this.#originOf(from);
    const { operation } = message.route;
    notes.processed(labelOf(operation), origin, "failed");
    return failureOutcome(context(origin, from), message, error);
  }

  /** Known from who sent it, never from what the message says. */
  #originOf(from: string): Origin {
    if (from === Module.edgehub) return "cloud";
    return INTERNAL.has(from) ? "internal" : "edged";
  }
}

/** A peer must not be able to make up names of figures. */
function labelOf(operation: string): string {
  return operationFor(operation) ? operation : "unknown";
}
