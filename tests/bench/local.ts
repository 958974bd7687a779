import { dial } from "../../lib/agent/dial.ts";
import { SystemClock } from "../../lib/base/mod.ts";
import type { WebSocketConnection } from "../../lib/websocket/mod.ts";
import { Latencies } from "./figures.ts";
import type { LoadResult } from "./hub.ts";
import { ID_PREFIX } from "./objects.ts";

/** A load on the local link. */
export interface LocalLoadOptions {
  /** Requests in all. */
  readonly requests: number;
  /** Unanswered at a time. */
  readonly inFlight: number;
  /** Milliseconds without an answer after which the rest counts as lost. @default 5000 */
  readonly patienceMs?: number;
  /** Operation, resource and content of a request. */
  readonly make: (index: number) => {
    readonly operation: string;
    readonly resource: string;
    readonly content?: unknown;
  };
}

/**
 * An agent that asks as fast as it is answered, over the real socket. Unlike
 * `AgentClient` it reads no contents, so that it is not what is measured.
 */
export class LocalLoad {
  readonly #socket: WebSocketConnection;
  readonly #reading: Promise<void>;
  readonly #module: string;
  #onAnswer: ((number: number, isError: boolean) => void) | undefined;
  #onRead: (() => void) | undefined;
  #asked = 0;

  private constructor(socket: WebSocketConnection, module: string) {
    this.#socket = socket;
    this.#module = module;
    this.#reading = this.#read();
  }

  /**
   * Attaches as an agent that answers nothing.
   *
   * @param since Revision up to which it has everything. @default none
   */
  static async attach(
    path: string,
    module: string,
    since?: number,
  ): Promise<LocalLoad> {
    const clock = new SystemClock();
    const query = {
      module,
      answers: false,
      ...(since === undefined ? {} : { since }),
    };
    return new LocalLoad(await dial({ socket: path }, query, clock), module);
  }

  /** Runs a load to its end. */
  async run(load: LocalLoadOptions): Promise<LoadResult> {
    const { requests, inFlight, make, patienceMs = 5000 } = load;
    const latencies = new Latencies(requests);
    const sentAtMs = new Float64Array(requests);
    const first = this.#asked + 1;
    const done = Promise.withResolvers<void>();
    let [next, answered, errors] = [0, 0, 0];
    const startMs = performance.now();
    let lastMs = startMs;
    const refill = () => {
      if (answered >= requests) return done.resolve();
      while (next < Math.min(requests, answered + inFlight)) {
        sentAtMs[next] = performance.now();
        this.#socket.send(this.#text(++this.#asked, make(next++)));
      }
    };
    this.#onAnswer = (number, isError) => {
      lastMs = performance.now();
      const sent = sentAtMs[number - first];
      if (!sent) return;
      sentAtMs[number - first] = 0;
      latencies.add(lastMs - sent);
      answered++;
      if (isError) errors++;
    };
    this.#onRead = refill;
    refill();
    const watch = setInterval(() => {
      if (performance.now() - lastMs > patienceMs) done.resolve();
    }, 100);
    await done.promise;
    clearInterval(watch);
    this.#onAnswer = this.#onRead = undefined;
    const seconds = (lastMs - startMs) / 1000;
    return {
      perSecond: answered / seconds,
      p50Ms: latencies.percentile(50),
      p99Ms: latencies.percentile(99),
      lost: requests - answered,
      errors,
      seconds,
    };
  }

  /** Detaches. */
  async close(): Promise<void> {
    this.#socket.abort();
    await this.#reading;
  }

  #text(
    number: number,
    request: { operation: string; resource: string; content?: unknown },
  ): string {
    return JSON.stringify({
      header: {
        msg_id: ID_PREFIX + String(number).padStart(12, "0"),
        timestamp: 1_700_000_000_000,
      },
      route: {
        source: this.#module,
        group: "meta",
        operation: request.operation,
        resource: request.resource,
      },
      content: request.content ?? null,
    });
  }

  async #read(): Promise<void> {
    const mark = '"parent_msg_id":"' + ID_PREFIX;
    for (;;) {
      const frames = await this.#socket.receive();
      if (!frames) return;
      for (const frame of frames) {
        const text = String(frame);
        // Ids stand in the header, which comes first.
        const at = text.lastIndexOf(mark, 200);
        if (at < 0) continue;
        const from = at + mark.length;
        this.#onAnswer?.(
          Number(text.slice(from, from + 12)),
          text.lastIndexOf('"operation":"error"', 400) >= 0,
        );
      }
      this.#onRead?.();
    }
  }
}
