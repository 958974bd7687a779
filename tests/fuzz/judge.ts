import { isRecord } from "../../lib/base/mod.ts";
import { decode, isAnswer } from "../../lib/message/mod.ts";
import type { Store } from "../../lib/store/mod.ts";
import type { Side } from "./corpus.ts";

interface Wait {
  readonly side: Side;
  /** It must have an answer by the end, not only at most one. */
  readonly isDue: boolean;
  answers: number;
}

/** What a frame is, as seen without the node. */
export interface Reading {
  /** Its id, if it is still the one that only it has. */
  readonly id: string | undefined;
  /** No module ever sees it. */
  readonly isUnreadable: boolean;
  /** It answers something itself. */
  readonly isAnswer: boolean;
  /** It has to be answered. */
  readonly isDue: boolean;
}

/**
 * Reads a frame as the node's peer would.
 *
 * @param expected The id that it had before its mutations, and whether it is
 *   too large to be held: its answer is owed only if its head tells the id.
 */
export function readingOf(
  text: string | undefined,
  { ownId, isTooLarge }: { ownId: string; isTooLarge: boolean },
): Reading {
  const value = text === undefined ? undefined : parse(text);
  const header = isRecord(value) ? value.header : undefined;
  const isOwn = isRecord(header) && header.msg_id === ownId;
  const route = isRecord(value) ? value.route : undefined;
  const operation = isRecord(route) ? route.operation : undefined;
  const answers = typeof operation === "string" && isAnswer(operation);
  return {
    id: isOwn ? ownId : undefined,
    isUnreadable: isTooLarge || text === undefined || !decode(text).ok,
    isAnswer: answers,
    isDue: !answers && !isTooLarge,
  };
}

/** Counts the answers: each message has one, and no message has two. */
export class Judge {
  readonly #waits = new Map<string, Wait>();
  readonly #broken: (invariant: string, text: string) => void;

  /** @param broken Told of what must not happen. */
  constructor(broken: (invariant: string, text: string) => void) {
    this.#broken = broken;
  }

  /** A message goes to the node. */
  sent(side: Side, { id, isDue }: Reading): void {
    if (id === undefined) return;
    this.#waits.set(id, { side, isDue, answers: 0 });
  }

  /** The node answered. */
  answered(side: Side, id: string): void {
    const wait = this.#waits.get(id);
    if (!wait || wait.side !== side) return;
    if (++wait.answers > 1) {
      this.#broken("a message is answered once", `${id} was answered again`);
    }
  }

  /** The link is gone, and with it what it owed. */
  lost(side: Side): void {
    for (const [id, wait] of this.#waits) {
      if (wait.side === side) this.#waits.delete(id);
    }
  }

  /** All time has passed: whoever waits now waits for ever. */
  end(): void {
    for (const [id, { isDue, answers, side }] of this.#waits) {
      if (!isDue || answers > 0) continue;
      this.#broken("a message is answered", `${id} of the ${side} was not`);
    }
  }
}

/** What a refused message must leave as it is. */
export interface Print {
  /** Objects and tombstones. */
  readonly rows: string;
  /** What waits for the cloud. */
  readonly outbox: string;
}

/** A look at the store; a deep one takes in every version and every length. */
export function printOf(store: Store, isDeep: boolean): Print {
  const revision = store.revision();
  if (!isDeep) {
    return { rows: `${revision}`, outbox: `${store.outboxLength()}` };
  }
  const rows = [...store.changesSince(0).changes].map((change) => {
    if (change.kind === "tombstone") return change.revision;
    const row = store.get(change.key);
    return `${change.key} ${row?.version} ${row?.value.length}`;
  });
  const outbox = store.outboxInfo(0)
    .map(({ id, msgId, bytes }) => `${id} ${msgId} ${bytes}`);
  return {
    rows: `${revision}: ${rows.join()} ${store.fact("problem")}`,
    outbox: outbox.join(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
