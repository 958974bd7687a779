import type { Clock } from "../base/mod.ts";
import { RepeatFilter } from "./fold.ts";
import { LineRing } from "./line_ring.ts";
import { renderHuman, renderJson } from "./line.ts";

/** Severity of a line, most severe first. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;

/** Severity of a line. */
export type LogLevel = typeof LOG_LEVELS[number];

/** Shape of a line: for people, or one JSON object. */
export type LogFormat = "human" | "json";

/** What a line says besides its event; redacted before it is written. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where lines go. Must not throw; the line carries its newline. */
export type LogSink = (line: string) => void;

/** How a logger writes. */
export interface LoggerOptions {
  /** Stamps lines and measures the windows of the fold. */
  readonly clock: Clock;
  /** Least severe level that is written. @default "info" */
  readonly level?: LogLevel;
  /** Shape of lines. @default "human" */
  readonly format?: LogFormat;
  /** Where lines go. @default standard error */
  readonly sink?: LogSink;
  /** Colours the human format. @default false */
  readonly color?: boolean;
}

/** What a logger and its children share. */
interface Shared {
  readonly clock: Clock;
  readonly sink: LogSink;
  readonly format: LogFormat;
  readonly color: boolean;
  readonly filter: RepeatFilter;
  readonly ring: LineRing;
  level: LogLevel;
}

/**
 * Writes one line per event.
 *
 * Invariants: no line holds a secret (`redact.ts`) or a raw control
 * character; errors, warnings and infos of a steady fault stay under 1 MB an
 * hour (`fold.ts`); logging never throws into the code that logs. Lines of
 * level debug are not folded, since whoever turned them on wants them all.
 *
 * @example
 * ```ts ignore
 * const log = new Logger("node", { clock: new SystemClock() }).child("edgehub");
 * log.info("connected", { url, attempts: 3 });
 * // 2026-11-21T21:00:00.123Z INFO  edgehub: connected url=wss://... attempts=3
 * ```
 */
export class Logger {
  /** Room that the lines speak of. */
  readonly room: string;
  readonly #shared: Shared;

  /**
   * A logger of its own, or one that shares another's sink and level.
   *
   * @param room Room that the lines speak of.
   * @param options Clock, level, format and sink; children share them.
   */
  constructor(room: string, options: LoggerOptions | Logger) {
    this.room = room;
    this.#shared = options instanceof Logger ? options.#shared : {
      clock: options.clock,
      sink: options.sink ?? stderrSink,
      format: options.format ?? "human",
      color: options.color ?? false,
      filter: new RepeatFilter(),
      ring: new LineRing(),
      level: options.level ?? "info",
    };
  }

  /** Least severe level that is written; may be changed at any time, for all children too. */
  get level(): LogLevel {
    return this.#shared.level;
  }

  set level(level: LogLevel) {
    this.#shared.level = level;
  }

  /** The last lines that were written, oldest first, without colours. */
  get recent(): readonly string[] {
    return this.#shared.ring.lines;
  }

  /** A logger of another room that writes to the same place. */
  child(room: string): Logger {
    return new Logger(room, this);
  }

  /** Whether lines of this level are written: ask before costly fields. */
  enabled(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <=
      LOG_LEVELS.indexOf(this.#shared.level);
  }

  /** Something is broken and needs someone. */
  error(event: string, fields?: LogFields): void {
    this.#log("error", event, fields);
  }

  /** Something is wrong; the node deals with it. */
  warn(event: string, fields?: LogFields): void {
    this.#log("warn", event, fields);
  }

  /** Something happened that an operator wants to know. */
  info(event: string, fields?: LogFields): void {
    this.#log("info", event, fields);
  }

  /** Something that only helps to find a fault. */
  debug(event: string, fields?: LogFields): void {
    this.#log("debug", event, fields);
  }

  /**
   * Writes the counts of repeats that were held back: all of them, or with
   * `overdueOnly` those whose minute is over. Call it now and then and at the
   * end, or the last repeats before a silence go unreported.
   */
  flush(overdueOnly = false): void {
    const { clock, filter } = this.#shared;
    const nowMs = clock.monotonic();
    for (const held of filter.take(nowMs, overdueOnly)) {
      this.#write(held.level, held.room, held.event, {
        repeated: held.repeated,
      });
    }
  }

  #log(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (!this.enabled(level)) return;
    const { clock, filter } = this.#shared;
    if (level === "debug") {
      return void this.#write(level, this.room, event, fields);
    }
    const nowMs = clock.monotonic();
    const verdict = filter.admit({ level, room: this.room, event }, nowMs);
    if (verdict.kind === "hold") return;
    const bytes = this.#write(
      level,
      this.room,
      event,
      verdict.repeated > 0 ? { ...fields, repeated: verdict.repeated } : fields,
    );
    filter.spend(bytes);
  }

  /** @returns Length of the line, about its bytes. */
  #write(
    level: LogLevel,
    room: string,
    event: string,
    fields: LogFields,
  ): number {
    const { clock, format, color, sink, ring } = this.#shared;
    const record = { timeMs: clock.now(), level, room, event, fields };
    const line = format === "json"
      ? renderJson(record)
      : renderHuman(record, color);
    ring.push(color ? renderHuman(record, false) : line);
    sink(line + "\n");
    return line.length + 1;
  }
}

/** A logger that writes nothing; for programs and tests that want none. */
export function silentLogger(clock: Clock): Logger {
  return new Logger("silent", { clock, level: "error", sink: () => undefined });
}

function stderrSink(line: string): void {
  const bytes = new TextEncoder().encode(line);
  let sent = 0;
  try {
    while (sent < bytes.length) {
      sent += Deno.stderr.writeSync(bytes.subarray(sent));
    }
  } catch (error) {
    // Nobody reads standard error any more, or it is full and does not
    // block. There is no other place to say so, and a node must outlive its
    // log reader; anything else is a defect.
    if (
      !(error instanceof Deno.errors.BrokenPipe) &&
      !(error instanceof Deno.errors.WouldBlock)
    ) throw error;
  }
}
