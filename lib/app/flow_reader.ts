import type { Clock } from "../base/mod.ts";
import type { Journal, JournalEntry } from "../telemetry/mod.ts";
import { Ticker } from "./ticker.ts";

/** A message that flowed, as an operator sees it. */
export interface FlowMessage {
  /** Number in the order of noting. */
  readonly seq: number;
  /** When it came or left, ISO 8601. */
  readonly time: string;
  /** Who sent it: `cloud`, `node` or the module of an agent. */
  readonly from: string;
  /** Who got it: `cloud`, `node` or the module of an agent. */
  readonly to: string;
  /** What it does. */
  readonly operation: string;
  /** On what. */
  readonly resource: string;
  /** Module that it says it comes from. */
  readonly source: string;
  /** Group that it is for. */
  readonly group: string;
  /** Its id. */
  readonly id: string;
  /** Id of the message that it answers; missing if it is no answer. */
  readonly parentId?: string;
  /** Length of its text; missing if it is not known. */
  readonly bytes?: number;
  /**
   * Milliseconds until its outcome had left, after COMMIT; of one that left,
   * since what it answers or passes on came. Missing if that is not known.
   */
  readonly latencyMs?: number;
  /** What became of it. */
  readonly outcome: string;
  /** What it says, as JSON without secrets; only if it was asked for. */
  readonly content?: string;
}

/** Which messages are wanted. */
export interface FlowFilter {
  /** Tests the resource. */
  readonly resource?: (text: string) => boolean;
  /** Operations; all if there are none. */
  readonly operations?: readonly string[];
  /** Wall clock in milliseconds from which on they are wanted. */
  readonly sinceMs?: number;
}

/** How often who follows looks, in milliseconds. */
const FOLLOW_MS = 200;

/** Reads the journal for whoever wants to see what flows. */
export class FlowReader {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #ticker: Ticker;

  /** Looks at half of the ring at the latest, and so drops little. */
  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
    this.#ticker = new Ticker(clock, FOLLOW_MS);
    journal.onHalf = () => this.#ticker.beat();
  }

  /** The last messages, the oldest first. */
  list(filter: FlowFilter = {}): FlowMessage[] {
    const { entries } = this.#journal.since(0);
    return this.#shown(entries, filter);
  }

  /**
   * What flows from now on, and before it what `filter.sinceMs` asks for.
   *
   * @param options With contents they are kept as long as this runs.
   * @returns Lines of JSON, some at a time: a message each, or
   *   `{"dropped": n}` where the reader was too slow for the journal.
   */
  follow(
    filter: FlowFilter,
    options: { readonly contents: boolean; readonly signal: AbortSignal },
  ): AsyncGenerator<string> {
    const isFromNow = filter.sinceMs === undefined;
    // Read now: a generator begins when it is first asked.
    const seen = isFromNow ? this.#journal.seq : 0;
    return this.#follow(filter, { ...options, seen });
  }

  async *#follow(
    filter: FlowFilter,
    options: {
      readonly contents: boolean;
      readonly signal: AbortSignal;
      readonly seen: number;
    },
  ): AsyncGenerator<string> {
    const { contents, signal } = options;
    const end = contents ? this.#journal.keepContents() : () => undefined;
    let { seen } = options;
    try {
      while (!signal.aborted) {
        const { entries, dropped } = this.#journal.since(seen);
        seen = this.#journal.seq;
        const lines = this.#shown(entries, filter).map(lineOf);
        if (dropped > 0) lines.unshift(lineOf({ dropped }));
        if (lines.length > 0) yield lines.join("");
        else await this.#ticker.next(signal);
      }
    } finally {
      end();
    }
  }

  /** In the order of time: one that came is noted when its outcome has left. */
  #shown(
    entries: readonly JournalEntry[],
    { resource, operations = [], sinceMs = -Infinity }: FlowFilter,
  ): FlowMessage[] {
    const offsetMs = this.#clock.now() - this.#clock.monotonic();
    const wanted = entries.filter((entry) =>
      (resource?.(entry.resource) ?? true) &&
      (operations.length === 0 || operations.includes(entry.operation)) &&
      entry.atMs + offsetMs >= sinceMs
    );
    if (wanted.length === 0) return [];
    const arrivals = this.#arrivals();
    return wanted
      .toSorted(inOrder)
      .map((entry) => shown(entry, { offsetMs, arrivals }));
  }

  /** When the messages that came did so, by their id. */
  #arrivals(): Map<string, JournalEntry> {
    const came = this.#journal.since(0).entries
      .filter(({ to, id }) => to === "node" && id !== "");
    return new Map(came.map((entry) => [entry.id, entry]));
  }
}

/** What came goes before what left at the same moment. */
function inOrder(a: JournalEntry, b: JournalEntry): number {
  const came = (entry: JournalEntry) => Number(entry.to === "node");
  return a.atMs - b.atMs || came(b) - came(a) || a.seq - b.seq;
}

function shown(
  entry: JournalEntry,
  { offsetMs, arrivals }: {
    readonly offsetMs: number;
    readonly arrivals: ReadonlyMap<string, JournalEntry>;
  },
): FlowMessage {
  const { atMs, bytes, latencyMs: _, parentId, content, ...headers } = entry;
  // What is passed on keeps its id; an answer names its question.
  const origin = entry.to === "node"
    ? undefined
    : arrivals.get(parentId) ?? arrivals.get(entry.id);
  const size = bytes >= 0 ? bytes : sizeOf(entry, origin);
  const latencyMs = latencyOf(entry, origin);
  const { outcome, ...rest } = headers;
  return {
    ...rest,
    time: new Date(atMs + offsetMs).toISOString(),
    ...(parentId ? { parentId } : {}),
    ...(size >= 0 ? { bytes: size } : {}),
    ...(latencyMs >= 0 ? { latencyMs } : {}),
    outcome,
    ...(content ? { content } : {}),
  };
}

/** What is handed on is as long as what came. */
function sizeOf(entry: JournalEntry, origin: JournalEntry | undefined): number {
  return origin?.id === entry.id ? origin.bytes : -1;
}

function latencyOf(
  entry: JournalEntry,
  origin: JournalEntry | undefined,
): number {
  const latencyMs = origin ? entry.atMs - origin.atMs : entry.latencyMs;
  return Math.round(latencyMs * 1000) / 1000;
}

function lineOf(value: unknown): string {
  return JSON.stringify(value) + "\n";
}
