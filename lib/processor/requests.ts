import { type Clock, LIMITS, type Timer } from "../base/mod.ts";
import type { Message } from "../message/mod.ts";
import type { RemoteRequest } from "../operations/mod.ts";
import { PendingTable } from "../router/mod.ts";

/** Why a request got no answer. */
export type Unanswered = "disconnected" | "expired";

interface Entry {
  readonly request: RemoteRequest;
  readonly waiting: RemoteRequest[];
  /** Whoever asked has left meanwhile, and may be back as another. */
  isOrphan: boolean;
}

/** What {@link RemoteRequests} needs from outside. */
export interface RemoteRequestsOptions {
  /** Measures the deadline. */
  readonly clock: Clock;
  /** Deadline of a request in milliseconds. */
  readonly timeoutMs: number;
  /** How long a request has to wait before it is sent, in milliseconds; 0 if not. */
  readonly holdMs: (request: RemoteRequest) => number;
  /**
   * Sends to the cloud, though not after a monotonic time in milliseconds, when
   * nobody waits any more; `false` if it cannot be sent now.
   */
  readonly send: (message: Message, untilMs: number) => boolean;
  /** Told of each request that ends without an answer. */
  readonly onUnanswered: (request: RemoteRequest, why: Unanswered) => void;
}

/**
 * Requests that wait for the cloud. Equal ones share one upstream message.
 *
 * Invariants: every request handed to `ask` ends exactly once, by `settle` or
 * by `onUnanswered`; at most one is held, a further one fails at once.
 */
export class RemoteRequests {
  readonly #pending: PendingTable<Entry>;
  readonly #shared = new Map<string, Entry>();
  readonly #options: RemoteRequestsOptions;
  /** Sends the one that is held. */
  #held: Timer | undefined;
  /** Requests that wait, those that share an upstream message included. */
  #waitingCount = 0;

  /** @param options Clock, deadline and ways out. */
  constructor(options: RemoteRequestsOptions) {
    this.#options = options;
    this.#pending = new PendingTable(options.clock, LIMITS.pendingRequestsMax);
  }

  /** Upstream requests that wait. */
  get size(): number {
    return this.#pending.size;
  }

  /** Sends a request, or joins an equal one that waits already. */
  ask(request: RemoteRequest): void {
    const { clock, holdMs, timeoutMs, onUnanswered } = this.#options;
    if (this.#waitingCount >= LIMITS.pendingRequestsMax) {
      return onUnanswered(request, "disconnected");
    }
    const shared = this.#shared.get(request.shareKey);
    if (shared) {
      this.#waitingCount++;
      shared.waiting.push(request);
      return;
    }
    const waitMs = holdMs(request);
    if (waitMs > 0 && this.#held) return onUnanswered(request, "disconnected");
    const id = request.upstream.header.msg_id;
    const entry: Entry = { request, waiting: [request], isOrphan: false };
    const added = this.#pending.add(id, entry, {
      timeoutMs: waitMs + timeoutMs,
      onEnd: (end) =>
        this.#unanswered(entry, end === "expired" ? "expired" : "disconnected"),
    });
    if (!added) return onUnanswered(request, "disconnected");
    this.#waitingCount++;
    this.#shared.set(request.shareKey, entry);
    if (waitMs <= 0) return this.#send(request);
    this.#held = clock.after(waitMs, () => {
      this.#held = undefined;
      this.#send(request);
    });
  }

  /**
   * The request under an upstream id; in nobody's name if the asker has left:
   * it does not get the answer, so it has to be told of the change.
   */
  peek(id: string): RemoteRequest | undefined {
    const entry = this.#pending.peek(id);
    return entry?.isOrphan ? { ...entry.request, from: "" } : entry?.request;
  }

  /** A module has left: if it comes back, it does not know what it asked. */
  left(module: string): void {
    for (const [, entry] of this.#pending.entries()) {
      if (entry.request.from === module) entry.isOrphan = true;
    }
  }

  /** Ends a request with its answer; returns all that waited for it. */
  settle(id: string): readonly RemoteRequest[] {
    const entry = this.#pending.take(id);
    if (!entry) return [];
    this.#ended(entry);
    return entry.waiting;
  }

  /** Ends all requests: the link went down. */
  cancelAll(): void {
    this.#held?.cancel();
    this.#held = undefined;
    this.#pending.cancelAll();
  }

  #send({ upstream }: RemoteRequest): void {
    const { clock, send, timeoutMs } = this.#options;
    const untilMs = clock.monotonic() + timeoutMs;
    if (!send(upstream, untilMs)) this.#pending.cancel(upstream.header.msg_id);
  }

  #unanswered(entry: Entry, why: Unanswered): void {
    this.#ended(entry);
    for (const request of entry.waiting) {
      this.#options.onUnanswered(request, why);
    }
  }

  #ended(entry: Entry): void {
    this.#waitingCount -= entry.waiting.length;
    this.#shared.delete(entry.request.shareKey);
  }
}
