import { LIMITS } from "../base/mod.ts";
import { errorText, type Logger } from "../telemetry/mod.ts";
import { ActionError, answer } from "./action.ts";

/** Something that goes on being told for as long as somebody listens. */
export interface Stream {
  /** Media type of the whole. */
  readonly contentType: string;
  /** Whether it may be told over TCP: no contents. @default false */
  readonly isPublic?: boolean;
  /** Whether these parameters ask for it. @default always */
  readonly isAsked?: (parameters: URLSearchParams) => boolean;
  /**
   * Begins to tell.
   *
   * @param signal Aborted when nobody listens any more, or the server stops:
   *   the parts must end then.
   * @returns Parts of the answer, each made when the one before was taken.
   * @throws {ActionError} If a parameter is wrong.
   */
  readonly open: (
    parameters: URLSearchParams,
    signal: AbortSignal,
  ) => AsyncIterable<string>;
}

/** Where a server finds its streams. */
export interface LiveSource {
  /** Paths of the streams that are always streams. */
  readonly paths: readonly string[];
  /** Answers with a stream; `undefined` if none is asked for. */
  answer(
    path: string,
    parameters: URLSearchParams,
  ): Response | Promise<Response> | undefined;
  /** Those that may be told over TCP. */
  ofPublic(): LiveSource;
  /** Ends all streams. */
  stop(): void;
}

/**
 * Streams by path, each of which any number may listen to, up to a bound of
 * all together.
 *
 * Invariants: nothing is made for a listener that has not taken the part
 * before; each stream ends when its listener leaves, and all of them with
 * `stop`.
 */
export class LiveStreams implements LiveSource {
  readonly #streams: Readonly<Record<string, Stream>>;
  readonly #log: Pick<Logger, "warn">;
  readonly #open = new Set<AbortController>();
  #isStopped = false;

  /** Opens nothing before it is asked. @param log Told of streams that break. */
  constructor(
    streams: Readonly<Record<string, Stream>>,
    log: Pick<Logger, "warn">,
  ) {
    this.#streams = streams;
    this.#log = log;
  }

  /** Paths of the streams that are always streams. */
  get paths(): string[] {
    return Object.keys(this.#streams)
      .filter((path) => this.#streams[path]?.isAsked === undefined);
  }

  /** Those that may be told over TCP; the bound is that of all together. */
  ofPublic(): LiveSource {
    const isPublic = (path: string) => this.#streams[path]?.isPublic === true;
    const source: LiveSource = {
      paths: this.paths.filter(isPublic),
      answer: (path, parameters) =>
        isPublic(path) ? this.answer(path, parameters) : undefined,
      ofPublic: () => source,
      stop: () => this.stop(),
    };
    return source;
  }

  /** Listeners now. */
  get length(): number {
    return this.#open.size;
  }

  /** Answers with a stream; `undefined` if none is asked for. */
  answer(
    path: string,
    parameters: URLSearchParams,
  ): Response | Promise<Response> | undefined {
    const stream = Object.hasOwn(this.#streams, path)
      ? this.#streams[path]
      : undefined;
    if (!stream || stream.isAsked?.(parameters) === false) return undefined;
    return answer(() => {
      if (this.#isStopped) throw new ActionError(503, "The node stops");
      if (this.#open.size >= LIMITS.adminListenersMax) {
        throw new ActionError(503, "Too many listen already", {
          hint: `Close one: at most ${LIMITS.adminListenersMax} may listen`,
        });
      }
      const ending = new AbortController();
      const parts = stream.open(parameters, ending.signal);
      this.#open.add(ending);
      return new Response(this.#body(path, parts, ending), {
        headers: {
          "cache-control": "no-store",
          "content-type": stream.contentType,
          "x-content-type-options": "nosniff",
        },
      });
    });
  }

  /** Ends all streams. */
  stop(): void {
    this.#isStopped = true;
    for (const ending of this.#open) ending.abort();
  }

  #body(
    path: string,
    parts: AsyncIterable<string>,
    ending: AbortController,
  ): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    const iterator = parts[Symbol.asyncIterator]();
    const end = () => {
      this.#open.delete(ending);
      ending.abort();
    };
    return new ReadableStream({
      pull: async (controller) => {
        try {
          const { value, done } = await iterator.next();
          if (!done) return controller.enqueue(encoder.encode(value));
        } catch (error) {
          this.#log.warn("stream broke", { path, error: errorText(error) });
        }
        end();
        controller.close();
      },
      cancel: async () => {
        end();
        await iterator.return?.();
      },
    }, { highWaterMark: 0 });
  }
}
