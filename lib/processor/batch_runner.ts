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
  BatchLostError,
  type Store,
  type StoreTransaction,
} from "../store/mod.ts";
import { failureOutcome, faultOutcome, permanentFaultOf } from "./failure.ts";
import type { ProcessorObserver } from "./observer.ts";

/** Modules of the node that speak for themselves. */
const INTERNAL: ReadonlySet<string> = new Set([
  Module.metamanager,
  NODE_CONNECTION_SOURCE,
]);

/** A message that waits to be processed. */
export interface MessageItem {
  /** Always `message`. */
  readonly kind: "message";
  /** The message and who sent it. */
  readonly envelope: Envelope;
  /**
   * Monotonic time in milliseconds when it came, as exact as a turn of the
   * event loop is short.
   */
  readonly receivedMs: number;
}

/** One thing to do within a batch. */
export type Item =
  | MessageItem
  /** Work of the node itself; `failed` says what leaves if the store fails. */
  | {
    readonly kind: "task";
    /** If it succeeds, the store takes what it is given. */
    readonly proves?: boolean;
    readonly run: (tx: StoreTransaction, context: Context) => Outcome;
    readonly failed: (context: Context) => Outcome;
    /** Told once, after what it led to has left, or the processor has stopped. */
    readonly settled?: () => void;
  };

/** Tells tasks that nothing more comes of them. */
export function settle(items: readonly Item[]): void {
  for (const item of items) if (item.kind === "task") item.settled?.();
}

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
    const { store, clock, observer } = this.#options;
    let batch: Batch | undefined;
    const outcomes: Outcome[] = [];
    const revision = store.revision();
    this.#failedAlone = 0;
    try {
      batch = store.batch({ expectsWrites: items.some(mayWrite) });
      for (const item of items) outcomes.push(this.#runItem(item, batch));
      const started = clock.monotonic();
      batch.commit();
      const commitMs = clock.monotonic() - started;
      observer.committed?.({ messages: items.length, commitMs });
    } catch (error) {
      this.#rollback(batch);
      this.#failing = true;
      this.#isUntold ||= store.revision() !== revision;
      observer.failed?.(error, items.length);
      return this.#afterFailure(items, outcomes, error);
    }
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
      return [[...link ?? [], ...this.#failed(item, error)]];
    });
  }

  /** @throws {BatchLostError} If the whole transaction is gone. */
  #runItem(item: Item, batch: Batch): Outcome {
    const { observer } = this.#options;
    let outcome: Outcome;
    try {
      outcome = batch.message(() => this.#operate(item, batch.tx));
    } catch (error) {
      if (error instanceof BatchLostError) throw error;
      if (item.kind === "message") {
        const fault = permanentFaultOf(error, item.envelope.message);
        if (fault) return this.#refused(item.envelope, fault);
      }
      if (error instanceof TransientFault && item.kind === "message") {
        const { resource } = item.envelope.message.route;
        observer.noted?.("outbox-full", resource);
        return this.#failed(item, error);
      }
      this.#failedAlone++;
      observer.failed?.(error, 1);
      return this.#failed(item, error);
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
    const fault = admit(message, origin);
    if (fault) return this.#refused(item.envelope, fault);
    const operate = operationFor(operation);
    if (!operate) {
      throw new TypeError(`No operation for an admitted message: ${operation}`);
    }
    const outcome = operate(
      message,
      tx,
      this.#options.context(origin, from),
    );
    this.#options.observer.processed?.({ operation, origin, outcome: "done" });
    return outcome;
  }

  #refused(envelope: Envelope, fault: MessageFault): Outcome {
    const { observer, context } = this.#options;
    const origin = this.#originOf(envelope.from);
    const { operation } = envelope.message.route;
    observer.processed?.({
      operation: labelOf(operation),
      origin,
      outcome: "fault",
    });
    observer.fault?.(fault, origin);
    return faultOutcome(context(origin, envelope.from), fault);
  }

  #failed(item: Item, error: unknown): Outcome {
    const { observer, context } = this.#options;
    if (item.kind === "task") {
      return item.failed(context("internal", Module.metamanager));
    }
    const { message, from } = item.envelope;
    const origin = this.#originOf(from);
    const { operation } = message.route;
    observer.processed?.({
      operation: labelOf(operation),
      origin,
      outcome: "failed",
    });
    return failureOutcome(context(origin, from), message, error);
  }

  /** Known from who sent it, never from what the message says. */
  #originOf(from: string): Origin {
    if (from === Module.edgehub) return "cloud";
    return INTERNAL.has(from) ? "internal" : "edged";
  }
}

function isProof(item: Item): boolean {
  return item.kind === "task" && item.proves === true;
}

/** Questions, keepalives and the like mostly leave the store as it is. */
const WRITING: ReadonlySet<string> = new Set([
  Operation.insert,
  Operation.update,
  Operation.patch,
  Operation.delete,
]);

function mayWrite(item: Item): boolean {
  return item.kind === "message" &&
    WRITING.has(item.envelope.message.route.operation ?? "");
}

/** A peer must not be able to make up names of figures. */
function labelOf(operation: string): string {
  return operationFor(operation) ? operation : "unknown";
}
