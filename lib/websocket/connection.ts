import { type Clock, TaskSet, type Timer } from "../base/mod.ts";
import { ChunkReader } from "./chunk_reader.ts";
import { type CloseBody, CloseCode, encodeCloseBody } from "./close_body.ts";
import type {
  CloseOptions,
  WebSocketConnectionOptions,
} from "./connection_options.ts";
import { ProtocolError } from "./errors.ts";
import { ABORTED, CLOSE_MS, failed, streamEnded } from "./end.ts";
import { FrameParser } from "./parser.ts";
import type { ByteStream, WebSocketEnd, WebSocketMessage } from "./types.ts";
import { FrameWriter, type LaneName } from "./writer.ts";

/**
 * A WebSocket connection after its opening handshake.
 *
 * Invariants: the stream is read only while somebody waits in `receive` or
 * the connection closes, so a slow reader slows its peer, and pings are
 * answered only then; nothing is read that is not delivered, except after
 * `close`, when messages are dropped; no method rejects for what the peer or
 * the stream does, `ended` tells it, once.
 */
export class WebSocketConnection {
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #isServer: boolean;
  readonly #parser: FrameParser;
  readonly #writer: FrameWriter;
  readonly #tasks: TaskSet;
  readonly #reader: ChunkReader;
  readonly #ended = Promise.withResolvers<WebSocketEnd>();
  readonly #timers = new Set<Timer>();
  #state: "open" | "closing" | "ended" = "open";
  #inbox: WebSocketMessage[] = [];
  #reading: Promise<void> | undefined;
  #lastReceivedMs: number;
  /** How it will have ended, as far as that is decided. */
  #verdict: WebSocketEnd | undefined;
  #peerClosed = false;
  /** Only our close frame has to leave yet. */
  #finishing = false;
  #streamEnded = false;

  /** Told of each pong; must not throw. */
  onPong: ((payload: Uint8Array) => void) | undefined;

  /**
   * Takes over a stream whose handshake is done; reads nothing yet.
   *
   * @param stream Read, written and closed by this connection only.
   */
  constructor(stream: ByteStream, options: WebSocketConnectionOptions) {
    const onError = (error: unknown) => this.#onFailure(error);
    this.#stream = stream;
    this.#clock = options.clock;
    this.#isServer = options.role === "server";
    this.#reader = new ChunkReader(stream, options.leftover);
    this.#lastReceivedMs = options.clock.monotonic();
    this.#tasks = new TaskSet((_name, error) => onError(error));
    this.#writer = new FrameWriter(stream, {
      role: options.role,
      clock: options.clock,
      maskKeys: options.maskKeys,
      paced: options.paced,
      onError,
    });
    this.#parser = new FrameParser({
      message: (message) => {
        if (this.#state === "open") this.#inbox.push(message);
      },
      ping: (payload) => this.#writer.pong(payload),
      pong: (payload) => this.#onPong(payload),
      close: (body) => this.#onPeerClose(body),
      tooLarge: options.onTooLarge,
    }, options);
  }

  /** How the connection ended; never rejects. */
  get ended(): Promise<WebSocketEnd> {
    return this.#ended.promise;
  }

  /** Bytes queued, encoded, that the stream has not taken yet. */
  get bufferedBytes(): number {
    return this.#writer.bufferedBytes;
  }

  /** Messages handed to `send` that the stream has taken completely. */
  get writtenCount(): number {
    return this.#writer.writtenCount;
  }

  /** Set while nobody reads: then nobody hears how much has arrived. */
  set isUnpaced(isOff: boolean) {
    this.#writer.pace?.setOff(isOff);
  }

  /** Monotonic time of the last byte received, in milliseconds. */
  get lastReceivedMs(): number {
    return this.#lastReceivedMs;
  }

  /** Whether a message has begun to come and is not complete. */
  get isReceiving(): boolean {
    return !this.#parser.atBoundary;
  }

  /**
   * Monotonic time at which a write was last completed or, after a pause,
   * began. While `bufferedBytes` is above 0, its age is how long the stream
   * has been stuck.
   */
  get lastWrittenMs(): number {
    return this.#writer.lastWrittenMs;
  }

  /** Called after each write; must not throw. */
  set onWritten(observer: (() => void) | undefined) {
    this.#writer.onWritten = observer;
  }

  /**
   * The next messages: all that one read completed, at least one.
   *
   * @returns `null` once the connection has ended.
   */
  async receive(): Promise<readonly WebSocketMessage[] | null> {
    while (this.#state === "open") {
      await this.#readOnce();
      if (this.#inbox.length === 0) continue;
      const messages = this.#inbox;
      this.#inbox = [];
      return messages;
    }
    await this.#ended.promise;
    return null;
  }

  /**
   * Queues a message: text for a string, binary for bytes, which are copied.
   * All that is queued in one turn leaves in one write.
   *
   * @param lane `first` goes ahead of all `data` not yet being written.
   * @returns `false` once the connection closes or has ended.
   */
  send(data: string | Uint8Array, lane: LaneName = "data"): boolean {
    return this.#writer.send(data, lane);
  }

  /**
   * Queues a ping in the first lane.
   *
   * @returns `false` once the connection closes or has ended.
   * @throws {RangeError} If the payload is longer than 125 bytes.
   */
  ping(payload: Uint8Array = new Uint8Array(0)): boolean {
    return this.#writer.ping(payload);
  }

  /** Settles once all that is queued now has left, or the connection ended. */
  drained(): Promise<void> {
    return this.#writer.drained();
  }

  /**
   * Closes in order: what is queued leaves, then a close frame, then the
   * peer's is awaited. Messages that still come are dropped. Settles when the
   * connection has ended; further calls wait for that too.
   *
   * @throws {RangeError} If the code may not be sent.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { code = CloseCode.normal, reason = "" } = options;
    encodeCloseBody({ code, reason });
    if (this.#state === "open") {
      this.#state = "closing";
      this.#verdict = { code, reason, by: "us" };
      this.#inbox = [];
      this.#writer.finish({ code, reason });
      this.#endAfter(options.deadlineMs ?? CLOSE_MS.deadline);
      this.#tasks.spawn("close", () => this.#readToEnd());
    }
    await this.#ended.promise;
  }

  /**
   * Ends the connection at once, without a close frame.
   *
   * @param error Why; a failure if it is given.
   */
  abort(error?: unknown): void {
    this.#inbox = [];
    this.#end(error === undefined ? ABORTED : failed(error));
  }

  /** One read at a time, shared by whoever waits for it. */
  #readOnce(): Promise<void> {
    return this.#reading ??= this.#read();
  }

  async #read(): Promise<void> {
    try {
      const chunk = await this.#reader.next();
      if (this.#state === "ended") return;
      if (chunk === null) return this.#onStreamEnd();
      this.#lastReceivedMs = this.#clock.monotonic();
      this.#parser.push(chunk);
    } catch (error) {
      this.#onFailure(error);
    } finally {
      this.#reading = undefined;
    }
  }

  /** Reads on while closing; what comes is dropped. */
  async #readToEnd(): Promise<void> {
    while (this.#state !== "ended" && !this.#streamEnded) {
      await this.#readOnce();
    }
  }

  #onPong(payload: Uint8Array): void {
    this.#writer.pace?.pong(payload);
    this.onPong?.(payload);
  }

  #onPeerClose(body: CloseBody): void {
    this.#peerClosed = true;
    this.#finishing = true;
    if (this.#state === "open") {
      this.#state = "closing";
      this.#verdict = { ...body, by: "peer" };
      this.#writer.finish({ code: body.code, reason: "" });
      this.#endAfter(CLOSE_MS.deadline);
      this.#tasks.spawn("close", () => this.#readToEnd());
    } else if (body.code !== CloseCode.noStatus) {
      this.#verdict = { ...body, by: "us" };
    }
    this.#tasks.spawn("finish", () => this.#finish());
  }

  /**
   * Ends once our close frame has left: at once if nothing can come any more,
   * or as a server (RFC 6455 7.1.1), else when the peer has had its time.
   */
  async #finish(): Promise<void> {
    await this.#writer.drained();
    if (this.#streamEnded || (this.#peerClosed && this.#isServer)) this.#end();
    else this.#endAfter(CLOSE_MS.linger);
  }

  #onStreamEnd(): void {
    this.#streamEnded = true;
    // A peer that only ended its own direction still gets our close frame.
    if (this.#finishing && !this.#writer.finishWritten) return;
    this.#end(streamEnded(!this.#parser.atBoundary));
  }

  #onFailure(error: unknown): void {
    if (error instanceof ProtocolError && this.#state === "open") {
      return this.#fail(error);
    }
    this.#end(failed(error));
  }

  /** Fails the connection (RFC 6455 7.1.7): says why, and takes nothing more. */
  #fail(error: ProtocolError): void {
    const { code, message: reason } = error;
    this.#state = "closing";
    this.#finishing = true;
    this.#verdict = { code, reason, by: "error", error };
    this.#writer.discard();
    this.#writer.finish({ code, reason });
    this.#endAfter(CLOSE_MS.linger);
    this.#tasks.spawn("close", () => this.#readToEnd());
    this.#tasks.spawn("finish", () => this.#finish());
  }

  #endAfter(delayMs: number): void {
    if (this.#state === "ended") return;
    this.#timers.add(this.#clock.after(delayMs, () => this.#end()));
  }

  /** Ends once; `otherwise` says how if that is not decided yet. */
  #end(otherwise: WebSocketEnd = ABORTED): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#parser.stop();
    for (const timer of this.#timers) timer.cancel();
    const end = this.#verdict ?? otherwise;
    // Our close frame counts only if the stream took it.
    const unsaid = end.by === "us" && !this.#peerClosed &&
      !this.#writer.finishWritten;
    this.#writer.stop();
    this.#stream.close();
    this.#ended.resolve(unsaid ? { ...end, code: CloseCode.abnormal } : end);
  }
}
