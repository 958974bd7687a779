import { BoundedQueue, type Clock, LIMITS, type Timer } from "../base/mod.ts";
import {
  encode,
  isAnswer,
  type Message,
  Operation,
  ResourceType,
} from "../message/mod.ts";
import type { WebSocketConnection } from "../websocket/mod.ts";
import type { TokenBucket } from "./token_bucket.ts";

/** Bytes waiting above which a backlog waits: live traffic stays ahead of it. */
const BACKLOG_BYTES_MAX = 64 * 1024;

/** Bytes waiting above which even a lease is refused: nothing renews so often. */
const LEASE_BYTES_MAX = 2 * LIMITS.uplinkBytesMax;

/** One in so many tokens is the backlog's, however much live traffic waits. */
const BACKLOG_SHARE = 4;

/** What an {@link Uplink} works with. */
export interface UplinkOptions {
  /** Measures the wait for the next token. */
  readonly clock: Clock;
  /** The rate of messages. */
  readonly bucket: TokenBucket;
}

interface Waiting {
  readonly text: string;
  /** It waits for its place only. */
  readonly isFree: boolean;
  /** Monotonic time after which nobody waits for its answer. */
  readonly untilMs: number;
}

/**
 * The way of messages to the cloud, at the rate that is allowed. Answers and
 * the node's lease, which keeps it Ready (failures.md D5), are ahead of
 * everything and never wait for it; a viaduct ping takes no token
 * but keeps its place, since its answer vouches for what was sent before it.
 *
 * Invariants: data leaves in the order of `send`; what waits is bounded in
 * messages and bytes, and nothing that was taken is dropped while the
 * connection lives but a question that nobody waits for any more.
 */
export class Uplink {
  readonly #connection: WebSocketConnection;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  /** As much again is for pings: one that is lost confirms nothing. */
  readonly #queue = new BoundedQueue<Waiting>(2 * LIMITS.uplinkMessagesMax);
  /** Length of what waits, in UTF-16 units. */
  #queuedLength = 0;
  #timer: Timer | undefined;
  /** Settles when the backlog may send. */
  #room: PromiseWithResolvers<void> | undefined;
  /** Somebody with a backlog was told to wait and has not come back. */
  #isBacklogWaiting = false;
  /** Tokens that were used while it waited. */
  #tokensUsed = 0;
  #isBacklogsTurn = false;
  /** It was told that it is its turn: the next message is its. */
  #isTurnTaken = false;
  #isWatching = false;
  #isStopped = false;

  /** @param connection Open; owned by the caller. */
  constructor(connection: WebSocketConnection, options: UplinkOptions) {
    this.#connection = connection;
    this.#clock = options.clock;
    this.#bucket = options.bucket;
  }

  /** Bytes that wait here and at the connection; text beyond ASCII counts short. */
  get bufferedBytes(): number {
    return this.#queuedLength + this.#connection.bufferedBytes;
  }

  /**
   * Sends a message, now or when its turn comes.
   *
   * @param untilMs Monotonic time after which it is dropped if it still waits.
   * @returns `false` if the link has ended or has too much to send already.
   */
  send(message: Message, untilMs = Infinity): boolean {
    if (this.#isStopped) return false;
    const { operation } = message.route;
    if (isAnswer(operation)) {
      return this.#connection.send(encode(message), "first");
    }
    if (isLease(message)) {
      return this.bufferedBytes < LEASE_BYTES_MAX &&
        this.#connection.send(encode(message), "first");
    }
    const isFree = operation === Operation.ping;
    if (!isFree && this.#isFull) return false;
    const text = encode(message);
    if (this.#isTurnTaken) this.#isBacklogsTurn = false;
    this.#isTurnTaken = false;
    if (this.#queue.length === 0 && (isFree || this.#takeToken())) {
      return this.#connection.send(text, "data");
    }
    if (!this.#queue.push({ text, isFree, untilMs })) return false;
    this.#queuedLength += text.length;
    this.#schedule();
    return true;
  }

  /**
   * Settles once a message of a backlog may be sent: when nothing else waits,
   * or when one in four tokens is its; `undefined` if that is now.
   */
  room(): Promise<void> | undefined {
    if (this.#isStopped) return undefined;
    this.#isBacklogWaiting = !this.#isBacklogOpen;
    if (!this.#isBacklogWaiting) {
      this.#tokensUsed = 0;
      this.#isTurnTaken = this.#isBacklogsTurn;
      return undefined;
    }
    this.#room ??= Promise.withResolvers();
    this.#schedule();
    return this.#room.promise;
  }

  /** Sends what waits without regard to the rate: the node stops. */
  flush(): void {
    for (let next; (next = this.#shift());) {
      this.#connection.send(next.text, "data");
    }
  }

  /** Takes nothing more and drops what waits: the link has ended. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#queue.clear();
    this.#queuedLength = 0;
    this.#room?.resolve();
    this.#room = undefined;
  }

  get #isFull(): boolean {
    return this.bufferedBytes >= LIMITS.uplinkBytesMax ||
      this.#queue.length >= LIMITS.uplinkMessagesMax;
  }

  get #isBacklogOpen(): boolean {
    if (this.#isFull || this.#isConnectionBusy) return false;
    return this.#isBacklogsTurn ||
      (this.#queue.length === 0 && this.#bucket.waitMs === 0);
  }

  get #isConnectionBusy(): boolean {
    return this.#connection.bufferedBytes >= BACKLOG_BYTES_MAX;
  }

  get #isTurnDue(): boolean {
    return this.#isBacklogWaiting && this.#tokensUsed >= BACKLOG_SHARE;
  }

  /** A token for live traffic that need not wait behind the backlog's turn. */
  #takeToken(): boolean {
    if (this.#isTurnDue || !this.#bucket.take()) return false;
    if (this.#isBacklogWaiting) this.#tokensUsed++;
    return true;
  }

  #shift(): Waiting | undefined {
    const next = this.#queue.shift();
    this.#queuedLength -= next?.text.length ?? 0;
    return next;
  }

  /** Sets the timer for the next token, if somebody waits for one. */
  #schedule(): void {
    if (this.#timer || this.#isStopped) return;
    if (this.#queue.length === 0) {
      if (!this.#room) return;
      if (this.#isConnectionBusy) return this.#watchConnection();
    }
    this.#timer = this.#clock.after(this.#bucket.waitMs, () => {
      this.#timer = undefined;
      this.#run();
    });
  }

  #run(): void {
    for (let next; (next = this.#queue.peek());) {
      if (next.untilMs <= this.#clock.monotonic()) {
        // It would spend a token on an answer for nobody.
        this.#shift();
        continue;
      }
      if (!next.isFree && !this.#bucket.take()) break;
      if (!next.isFree && this.#isBacklogWaiting) this.#tokensUsed++;
      this.#shift();
      this.#connection.send(next.text, "data");
    }
    if (this.#isTurnDue) this.#isBacklogsTurn = true;
    this.#openRoom();
    this.#schedule();
  }

  #openRoom(): void {
    if (!this.#room || !this.#isBacklogOpen) return;
    this.#room.resolve();
    this.#room = undefined;
  }

  /** What fills the connection has to leave before a backlog goes on. */
  #watchConnection(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    void this.#connection.drained().then(() => {
      this.#isWatching = false;
      this.#openRoom();
      this.#schedule();
    });
  }
}

function isLease({ route }: Message): boolean {
  return route.resource.split("/")[1] === ResourceType.lease;
}
