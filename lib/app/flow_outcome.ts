import { Operation } from "../message/mod.ts";
import type { Effect, Outcome } from "../operations/mod.ts";

/**
 * What became of a message, in a word for its operator, read from what it led
 * to: the effect that says most counts.
 *
 * @param operation That of the message.
 */
export function flowOutcome(operation: string, outcome: Outcome): string {
  let word = "done";
  let best = 0;
  for (const effect of outcome) {
    const rank = RANKS[effect.kind] ?? 0;
    if (rank < best) continue;
    const told = wordFor(effect, operation);
    if (told === "") continue;
    word = told;
    best = isError(effect) ? ERROR_RANK : rank;
  }
  return word;
}

/** How much an effect says about what became of the message. */
const RANKS: Readonly<Partial<Record<Effect["kind"], number>>> = {
  "connection": 9,
  "fault": 9,
  "refused": 8,
  "noted": 7,
  "outbox-answered": 6,
  "outbox-passed": 6,
  "settle": 6,
  "hand-over": 5,
  "ask": 5,
  "outbox": 4,
  "agent-answered": 4,
  "report": 4,
  "reply": 2,
  "to-cloud": 1,
};

/** An answer that says that it failed. */
const ERROR_RANK = 7;

function isError(effect: Effect): boolean {
  return (effect.kind === "reply" || effect.kind === "to-cloud") &&
    effect.message.route.operation === Operation.error;
}

function wordFor(effect: Effect, operation: string): string {
  switch (effect.kind) {
    case "connection":
      return effect.connected ? "link up" : "link down";
    case "fault":
      return `refused: ${effect.fault.kind}`;
    case "refused":
      return "refused by the cloud";
    case "noted":
      return effect.what;
    case "outbox-answered":
      return effect.refused ? "refused for now" : "confirmed";
    case "outbox-passed":
      return "confirmed";
    case "settle":
    case "agent-answered":
      return "answer";
    case "hand-over":
      return operation === Operation.delete ? "deleted" : "stored";
    case "ask":
      return "asked the cloud";
    case "outbox":
      return "queued";
    case "report":
      return "reported";
    case "reply":
      if (isError(effect)) return "error";
      return operation === Operation.query ? "from the store" : "answered";
    case "to-cloud":
      if (isError(effect)) return "failed, to be repeated";
      return effect.message.route.operation === Operation.response
        ? "acked"
        : "told the cloud";
    default:
      return "";
  }
}
