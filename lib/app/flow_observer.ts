import type { Clock } from "../base/mod.ts";
import {
  type Message,
  Module,
  NODE_CONNECTION_SOURCE,
} from "../message/mod.ts";
import type { MessageItem, ProcessorObserver } from "../processor/mod.ts";
import { type Journal, redactContent } from "../telemetry/mod.ts";
import type { FlowCounts } from "./flow_counts.ts";
import { flowOutcome } from "./flow_outcome.ts";

/** Where what flows is noted. */
export interface FlowParts {
  /** The last messages. */
  readonly journal: Journal;
  /** How many there were. */
  readonly counts: FlowCounts;
  /** When they came and left. */
  readonly clock: Clock;
}

/** What is told of messages that come and go. */
export type FlowObserver = Required<
  Pick<ProcessorObserver, "committed" | "settled" | "sent" | "fault">
>;

/** Faults whose message is not noted yet; the rest is noted as `refused`. */
const FAULTS_MAX = 256;

/**
 * Notes each message that comes and goes, in as few steps as can be: it is
 * called for every message, and mostly nobody looks.
 */
export function flowObserver(parts: FlowParts): FlowObserver {
  const { clock, counts } = parts;
  /** Kinds of the faults of this batch, by message id. */
  const faults = new Map<string, string>();
  /** Time of the last COMMIT while its outcomes leave; else 0. */
  let releasingMs = 0;
  return {
    committed: ({ messages }) => {
      counts.batches++;
      counts.processed += messages;
      releasingMs = clock.monotonic();
    },
    sent: (to, message) => {
      const atMs = releasingMs || clock.monotonic();
      noteSent(parts, message, { to, atMs });
    },
    settled: (items, outcomes) => {
      releasingMs = 0;
      const nowMs = clock.monotonic();
      let i = 0;
      for (const item of items) {
        const effects = outcomes[i++] ?? [];
        if (item.kind !== "message") continue;
        const fault = faults.size > 0 ? takeFault(faults, item) : "";
        const { operation } = item.envelope.message.route;
        const outcome = fault || flowOutcome(operation, effects);
        noteReceived(parts, item, { nowMs, outcome });
      }
      faults.clear();
    },
    fault: ({ msgId, kind }) => {
      if (msgId === undefined || faults.size >= FAULTS_MAX) return;
      faults.set(msgId, `refused: ${kind}`);
    },
  };
}

function takeFault(
  faults: ReadonlyMap<string, string>,
  { envelope }: MessageItem,
): string {
  return faults.get(envelope.message.header.msg_id) ?? "";
}

function noteReceived(
  { journal, counts }: FlowParts,
  { envelope, receivedMs }: MessageItem,
  { nowMs, outcome }: { nowMs: number; outcome: string },
): void {
  const { message, from, bytes = -1 } = envelope;
  const slot = journal.next();
  if (from === Module.edgehub) {
    counts.fromCloud++;
    slot.from = "cloud";
  } else if (isOwn(from)) slot.from = "node";
  else {
    counts.fromAgents++;
    slot.from = from;
  }
  slot.to = "node";
  setHeaders(slot, message);
  slot.atMs = receivedMs;
  slot.bytes = bytes;
  slot.latencyMs = nowMs - receivedMs;
  slot.outcome = outcome;
  slot.content = contentOf(journal, message);
  journal.written(slot);
}

function noteSent(
  { journal, counts }: FlowParts,
  message: Message,
  { to, atMs }: { to: string; atMs: number },
): void {
  const slot = journal.next();
  slot.from = "node";
  if (to === Module.edgehub) {
    counts.toCloud++;
    slot.to = "cloud";
  } else {
    counts.toAgents++;
    slot.to = to;
  }
  setHeaders(slot, message);
  slot.atMs = atMs;
  slot.bytes = -1;
  slot.latencyMs = -1;
  slot.outcome = "sent";
  slot.content = contentOf(journal, message);
  journal.written(slot);
}

function setHeaders(
  slot: ReturnType<Journal["next"]>,
  { header, route }: Message,
): void {
  slot.operation = route.operation;
  slot.resource = route.resource;
  slot.source = route.source ?? "";
  slot.group = route.group ?? "";
  slot.id = header.msg_id;
  slot.parentId = header.parent_msg_id ?? "";
}

function contentOf(journal: Journal, message: Message): string {
  return journal.wantsContents
    ? redactContent(message.content, message.route.resource)
    : "";
}

/** Modules by which the node speaks for itself. */
function isOwn(module: string): boolean {
  return module === Module.metamanager || module === NODE_CONNECTION_SOURCE;
}
