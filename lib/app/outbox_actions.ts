import { type Action, ActionError } from "../admin/mod.ts";
import { isRecord } from "../base/mod.ts";
import {
  type OutboxOrder,
  type OutboxOrderDone,
  OutboxOrderError,
} from "../processor/mod.ts";

/** Carries an order out. */
export type ChangeOutbox = (order: OutboxOrder) => Promise<OutboxOrderDone>;

/** What an operator can have done with the outbox, by path. */
export function outboxActions(
  change: ChangeOutbox,
): Readonly<Record<string, Action>> {
  return {
    "/outbox/retry": (input) => run(change, "retry", input),
    "/outbox/drop": (input) => run(change, "drop", input),
  };
}

async function run(
  change: ChangeOutbox,
  what: OutboxOrder["what"],
  input: unknown,
): Promise<unknown> {
  const ids = readIds(input);
  try {
    const { messages, missing } = await change({ what, ids });
    return {
      messages: messages.map(({ id, msgId, resource, operation }) => ({
        id,
        msgId,
        resource,
        operation,
      })),
      missing,
    };
  } catch (error) {
    if (!(error instanceof OutboxOrderError)) throw error;
    throw new ActionError(503, error.message, {
      hint: "See metamanager's health for the reason, then try again",
      cause: error,
    });
  }
}

/** @throws {ActionError} Unless it is `{"ids": [1, 2]}` or `{"all": true}`. */
function readIds(input: unknown): OutboxOrder["ids"] {
  if (isRecord(input)) {
    const { all, ids } = input;
    if (all === true && ids === undefined) return "all";
    if (all === undefined && Array.isArray(ids) && ids.every(isId)) return ids;
  }
  throw new ActionError(
    400,
    'Body must be {"ids": [<number>, ...]} or {"all": true}',
  );
}

function isId(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
