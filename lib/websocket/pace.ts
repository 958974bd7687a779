import type { Clock, Timer } from "../base/mod.ts";

/** Bytes on their way at first: a second of a thin link. */
const WINDOW_BYTES_START = 8 * 1024;
const WINDOW_BYTES_MIN = 4 * 1024;
const WINDOW_BYTES_MAX = 4 * 1024 * 1024;

/** Least bytes between two pings; the first one goes at once. */
const PING_BYTES_MIN = 4 * 1024;

/** How long a full window waits on its way, in milliseconds. */
const TARGET_MS = 800;

/** Most that one measurement changes the window: half, or four times. */
const SHRINK = 0.5;
const GROWTH = 4;

/** After so long without an answer it is asked again: pongs can be lost. */
const AGAIN_MS = 5000;

/** A peer that answers none of so many pings is not waited for: a minute. */
const UNANSWERED_MAX = 12;

/** Most pings whose answers are out. */
const ASKED_MAX = 8;

/** Least time over which a rate is measured, in milliseconds. */
const MEASURED_MS_MIN = 100;

/** An empty way counts as idle after so long, in milliseconds. */
const REST_MS_MAX = 50;

const COUNTER_BYTES = 8;

/** A ping that is out: what was written before it, and when it went. */
interface Asked {
  readonly bytes: number;
  readonly atMs: number;
}

/** What a {@link Pace} works with. */
export interface PaceOptions {
  /** Time. */
  readonly clock: Clock;
  /** Sends a ping behind all that was written. */
  readonly ping: (payload: Uint8Array) => void;
  /** Told that there may be room again. */
  readonly onRoom: () => void;
}

/**
 * Holds what is written but has not arrived to what the way takes in about a
 * second. The kernel would take megabytes at once, and nothing overtakes what
 * it has: on a thin link a keepalive would be minutes late (failures.md D5).
 * How much has arrived is told by the answers to pings sent behind it.
 */
export class Pace {
  readonly #options: PaceOptions;
  #windowBytes = WINDOW_BYTES_START;
  /** Bytes ever written, and those of them that have arrived. */
  #writtenBytes = 0;
  #arrivedBytes = 0;
  #arrivedMs = 0;
  #asked: Asked[] = [];
  #timer: Timer | undefined;
  #unanswered = 0;
  /** What the shortest way there and back took, in milliseconds. */
  #wayMs = Infinity;
  /** When the measurement of the rate began, and what had arrived then. */
  #since: Asked = { bytes: 0, atMs: 0 };
  /** Whether the window held anything back since then. */
  #isFull = false;
  #isOff = false;
  #isStopped = false;

  /** Nothing is on its way. */
  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Bytes that may be written now; 0 or less: none. */
  get roomBytes(): number {
    if (this.#isOff) return Infinity;
    return this.#windowBytes - (this.#writtenBytes - this.#arrivedBytes);
  }

  /** Off while nothing is read: no answer can come. */
  setOff(isOff: boolean): void {
    if (this.#isStopped || this.#isOff === isOff) return;
    this.#isOff = isOff;
    this.#timer?.cancel();
    this.#asked = [];
    if (isOff) this.#options.onRoom();
    else this.#ask();
  }

  /** Bytes were written. */
  written(bytes: number): void {
    if (this.#hasRested) this.#measureFromNow();
    this.#writtenBytes += bytes;
    if (this.roomBytes <= 0) this.#isFull = true;
    this.#ask();
  }

  /** A pong came; one that answers something else means nothing here. */
  pong(payload: Uint8Array): void {
    const count = countIn(payload);
    const at = this.#asked.findIndex(({ bytes }) => bytes === count);
    const asked = this.#asked[at];
    if (!asked) return;
    this.#asked = this.#asked.slice(at + 1);
    this.#unanswered = 0;
    this.#setTimer();
    const nowMs = this.#options.clock.monotonic();
    this.#wayMs = Math.min(this.#wayMs, nowMs - asked.atMs);
    this.#arrivedBytes = asked.bytes;
    this.#arrivedMs = nowMs;
    this.#adapt();
    this.#options.onRoom();
    this.#ask();
  }

  /** Asks no more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Whether the way was empty although there was room. */
  get #hasRested(): boolean {
    const restMs = this.#options.clock.monotonic() - this.#arrivedMs;
    return this.#writtenBytes === this.#arrivedBytes &&
      (!this.#isFull || restMs > REST_MS_MAX);
  }

  /** Asks once enough is on its way that it matters when it arrives. */
  #ask(): void {
    if (this.#isOff || this.#isStopped) return;
    const last = this.#asked.at(-1)?.bytes ?? this.#arrivedBytes;
    const isFirst = this.#wayMs === Infinity && this.#asked.length === 0;
    const least = Math.max(PING_BYTES_MIN, this.#windowBytes / 4);
    const isEnough = this.#writtenBytes - last >= (isFirst ? 1 : least);
    if (!isEnough || this.#asked.length >= ASKED_MAX) return;
    const { clock, ping } = this.#options;
    const bytes = this.#writtenBytes;
    this.#asked.push({ bytes, atMs: clock.monotonic() });
    if (this.#asked.length === 1) this.#setTimer();
    ping(payloadOf(bytes));
  }

  #setTimer(): void {
    this.#timer?.cancel();
    if (this.#asked.length === 0) return;
    this.#timer = this.#options.clock.after(AGAIN_MS, () => this.#askAgain());
  }

  #askAgain(): void {
    this.#asked = [];
    this.#windowBytes = WINDOW_BYTES_MIN;
    if (++this.#unanswered < UNANSWERED_MAX) return this.#ask();
    // Data that waits for ever would be worse than data that comes too fast.
    this.#unanswered = 0;
    this.#arrivedBytes = this.#writtenBytes;
    // One that never answered does not keep RFC 6455 5.5.2.
    if (this.#wayMs === Infinity) this.setOff(true);
    else this.#options.onRoom();
  }

  /**
   * Sets the window to what arrives in the time that it may take. Where it
   * held nothing back, the rate says nothing about the way.
   */
  #adapt(): void {
    const { bytes, atMs } = this.#since;
    const tookMs = this.#options.clock.monotonic() - atMs;
    if (tookMs < Math.max(MEASURED_MS_MIN, this.#wayMs)) return;
    const bytesPerMs = (this.#arrivedBytes - bytes) / tookMs;
    const factor = bytesPerMs * (TARGET_MS + this.#wayMs) / this.#windowBytes;
    if (this.#isFull) {
      this.#windowBytes *= Math.min(GROWTH, Math.max(SHRINK, factor));
      this.#windowBytes = Math.min(
        WINDOW_BYTES_MAX,
        Math.max(WINDOW_BYTES_MIN, this.#windowBytes),
      );
    }
    this.#measureFromNow();
  }

  #measureFromNow(): void {
    const atMs = this.#options.clock.monotonic();
    this.#since = { bytes: this.#arrivedBytes, atMs };
    this.#isFull = false;
  }
}

function payloadOf(bytes: number): Uint8Array {
  const payload = new Uint8Array(COUNTER_BYTES);
  new DataView(payload.buffer).setFloat64(0, bytes);
  return payload;
}

function countIn(payload: Uint8Array): number | undefined {
  if (payload.length !== COUNTER_BYTES) return undefined;
  return new DataView(payload.buffer, payload.byteOffset).getFloat64(0);
}
