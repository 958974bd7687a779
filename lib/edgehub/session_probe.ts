import type { Clock, Timer } from "../base/mod.ts";
import type { Message, Stamp } from "../message/mod.ts";
import { leaseQuery, nodeQuery } from "./session_messages.ts";

/** A timer that is later than this says that the process stood still. */
const LATE_MS = 1000;

/** What a {@link SessionProbe} works with. */
export interface SessionProbeOptions {
  /** Time. */
  readonly clock: Clock;
  /** Id and time of the question. */
  readonly stamp: Stamp;
  /** Name of this node. */
  readonly nodeId: string;
  /** No message for so long: the cloud is asked for one. */
  readonly afterMs: number;
  /** How long it may take for one, from when the question has left. */
  readonly timeoutMs: number;
  /** Sends ahead of data; settles once that has left. */
  readonly send: (message: Message) => Promise<void>;
  /** Whether a message is coming in this moment: a large one takes its time. */
  readonly isReceiving: () => boolean;
  /** Told once that no message came. */
  readonly onMute: () => void;
}

/**
 * Notices a cloud that has forgotten the session while the socket lives
 * (failures.md D3). Keepalives are never answered, and neither pongs nor
 * viaduct's pings need a session; the lease of the node does, and is small. A
 * cloud that has never answered for a lease is asked for the node as well,
 * before it counts as mute: it may know no leases.
 */
export class SessionProbe {
  readonly #options: SessionProbeOptions;
  #timer: Timer | undefined;
  /** Whether the timer measures silence, and not the wait for an answer. */
  #isListening = false;
  /** When silence began, by the monotonic clock. */
  #silentSinceMs = 0;
  #askedId: string | undefined;
  #knowsLeases = false;
  #isNodeAsked = false;
  /** Counts what makes an older wait pointless. */
  #round = 0;
  #isPaused = false;

  /** Counts silence from now on. */
  constructor(options: SessionProbeOptions) {
    this.#options = options;
    this.heard();
  }

  /**
   * A message came.
   *
   * @param message What it is; missing for one that cannot be read.
   * @returns Whether it answers our question and means nothing to others.
   */
  heard(message?: Message): boolean {
    this.#restart();
    const isOurs = this.#askedId !== undefined &&
      message?.header.parent_msg_id === this.#askedId;
    if (!isOurs) return false;
    this.#askedId = undefined;
    this.#knowsLeases = true;
    return true;
  }

  /** Nothing is read for now, so silence says nothing. */
  pause(): void {
    this.#isPaused = true;
    this.#restart();
  }

  /** Silence counts from now on. */
  resume(): void {
    this.#isPaused = false;
    this.#restart();
  }

  /** Asks no more. */
  stop(): void {
    this.pause();
  }

  /** Silence begins now. */
  #restart(): void {
    this.#round++;
    this.#isNodeAsked = false;
    const { clock, afterMs } = this.#options;
    this.#silentSinceMs = clock.monotonic();
    // A timer of its own for each message would cost as much as decoding it:
    // one that runs goes on, and looks how long the silence has lasted.
    if (this.#isListening && !this.#isPaused) return;
    this.#timer?.cancel();
    this.#isListening = false;
    if (!this.#isPaused) this.#listen(afterMs);
  }

  #listen(forMs: number): void {
    const { clock, afterMs } = this.#options;
    this.#isListening = true;
    this.#timer = clock.after(forMs, () => {
      this.#isListening = false;
      const silentMs = clock.monotonic() - this.#silentSinceMs;
      if (silentMs < afterMs) return this.#listen(afterMs - silentMs);
      const { stamp, nodeId } = this.#options;
      const question = leaseQuery(stamp, nodeId);
      this.#askedId = question.header.msg_id;
      void this.#ask(question);
    });
  }

  async #ask(question: Message): Promise<void> {
    const round = this.#round;
    await this.#options.send(question);
    if (round === this.#round) this.#await();
  }

  #unanswered(): void {
    const { stamp, nodeId, onMute } = this.#options;
    if (this.#knowsLeases || this.#isNodeAsked) return onMute();
    this.#isNodeAsked = true;
    void this.#ask(nodeQuery(stamp, nodeId));
  }

  #await(): void {
    const { clock, timeoutMs, isReceiving } = this.#options;
    const dueMs = clock.monotonic() + timeoutMs;
    this.#timer = clock.after(timeoutMs, () => {
      const isLate = clock.monotonic() - dueMs > LATE_MS;
      if (isLate || isReceiving()) this.#await();
      else this.#unanswered();
    });
  }
}
