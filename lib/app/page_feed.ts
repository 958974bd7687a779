import type { Stream } from "../admin/mod.ts";
import type { Clock } from "../base/mod.ts";
import { errorText } from "../telemetry/mod.ts";
import type { Flow } from "./flow.ts";
import type { NodeStatus } from "./status.ts";
import { Ticker } from "./ticker.ts";

/** How often the page is told, in milliseconds. */
const EVENT_MS = 1000;
/** Messages that it shows. */
const MESSAGES = 20;

/** What the feed tells of. */
export interface PageFeedSources {
  /** State of the node. */
  readonly status: () => NodeStatus;
  /** What flows. */
  readonly flow: Flow;
  /** Time. */
  readonly clock: Clock;
}

/**
 * What the status page shows, once a second, as server-sent events. One timer
 * serves all listeners, each event is made once for all of them, and none
 * while nobody listens.
 */
export class PageFeed implements Stream {
  /** That of server-sent events. */
  readonly contentType = "text/event-stream";
  /** A browser listens over TCP; headers of messages are no contents. */
  readonly isPublic = true;
  readonly #sources: PageFeedSources;
  readonly #ticker: Ticker;
  #event = "";
  /** Monotonic time until which the event is the newest. */
  #untilMs = -Infinity;

  /** Tells nothing before it is opened. */
  constructor(sources: PageFeedSources) {
    this.#sources = sources;
    this.#ticker = new Ticker(sources.clock, EVENT_MS);
  }

  /** The events for one listener. */
  open(
    _parameters: URLSearchParams,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    return this.#events(signal);
  }

  async *#events(signal: AbortSignal): AsyncGenerator<string> {
    while (!signal.aborted) {
      yield this.#newest();
      await this.#ticker.next(signal);
    }
  }

  #newest(): string {
    const nowMs = this.#sources.clock.monotonic();
    if (nowMs >= this.#untilMs) {
      this.#event = `data: ${JSON.stringify(this.#look())}\n\n`;
      this.#untilMs = nowMs + EVENT_MS / 2;
    }
    return this.#event;
  }

  #look(): unknown {
    const { status, flow, clock } = this.#sources;
    try {
      return {
        now: new Date(clock.now()).toISOString(),
        status: status(),
        rates: flow.meter.rates(),
        messages: flow.reader.list().slice(-MESSAGES).reverse(),
      };
    } catch (error) {
      // A store that cannot be read is what the page is there to tell.
      return { error: errorText(error) };
    }
  }
}
