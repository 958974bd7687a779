import type { OutboxInfo, StoreTransaction } from "../store/mod.ts";
import type { Item } from "./item.ts";

/** What an operator wants done with messages of the outbox. */
export interface OutboxOrder {
  /** `retry`: send parked messages again; `drop`: remove messages. */
  readonly what: "retry" | "drop";
  /** Their numbers; `all`: all that are parked, or to drop all there are. */
  readonly ids: readonly number[] | "all";
}

/** What became of an order. */
export interface OutboxOrderDone {
  /** The messages that it was about, as they were. */
  readonly messages: readonly OutboxInfo[];
  /** Numbers under which there was no message. */
  readonly missing: readonly number[];
}

/** An order that was not carried out; nothing has changed. */
export class OutboxOrderError extends Error {
  /** Always `OutboxOrderError`. */
  override readonly name = "OutboxOrderError";
}

/** An order as a task of the processor, and the promise of what became of it. */
export function outboxTask(
  order: OutboxOrder,
): { readonly item: Item; readonly done: Promise<OutboxOrderDone> } {
  const { promise, resolve, reject } = Promise.withResolvers<OutboxOrderDone>();
  let result: OutboxOrderDone | undefined;
  const item: Item = {
    kind: "task",
    run: (tx) => {
      result = carryOut(order, tx);
      const msgIds = result.messages.map(({ msgId }) => msgId);
      return msgIds.length > 0 ? [{ kind: "outbox-changed", msgIds }] : [];
    },
    failed: () => {
      result = undefined;
      return [];
    },
    settled: () => {
      if (result) resolve(result);
      else {
        reject(
          new OutboxOrderError(
            `Cannot ${order.what} messages: the store cannot be written now`,
          ),
        );
      }
    },
  };
  return { item, done: promise };
}

function carryOut(order: OutboxOrder, tx: StoreTransaction): OutboxOrderDone {
  const { what, ids } = order;
  const known = tx.outboxInfo(0);
  const chosen = new Set(ids === "all" ? [] : ids);
  const messages = known.filter((row) =>
    ids === "all" ? what === "drop" || row.parkedAtMs > 0 : chosen.has(row.id)
  );
  for (const { id } of messages) {
    if (what === "drop") tx.dropOutboxRow(id);
    else tx.unpark(id);
    chosen.delete(id);
  }
  return { messages, missing: [...chosen] };
}
