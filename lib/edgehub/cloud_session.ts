import { LIMITS, type Timer } from "../base/mod.ts";
import {
  encode,
  faultAnswer,
  isAnswer,
  type Message,
  type MessageFault,
  newError,
  newResponse,
  Operation,
  tooLargeFault,
} from "../message/mod.ts";
import type { WebSocketConnection } from "../websocket/mod.ts";
import type { CloudSessionOptions } from "./cloud_session_options.ts";
import { decodeFrame } from "./decode_frame.ts";
import { deliver, type Delivery } from "./downlink.ts";
import type { LinkError } from "./link_error.ts";
import { LinkWatch, mute } from "./link_watch.ts";
import { keepalive, nodeQuery } from "./session_messages.ts";
import { SessionProbe } from "./session_probe.ts";
import { Uplink } from "./uplink.ts";

/** Viaduct's control operations: the link answers them itself. */
const CONTROL: ReadonlySet<string> = new Set([
  Operation.config,
  Operation.ping,
  Operation.pong,
]);

/**
 * One connection to the cloud, from the first keepalive to its end.
 *
 * Invariants: reading stops while the processor's inbox or the uplink is
 * full, nothing is dropped for that; keepalive and answers go ahead of data;
 * every frame that has an id is answered or given to a module.
 */
export class CloudSession {
  readonly #connection: WebSocketConnection;
  readonly #options: CloudSessionOptions;
  readonly #watch: LinkWatch;
  readonly #uplink: Uplink;
  readonly #probe: SessionProbe;
  readonly #startedMs: number;
  #keepalive: Timer | undefined;
  #proven = false;
  #reading = true;
  #givenUp: LinkError | undefined;
  #isClosed = false;
  #pauses = 0;
  /** Ends the wait for room, once the link is closed. */
  #endWait: (() => void) | undefined;

  /**
   * Takes a connection over; nothing is sent before `run`.
   *
   * @param connection Open; owned by this session from now on.
   */
  constructor(connection: WebSocketConnection, options: CloudSessionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#watch = new LinkWatch(connection, {
      clock: options.clock,
      deadlines: options.deadlines,
      onDead: (error) => this.giveUp(error),
    });
    this.#uplink = new Uplink(connection, options);
    const { probeAfterMs, proofTimeoutMs } = options.deadlines;
    this.#probe = new SessionProbe({
      ...options,
      afterMs: probeAfterMs,
      timeoutMs: proofTimeoutMs,
      send: (message) => {
        this.#send(message);
        return connection.drained();
      },
      isReceiving: () => connection.isReceiving,
      onMute: () => this.giveUp(mute(proofTimeoutMs)),
    });
    this.#startedMs = options.clock.monotonic();
  }

  /** Whether the cloud has shown that it knows us. */
  get proven(): boolean {
    return this.#proven;
  }

  /** Why we gave the link up; `undefined` if the peer ended it, or nobody yet. */
  get givenUp(): LinkError | undefined {
    return this.#givenUp;
  }

  /** How long the session has lasted, in milliseconds. */
  get livedMs(): number {
    return this.#options.clock.monotonic() - this.#startedMs;
  }

  /** Whether nothing waits to be sent and nothing has come for a second. */
  get isIdle(): boolean {
    const { lastReceivedMs } = this.#connection;
    return this.bufferedBytes === 0 &&
      this.#options.clock.monotonic() - lastReceivedMs >= 1000;
  }

  /** Bytes that wait for the uplink. */
  get bufferedBytes(): number {
    return this.#uplink.bufferedBytes;
  }

  /** Whether nothing is read until there is room. */
  get isPaused(): boolean {
    return this.#endWait !== undefined;
  }

  /** How often reading was paused. */
  get pauses(): number {
    return this.#pauses;
  }

  /** Runs the session; resolves once it has ended. */
  async run(): Promise<void> {
    try {
      this.#sendKeepalive();
      this.#send(nodeQuery(this.#options.stamp, this.#options.nodeId));
      while (this.#reading && await this.#receive());
      await this.#connection.ended;
    } finally {
      this.#watch.stop();
      this.#uplink.stop();
      this.#probe.stop();
      this.#keepalive?.cancel();
      this.#connection.abort();
    }
  }

  /**
   * Sends a message: answers first, the rest at the rate that is allowed.
   *
   * @param untilMs Monotonic time after which it is dropped if it still waits.
   * @returns `false` if the link has ended or has too much to send already.
   */
  send(message: Message, untilMs?: number): boolean {
    return this.#uplink.send(message, untilMs);
  }

  /**
   * Settles once a message that can wait may be sent, so that it delays no
   * others; `undefined` if that is now.
   */
  room(): Promise<void> | undefined {
    return this.#uplink.room();
  }

  /** Reads no more, and lets what was sent leave. */
  async drain(): Promise<void> {
    this.#reading = false;
    this.#watch.pauseReading();
    this.#probe.stop();
    this.#connection.isUnpaced = true;
    this.#uplink.flush();
    await this.#connection.drained();
  }

  /**
   * Closes in order, by force after the deadline; takes nothing more.
   *
   * @param reason For the cloud.
   */
  close(deadlineMs: number, reason: string): Promise<void> {
    this.#reading = false;
    this.#isClosed = true;
    this.#endWait?.();
    return this.#connection.close({
      code: 1000,
      reason,
      deadlineMs,
    });
  }

  /** Ends the link at once, for a reason of our own. */
  giveUp(error: LinkError): void {
    this.#givenUp ??= error;
    this.#connection.abort(error);
  }

  /**
   * Takes what one read completed. A function of its own, which ends: one that
   * waits for the next read would hold the texts of the last one.
   *
   * @returns Whether there may be more.
   */
  async #receive(): Promise<boolean> {
    const messages = await this.#connection.receive();
    // What comes after drain is not acknowledged, so the cloud repeats it.
    if (messages === null || !this.#reading) return false;
    for (const data of messages) {
      const waiting = this.#take(data);
      if (waiting) await waiting;
    }
    await this.#uplinkRoom();
    return true;
  }

  /** @returns A promise only if a module has no room. */
  #take(data: string | Uint8Array): Promise<void> | undefined {
    if (this.#isClosed) return;
    const { stamp, messageBytesMax, router } = this.#options;
    const decoded = decodeFrame(data, messageBytesMax);
    this.#prove();
    const isOurs = this.#probe.heard(decoded.ok ? decoded.message : undefined);
    if (!decoded.ok) return this.#refuse(decoded.fault);
    const { message, heapBytes } = decoded;
    // Nothing is made of its object, and no version wants an ack of it.
    if (isOurs) return;
    if (CONTROL.has(message.route.operation)) {
      return void this.#send(newResponse(stamp, message, "ack"));
    }
    const delivery = deliver(message, {
      router,
      heapBytes,
      bytes: data.length,
      wait: (room) => this.#unread(room),
    });
    if (!(delivery instanceof Promise)) {
      return this.#delivered(message, delivery);
    }
    return delivery.then((later) => this.#delivered(message, later));
  }

  #delivered(message: Message, delivery: Delivery): undefined {
    if (delivery.kind === "refused") this.#refuse(delivery.fault);
    // No ack: the cloud repeats what nobody has taken.
    const isUnavailable = delivery.kind === "unavailable";
    if (isUnavailable && !isAnswer(message.route.operation)) {
      this.#send(newError(this.#options.stamp, message, delivery.why));
    }
  }

  /** A message that was too large to be held has passed: the cloud is told. */
  tooLarge(head: Uint8Array): void {
    this.#prove();
    this.#probe.heard();
    const { messageBytesMax } = this.#options;
    this.#refuse(
      tooLargeFault(new TextDecoder().decode(head), messageBytesMax),
    );
  }

  async #uplinkRoom(): Promise<void> {
    if (this.#connection.bufferedBytes < LIMITS.uplinkBytesMax) return;
    await this.#unread(this.#connection.drained());
  }

  /**
   * Waits without reading; meanwhile silence says nothing about the peer.
   *
   * @returns `false` if the link was closed by us meanwhile.
   */
  async #unread(until: Promise<void>): Promise<boolean> {
    const over = Promise.withResolvers<void>();
    this.#pauses++;
    this.#endWait = over.resolve;
    this.#watch.pauseReading();
    this.#probe.pause();
    this.#connection.isUnpaced = true;
    until.then(over.resolve, over.reject);
    await over.promise;
    this.#endWait = undefined;
    if (this.#reading) {
      this.#watch.resumeReading();
      this.#probe.resume();
      this.#connection.isUnpaced = false;
    }
    return !this.#isClosed;
  }

  #refuse(fault: MessageFault): undefined {
    this.#options.onFault(fault);
    const answer = faultAnswer(this.#options.stamp, fault, "cloud");
    if (answer) this.#send(answer);
  }

  #prove(): void {
    if (this.#proven) return;
    this.#proven = true;
    this.#watch.prove();
    this.#options.onProven();
  }

  /** What the link says for itself goes first, at any rate. */
  #send(message: Message): boolean {
    return this.#connection.send(encode(message), "first");
  }

  #sendKeepalive(): void {
    const { clock, heartbeatMs, stamp } = this.#options;
    this.#send(keepalive(stamp));
    this.#keepalive = clock.after(heartbeatMs, () => this.#sendKeepalive());
  }
}
