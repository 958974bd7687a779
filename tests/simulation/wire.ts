import type { ByteStream } from "../../lib/websocket/mod.ts";
import { encodeFrame, FrameReader, type Opcode, textOf } from "./frames.ts";
import type { Scheduler } from "./scheduler.ts";

/** What a peer is told of its connection. */
export interface PeerHandlers {
  /** A text frame. */
  message(text: string): void;
  /** The connection has ended. */
  closed(): void;
}

/** How a connection carries bytes. */
export interface WireOptions {
  /** Virtual time. */
  readonly scheduler: Scheduler;
  /** The node's process: a dead one neither reads nor writes. */
  readonly process: { readonly alive: boolean; outside(): void };
  /** Time that the next bytes take, in milliseconds. */
  readonly latencyMs: () => number;
  /** Bytes that the kernels of both ends hold for a peer that does not read. */
  readonly windowBytes: number;
  /** The node accepted the connection, so its peer masks. */
  readonly peerMasks: boolean;
}

/**
 * One connection in memory between the node and a peer. The node's end is a
 * `ByteStream` below the real framing; the peer's speaks in frames.
 *
 * Bytes of one direction keep their order. A wire that is cut in silence (half
 * open) takes bytes until its window is full and brings none.
 */
export class Wire implements ByteStream {
  readonly #options: WireOptions;
  readonly #frames = new FrameReader();
  #handlers: PeerHandlers | undefined;
  #chunks: Uint8Array[] = [];
  #reading: PromiseWithResolvers<void> | undefined;
  #writing: (() => void) | undefined;
  #underWayBytes = 0;
  #upReadyMs = 0;
  #downReadyMs = 0;
  /** What a peer that does not read has not seen; the end is behind the rest. */
  #held: (() => void)[] = [];
  #isSlow = false;
  #isSilent = false;
  #nodeEnd: "open" | "ended" | "reset" = "open";
  #isClosedByNode = false;
  #isPeerTold = false;

  /** @param options Time, process and latency. */
  constructor(options: WireOptions) {
    this.#options = options;
  }

  /** Whether either end has closed it. */
  get isOver(): boolean {
    return this.#isClosedByNode || this.#nodeEnd !== "open";
  }

  /** Whether bytes pass as they should. */
  get isFair(): boolean {
    return !this.#isSilent && !this.#isSlow && !this.isOver;
  }

  /** Who is at the other end. */
  serve(handlers: PeerHandlers): void {
    this.#handlers = handlers;
  }

  /** Carries nothing any more, and tells nobody. */
  silence(): void {
    this.#isSilent = true;
  }

  /** The peer reads nothing while set. */
  setSlow(isSlow: boolean): void {
    this.#isSlow = isSlow;
    if (isSlow) return;
    for (const arrive of this.#held.splice(0)) arrive();
  }

  /** The peer sends text. */
  send(text: string): void {
    this.#frame("text", text);
  }

  /** The peer sends bytes that need be no frame at all. */
  sendBytes(bytes: Uint8Array): void {
    this.#down(() => {
      if (this.isOver) return;
      this.#chunks.push(bytes);
      this.#wakeReader();
    });
  }

  /** The peer ends the connection; what it sent before still arrives. */
  end(how: "ended" | "reset" = "ended"): void {
    if (this.#isPeerTold) return;
    this.#isPeerTold = true;
    this.#down(() => this.#endForNode(how));
  }

  /** Something between the two ends it for both. */
  cut(how: "ended" | "reset"): void {
    if (this.#isPeerTold) return;
    this.end(how);
    this.#handlers?.closed();
  }

  /** The process of the node is gone: its kernel ends the connection. */
  processGone(): void {
    this.#isClosedByNode = true;
    this.#tellPeer();
  }

  /** The node reads. */
  async read(into: Uint8Array): Promise<number | null> {
    this.#options.process.outside();
    while (this.#chunks.length === 0) {
      if (this.#isClosedByNode || this.#nodeEnd === "ended") return null;
      if (this.#nodeEnd === "reset") throw reset();
      this.#reading ??= Promise.withResolvers();
      await this.#reading.promise;
    }
    const chunk = this.#chunks.shift() as Uint8Array;
    const part = chunk.subarray(0, into.length);
    if (part.length < chunk.length) {
      this.#chunks.unshift(chunk.subarray(part.length));
    }
    into.set(part);
    return part.length;
  }

  /** The node writes. */
  async write(bytes: Uint8Array): Promise<number> {
    const { process, windowBytes } = this.#options;
    process.outside();
    while (this.#underWayBytes >= windowBytes) {
      if (this.isOver) break;
      await new Promise<void>((resolve) => this.#writing = resolve);
    }
    if (this.isOver) throw reset();
    // What a dead process still does reaches nobody.
    if (!process.alive) return bytes.length;
    const copy = bytes.slice(0, windowBytes - this.#underWayBytes);
    this.#underWayBytes += copy.length;
    if (this.#isSilent) return copy.length;
    this.#up(() => this.#reachPeer(copy));
    return copy.length;
  }

  /** The node closes. */
  close(): void {
    if (this.#isClosedByNode) return;
    this.#isClosedByNode = true;
    this.#wakeReader();
    this.#wakeWriter();
    if (this.#options.process.alive) this.#tellPeer();
  }

  #tellPeer(): void {
    if (this.#isPeerTold) return;
    this.#up(() => {
      if (this.#isPeerTold) return;
      this.#isPeerTold = true;
      this.#handlers?.closed();
    });
  }

  #up(arrive: () => void): void {
    const atMs = this.#arrival(this.#upReadyMs);
    this.#upReadyMs = atMs;
    const { scheduler } = this.#options;
    scheduler.after(atMs - scheduler.nowMs, () => {
      if (this.#isSilent) return;
      if (this.#isSlow) this.#held.push(arrive);
      else arrive();
    });
  }

  #reachPeer(bytes: Uint8Array): void {
    this.#underWayBytes -= bytes.length;
    this.#wakeWriter();
    if (this.#isPeerTold) return;
    this.#frames.push(bytes, (opcode, payload) => {
      if (this.#isPeerTold) return;
      if (opcode === "text") this.#handlers?.message(textOf(payload));
      else if (opcode === "ping") this.#frame("pong", payload);
      else if (opcode === "close") {
        this.#frame("close", payload);
        this.#isPeerTold = true;
        this.#handlers?.closed();
        this.#down(() => this.#endForNode("ended"));
      }
    });
  }

  #frame(opcode: Opcode, payload: string | Uint8Array): void {
    const bytes = encodeFrame(opcode, payload, this.#options.peerMasks);
    this.#down(() => {
      if (this.isOver) return;
      this.#chunks.push(bytes);
      this.#wakeReader();
    });
  }

  #down(arrive: () => void): void {
    const atMs = this.#arrival(this.#downReadyMs);
    this.#downReadyMs = atMs;
    const { scheduler } = this.#options;
    scheduler.after(atMs - scheduler.nowMs, () => {
      if (!this.#isSilent) arrive();
    });
  }

  #arrival(readyMs: number): number {
    const { scheduler, latencyMs } = this.#options;
    return Math.max(readyMs, scheduler.nowMs + latencyMs());
  }

  #endForNode(how: "ended" | "reset"): void {
    if (this.#nodeEnd !== "open") return;
    this.#nodeEnd = how;
    this.#wakeReader();
    this.#wakeWriter();
  }

  #wakeReader(): void {
    this.#reading?.resolve();
    this.#reading = undefined;
  }

  #wakeWriter(): void {
    this.#writing?.();
    this.#writing = undefined;
  }
}

function reset(): Error {
  return Object.assign(new Error("Connection reset by peer"), {
    code: "ECONNRESET",
  });
}
