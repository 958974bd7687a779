import type { Clock } from "../base/mod.ts";
import type { Config } from "../config/mod.ts";
import type { EdgedLoad, EdgedStats } from "../edged/mod.ts";
import type { LinkLoad, LinkState } from "../edgehub/mod.ts";
import type { OutboxWork } from "../processor/mod.ts";
import type { Health } from "../telemetry/mod.ts";
import { type Doing, overdue } from "./overdue.ts";
import type { NodeTiming } from "./timing.ts";

/** What the loops of a node are watched by; those of the parts it has. */
export interface LoopSources {
  /** The processor's inbox and outbox. */
  readonly processor: {
    readonly waiting: number;
    readonly outboxWork: OutboxWork;
  };
  /** The cloud link. */
  readonly edgehub:
    | { readonly state: LinkState; readonly load: LinkLoad }
    | undefined;
  /** The local link. */
  readonly edged:
    | { readonly load: EdgedLoad; readonly stats: Pick<EdgedStats, "received"> }
    | undefined;
}

/** What the loops may take. */
export interface LoopTimes {
  /** Time. */
  readonly clock: Clock;
  /** Longest waits that are configured, now. */
  readonly edgehub: () => Pick<Config["edgehub"], "websocket" | "reconnect">;
  /** Longest waits that are not. */
  readonly timing: Pick<NodeTiming, "proofTimeoutMs">;
}

/** Of a loop that does what it should, or has nothing to do. */
const MOVING: Doing = { at: "moving", limitMs: Infinity };
/** What is seen at two looks in a row is more than a moment. */
const LOOK_MS = 1000;
/** What a wait may take beyond what is configured, probes and jitter. */
const SLACK_MS = 60_000;

/**
 * Watches every other loop of a node for a stand-still that no deadline of
 * its own ends (failures.md J3): the dial loop, which must come to an end of
 * whatever it waits for; readers that wait for room though there is some; the
 * sender of the outbox, for which the link has room.
 */
export function watchLoops(
  health: Health,
  { processor, edgehub, edged }: LoopSources,
  times: LoopTimes,
): void {
  const { clock } = times;
  const hasRoom = () => processor.waiting === 0;
  const watch = (name: string, look: () => Doing) =>
    health.heartbeat(name, overdue(clock, look));
  if (edged) {
    watch("agent reader", () => {
      const isStuck = edged.load.paused > 0 && hasRoom();
      return isStuck ? { at: edged.stats.received, limitMs: LOOK_MS } : MOVING;
    });
  }
  if (!edgehub) return;
  watch("cloud reader", () => {
    const { isPaused, pauses, bufferedBytes } = edgehub.load;
    const isStuck = isPaused && bufferedBytes === 0 && hasRoom();
    return isStuck ? { at: pauses, limitMs: LOOK_MS } : MOVING;
  });
  watch("cloud link", () => {
    const at = edgehub.state;
    return { at, limitMs: dialLimits(times)[at.state] };
  });
  watch("outbox", () => {
    const { readDeadlineMs, writeDeadlineMs } = times.edgehub().websocket;
    const roomMs = Math.max(readDeadlineMs, writeDeadlineMs) + SLACK_MS;
    const { isRunning, sent } = processor.outboxWork;
    const isStuck = isRunning && edgehub.load.bufferedBytes === 0;
    return isStuck ? { at: sent, limitMs: roomMs } : MOVING;
  });
}

/** How long the dial loop may be in each state; a link may last for ever. */
function dialLimits(
  { edgehub, timing }: LoopTimes,
): Readonly<Record<LinkState["state"], number>> {
  const { websocket, reconnect } = edgehub();
  return {
    disconnected: reconnect.capMs + SLACK_MS,
    // Twice, since a dial may be followed by a probe of why it failed.
    dialling: 2 * websocket.handshakeTimeoutMs + SLACK_MS,
    unproven: timing.proofTimeoutMs + websocket.writeDeadlineMs + SLACK_MS,
    connected: Infinity,
  };
}
