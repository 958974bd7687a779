import { Operation } from "../message/mod.ts";
import type { Context, Outcome } from "../operations/mod.ts";
import type { Envelope } from "../router/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";

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
    /**
     * May run again before anything of it counts: it leaves nothing behind but
     * what it gives and what it writes.
     */
    readonly run: (tx: StoreTransaction, context: Context) => Outcome;
    readonly failed: (context: Context) => Outcome;
    /** Told once, after what it led to has left, or the processor has stopped. */
    readonly settled?: () => void;
  };

/** Tells tasks that nothing more comes of them. */
export function settle(items: readonly Item[]): void {
  for (const item of items) if (item.kind === "task") item.settled?.();
}

/** Questions, keepalives and the like mostly leave the store as it is. */
const WRITING: ReadonlySet<string> = new Set([
  Operation.insert,
  Operation.update,
  Operation.patch,
  Operation.delete,
]);

/** Whether it shows that the store works, if it succeeds. */
export function isProof(item: Item): boolean {
  return item.kind === "task" && item.proves === true;
}

/** Whether something is most likely written for it. */
export function mayWrite(item: Item): boolean {
  return item.kind === "message" &&
    WRITING.has(item.envelope.message.route.operation ?? "");
}
