import type { Clock } from "../base/mod.ts";
import { type CloseBody, encodeCloseBody } from "./close_body.ts";
import { CONTROL_BYTES_MAX, headerBytes, Opcode } from "./frame.ts";
import { Lane } from "./lane.ts";
import { MaskSource } from "./mask.ts";
import { Pace } from "./pace.ts";
import type { ByteStream } from "./types.ts";
import type { FrameWriterOptions } from "./writer_options.ts";

/**
 * Most bytes of one write, unless one frame alone is larger. More would only
 * wait in the kernel, where the first lane can no longer overtake it.
 */
const FLIGHT_BYTES_MAX = 256 * 1024;

/** Which frames go first: `first` ahead of all `data` not yet written. */
export type LaneName = "first" | "data";

/** Frames of each lane. */
type Counts = { first: number; data: number };

/** What one write carries. */
interface Flight {
  readonly bytes: Uint8Array;
  readonly messageEnds: readonly number[];
  readonly frames: Readonly<Counts>;
}

type Drain = Readonly<Counts> & { readonly resolve: () => void };

/**
 * Queues frames and writes them, as many as there are with one call of
 * `stream.write`, from its own loop.
 *
 * Invariants: one write is under way at a time; frames of a lane leave in
 * their order and whole; after `finish` nothing is queued behind the close
 * frame.
 */
export class FrameWriter {
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #masked: boolean;
  readonly #first: Lane;
  readonly #data: Lane;
  readonly #onError: (error: unknown) => void;
  readonly #pace: Pace | undefined;
  #pong: Uint8Array | undefined;
  #flight: Flight | undefined;
  /** Bytes of the flight that the stream has taken, and messages within. */
  #flightTaken = 0;
  #flightMessages = 0;
  #writtenCount = 0;
  #lastWrittenMs: number;
  #running = false;
  #finished = false;
  #finishWritten = false;
  #stopped = false;
  /** Frames ever queued, and those of them taken by the stream or dropped. */
  readonly #queued: Counts = { first: 0, data: 0 };
  readonly #gone: Counts = { first: 0, data: 0 };
  #drains: Drain[] = [];

  /** Called after each write; must not throw. */
  onWritten: (() => void) | undefined;

  /** @param stream Written to by this writer only; it does not close it. */
  constructor(stream: ByteStream, options: FrameWriterOptions) {
    const masks = options.role === "client"
      ? new MaskSource(options.maskKeys)
      : undefined;
    this.#stream = stream;
    this.#clock = options.clock;
    this.#masked = masks !== undefined;
    this.#first = new Lane(masks);
    this.#data = new Lane(masks);
    this.#onError = options.onError;
    this.#lastWrittenMs = options.clock.monotonic();
    if (!options.paced) return;
    this.#pace = new Pace({
      clock: options.clock,
      ping: (payload) => void this.ping(payload),
      onRoom: () => this.#wake(),
    });
  }

  /** Tells how much has arrived; none without one. */
  get pace(): Pace | undefined {
    return this.#pace;
  }

  /** Encoded bytes that the stream has not taken yet. */
  get bufferedBytes(): number {
    const flight = this.#flight
      ? this.#flight.bytes.length - this.#flightTaken
      : 0;
    const pong = this.#pong
      ? headerBytes(this.#pong.length, this.#masked) + this.#pong.length
      : 0;
    return flight + pong + this.#first.bufferedBytes + this.#data.bufferedBytes;
  }

  /** Messages that the stream has taken completely. */
  get writtenCount(): number {
    return this.#writtenCount;
  }

  /** Monotonic time at which a write was last completed, or began to wait. */
  get lastWrittenMs(): number {
    return this.#lastWrittenMs;
  }

  /** Whether the close frame has been taken by the stream. */
  get finishWritten(): boolean {
    return this.#finishWritten;
  }

  /** Queues a message; `false` if nothing is taken any more. */
  send(data: string | Uint8Array, lane: LaneName): boolean {
    if (this.#finished || this.#stopped) return false;
    const opcode = typeof data === "string" ? Opcode.text : Opcode.binary;
    (lane === "first" ? this.#first : this.#data).add(opcode, data);
    this.#queued[lane]++;
    this.#wake();
    return true;
  }

  /**
   * Queues a ping in the first lane; `false` if nothing is taken any more.
   *
   * @throws {RangeError} If the payload is longer than 125 bytes.
   */
  ping(payload: Uint8Array): boolean {
    if (payload.length > CONTROL_BYTES_MAX) {
      throw new RangeError(
        `Cannot ping with more than 125 bytes: ${payload.length}`,
      );
    }
    if (this.#finished || this.#stopped) return false;
    this.#first.add(Opcode.ping, payload, false);
    this.#queued.first++;
    this.#wake();
    return true;
  }

  /**
   * Answers a ping with the next write, ahead of data. Only the latest answer
   * is kept, as RFC 6455 5.5.3 allows: a flood of pings costs nothing.
   */
  pong(payload: Uint8Array): void {
    if (this.#stopped || this.#isFinishOut) return;
    this.#pong = payload;
    this.#wake();
  }

  /** Queues a close frame behind everything; nothing is taken after it. */
  finish(body: CloseBody): void {
    if (this.#finished || this.#stopped) return;
    this.#data.add(Opcode.close, encodeCloseBody(body), false);
    this.#queued.data++;
    this.#finished = true;
    this.#wake();
  }

  /** Drops everything but the frames that are being written. */
  discard(): void {
    this.#pong = undefined;
    this.#first.clear();
    this.#data.clear();
    this.#gone.first = this.#queued.first - (this.#flight?.frames.first ?? 0);
    this.#gone.data = this.#queued.data - (this.#flight?.frames.data ?? 0);
  }

  /** Settles once what is queued now has been taken, or the writer stopped. */
  drained(): Promise<void> {
    const { first, data } = this.#queued;
    if (this.#stopped || this.#isGone({ first, data })) {
      return Promise.resolve();
    }
    return new Promise((resolve) =>
      this.#drains.push({ first, data, resolve })
    );
  }

  /** Ends the writer at once; a write under way is not waited for. */
  stop(): void {
    this.#stopped = true;
    this.#pace?.stop();
    this.#flight = undefined;
    this.discard();
    for (const drain of this.#drains) drain.resolve();
    this.#drains = [];
  }

  #wake(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#lastWrittenMs = this.#clock.monotonic();
    this.#run().catch(this.#onError);
  }

  async #run(): Promise<void> {
    try {
      // One step later, so that all that is queued in this turn leaves at once.
      await Promise.resolve();
      while (!this.#stopped) {
        this.#flight ??= this.#nextFlight();
        if (!this.#flight) return;
        await this.#write(this.#flight);
      }
    } finally {
      this.#running = false;
    }
  }

  async #write(flight: Flight): Promise<void> {
    const rest = flight.bytes.subarray(this.#flightTaken);
    const taken = await this.#stream.write(rest);
    if (this.#stopped) return;
    if (!(taken >= 1 && taken <= rest.length)) {
      throw new RangeError(
        `Stream took ${taken} bytes of a write of ${rest.length}`,
      );
    }
    this.#lastWrittenMs = this.#clock.monotonic();
    this.#advance(flight, this.#flightTaken + taken);
    this.onWritten?.();
  }

  /** The frames of the next write; a single copy, and none for one lane. */
  #nextFlight(): Flight | undefined {
    if (this.#pong) {
      this.#first.add(Opcode.pong, this.#pong, false);
      this.#queued.first++;
      this.#pong = undefined;
    }
    const first = this.#first.take(FLIGHT_BYTES_MAX);
    const roomBytes = FLIGHT_BYTES_MAX - (first?.bytes.length ?? 0);
    const full = this.#first.nextBytes > 0 ||
      (first && this.#data.nextBytes > roomBytes);
    const paceBytes = this.#finished ? Infinity : this.#pace?.roomBytes;
    const dataBytes = Math.min(roomBytes, paceBytes ?? Infinity);
    const data = full || dataBytes <= 0
      ? undefined
      : this.#data.take(dataBytes);
    const lead = first ?? data;
    if (!lead) return undefined;
    const frames = {
      first: first?.frameCount ?? 0,
      data: data?.frameCount ?? 0,
    };
    if (!first || !data) return { ...lead, frames };
    const bytes = new Uint8Array(first.bytes.length + data.bytes.length);
    bytes.set(first.bytes);
    bytes.set(data.bytes, first.bytes.length);
    const later = data.messageEnds.map((end) => first.bytes.length + end);
    return { bytes, messageEnds: [...first.messageEnds, ...later], frames };
  }

  #advance(flight: Flight, taken: number): void {
    this.#flightTaken = taken;
    const ends = flight.messageEnds;
    while ((ends[this.#flightMessages] ?? Infinity) <= taken) {
      this.#flightMessages++;
      this.#writtenCount++;
    }
    if (taken === flight.bytes.length) this.#land(flight);
  }

  #land(flight: Flight): void {
    this.#flight = undefined;
    this.#flightTaken = 0;
    this.#flightMessages = 0;
    this.#first.recycle();
    this.#data.recycle();
    this.#pace?.written(flight.bytes.length);
    this.#gone.first += flight.frames.first;
    this.#gone.data += flight.frames.data;
    if (this.#finished && this.#gone.data === this.#queued.data) {
      this.#finishWritten = true;
    }
    if (this.#drains.length === 0) return;
    const settled = this.#drains.filter((drain) => this.#isGone(drain));
    this.#drains = this.#drains.filter((drain) => !this.#isGone(drain));
    for (const drain of settled) drain.resolve();
  }

  /** Whether the close frame has left its lane: nothing follows it. */
  get #isFinishOut(): boolean {
    return this.#finished && this.#data.nextBytes === 0;
  }

  #isGone(counts: Readonly<Counts>): boolean {
    return this.#gone.first >= counts.first && this.#gone.data >= counts.data;
  }
}
