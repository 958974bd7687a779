import { LIMITS } from "../base/mod.ts";
import type { OutboxInfo, StoreReader } from "../store/mod.ts";
import type { HealthState, Metrics } from "../telemetry/mod.ts";

/** A message of the outbox as an operator sees it; never what it says. */
export interface OutboxMessage {
  /** Its number, by which it can be retried or dropped. */
  readonly id: number;
  /** Id of the message on the wire. */
  readonly msgId: string;
  /** What it is about. */
  readonly resource: string;
  /** What it does. */
  readonly operation: string;
  /** Seconds since it was stored. */
  readonly ageSeconds: number;
  /** Connections that left it unanswered. */
  readonly attempts: number;
  /** `sent`: on this connection and not confirmed; `parked`: sent no more. */
  readonly state: "waiting" | "sent" | "parked";
  /** Size in bytes. */
  readonly bytes: number;
}

/** What became of messages of the outbox since the node started. */
export interface OutboxCounts {
  /** Refused by the cloud for good. */
  readonly refused: number;
  /** Parked, since the cloud never answered them. */
  readonly parked: number;
  /** Events that went because there were too many. */
  readonly eventsDropped: number;
  /** Messages of agents that were not taken, since the outbox was full. */
  readonly turnedAway: number;
}

/** Describes a message of the outbox. */
export function outboxMessage(
  row: OutboxInfo,
  about: { readonly nowMs: number; readonly isSent: boolean },
): OutboxMessage {
  const { id, msgId, resource, operation, attempts, bytes } = row;
  const ageMs = Math.max(0, about.nowMs - row.createdAtMs);
  return {
    id,
    msgId,
    resource,
    operation,
    ageSeconds: Math.round(ageMs / 1000),
    attempts,
    state: row.parkedAtMs > 0 ? "parked" : about.isSent ? "sent" : "waiting",
    bytes,
  };
}

/** Reads what was counted. */
export function outboxCounts(metrics: Metrics): OutboxCounts {
  const results = "metamanager_results_total";
  return {
    refused: metrics.value("metamanager_outbox_refused_total") ?? 0,
    parked: metrics.value("metamanager_outbox_parked_total") ?? 0,
    eventsDropped: metrics.value(results, "event-dropped") ?? 0,
    turnedAway: metrics.value(results, "outbox-full") ?? 0,
  };
}

/**
 * Whether the outbox is well, nothing parked and no bound reached; and what
 * waits and was refused, which is told either way.
 *
 * @param about Wall clock, and what the cloud refused since the start.
 */
export function outboxHealth(
  store: Pick<StoreReader, "outboxUse" | "outboxParked" | "outboxOldestMs">,
  about: { readonly nowMs: number; readonly refused: number },
): { readonly state: HealthState; readonly reason: string } {
  const all = store.outboxUse();
  const events = store.outboxUse("event");
  const parked = store.outboxParked();
  const reasons: string[] = [];
  if (parked > 0) {
    reasons.push(
      `${parked} parked, the cloud never answered: see metamanager outbox list`,
    );
  }
  if (
    all.rows >= LIMITS.outboxMessagesMax || all.bytes >= LIMITS.outboxBytesMax
  ) {
    reasons.push(
      `full, ${all.rows} messages of ${all.bytes} bytes: only state is taken`,
    );
  }
  if (events.rows >= LIMITS.outboxEventsMax) {
    reasons.push(`${events.rows} events, the oldest go`);
  }
  const state = reasons.length > 0 ? "degraded" : "ok";
  const ageMs = about.nowMs - store.outboxOldestMs();
  // A moment is no age: what is told would change with each look.
  if (all.rows > 0 && ageMs >= MINUTE_MS) {
    const minutes = Math.floor(ageMs / MINUTE_MS);
    reasons.push(`${all.rows} not confirmed, the oldest for ${minutes} min`);
  }
  if (about.refused > 0) {
    reasons.push(`${about.refused} refused by the cloud since the start`);
  }
  return { state, reason: reasons.join("; ") };
}

const MINUTE_MS = 60_000;
