import type { Clock, Timer } from "../base/mod.ts";
import type { WebSocketConnection } from "../websocket/mod.ts";
import { LinkError } from "./link_error.ts";

/** Deadlines of a link, in milliseconds. */
export interface LinkDeadlines {
  /** No byte for so long: the peer is gone. Half of it without one: a ping. */
  readonly readDeadlineMs: number;
  /** A write that makes no progress for so long: the peer is gone. */
  readonly writeDeadlineMs: number;
  /** No message for so long after the upgrade, or after a question: it ignores us. */
  readonly proofTimeoutMs: number;
  /** No message for so long: the peer is asked a question. */
  readonly probeAfterMs: number;
}

/**
 * Watches a link, since a socket does not tell that its peer vanished: the
 * kernel takes 15 minutes to notice (platform facts, 1.5; failures.md D1).
 */
export class LinkWatch {
  readonly #clock: Clock;
  readonly #connection: WebSocketConnection;
  readonly #deadlines: LinkDeadlines;
  readonly #onDead: (error: LinkError) => void;
  readonly #startedMs: number;
  readonly #stepMs: number;
  #timer: Timer | undefined;
  #readingSinceMs: number;
  #isLate = false;
  #reading = true;
  #pinged = false;
  #proven = false;

  /**
   * Starts to watch.
   *
   * @param connection Just opened.
   * @param options `onDead` is told once which deadline passed.
   */
  constructor(
    connection: WebSocketConnection,
    options: {
      readonly clock: Clock;
      readonly deadlines: LinkDeadlines;
      readonly onDead: (error: LinkError) => void;
    },
  ) {
    this.#connection = connection;
    this.#clock = options.clock;
    this.#deadlines = options.deadlines;
    this.#onDead = options.onDead;
    this.#startedMs = this.#clock.monotonic();
    this.#readingSinceMs = this.#startedMs;
    const { readDeadlineMs, writeDeadlineMs, proofTimeoutMs } = this.#deadlines;
    const shortestMs = Math.min(
      readDeadlineMs,
      writeDeadlineMs,
      proofTimeoutMs,
    );
    this.#stepMs = Math.max(10, Math.min(1000, shortestMs / 4));
    this.#schedule();
  }

  /** A message came: the peer knows us. */
  prove(): void {
    this.#proven = true;
  }

  /** Nothing is read for now, so silence says nothing about the peer. */
  pauseReading(): void {
    this.#reading = false;
  }

  /** Silence counts from now on. */
  resumeReading(): void {
    this.#reading = true;
    this.#readingSinceMs = this.#clock.monotonic();
  }

  /** Ends the watch. */
  stop(): void {
    this.#timer?.cancel();
  }

  #schedule(): void {
    const dueMs = this.#clock.monotonic() + this.#stepMs;
    this.#timer = this.#clock.after(this.#stepMs, () => {
      const dead = this.#isJudge(dueMs) ? this.#check() : undefined;
      if (dead) this.#onDead(dead);
      else this.#schedule();
    });
  }

  /**
   * Whether silence can be judged. A check that comes late says that the
   * process stood still: what came meanwhile waits, and has its turn first.
   */
  #isJudge(dueMs: number): boolean {
    const lateMs = this.#clock.monotonic() - dueMs;
    this.#isLate = lateMs > this.#stepMs && !this.#isLate;
    return !this.#isLate;
  }

  #check(): LinkError | undefined {
    const now = this.#clock.monotonic();
    const { readDeadlineMs, proofTimeoutMs } = this.#deadlines;
    if (!this.#proven && now - this.#startedMs >= proofTimeoutMs) {
      return mute(proofTimeoutMs);
    }
    const { writeDeadlineMs } = this.#deadlines;
    const stuckMs = now - this.#connection.lastWrittenMs;
    if (this.#connection.bufferedBytes > 0 && stuckMs >= writeDeadlineMs) {
      return new LinkError(
        "stuck",
        `The cloud took no byte for ${writeDeadlineMs} ms`,
        { hint: WAY_HINT },
      );
    }
    if (!this.#reading) return undefined;
    const heardMs = Math.max(
      this.#connection.lastReceivedMs,
      this.#readingSinceMs,
    );
    const silentMs = now - heardMs;
    if (silentMs >= readDeadlineMs) {
      return new LinkError(
        "silent",
        `No byte came from the cloud for ${readDeadlineMs} ms`,
        { hint: WAY_HINT },
      );
    }
    if (silentMs < readDeadlineMs / 2) {
      this.#pinged = false;
    } else if (!this.#pinged) {
      this.#pinged = this.#connection.ping();
    }
    return undefined;
  }
}

const WAY_HINT = "The way to the cloud may be down, or the cloud overloaded";

/** A peer that takes everything and says nothing. */
export function mute(proofTimeoutMs: number): LinkError {
  return new LinkError(
    "mute",
    `The cloud took the connection but answered nothing for ` +
      `${proofTimeoutMs} ms`,
    {
      hint: "The cloud may have refused this node: check that its " +
        "certificate is for this node id, and the cloud's node limit",
    },
  );
}
