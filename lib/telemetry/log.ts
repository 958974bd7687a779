import type { Clock } from "../base/mod.ts";
import { RepeatFilter } from "./fold.ts";
import {
  type LogRecord,
  renderHuman,
  renderJson,
  SYSLOG_PRIORITY,
} from "./line.ts";
import { type ByteSink, LineWriter } from "./line_writer.ts";

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
  /** Where lines go. @default `stream` */
  readonly sink?: LogSink;
  /** Where lines go without a `sink`; it may fail. @default standard error */
  readonly stream?: ByteSink;
  /** Colours the human format. @default false */
  readonly color?: boolean;
  /**
   * The reader is the systemd journal: lines begin with their priority
   * (`<3>`), and those for people have no time and no colours, which the
   * journal has itself.
   *
   * @default false
   */
  readonly journald?: boolean;
}

/** How many lines there were since the start. */
export interface LogCounts {
  /** Lines that were asked for at each level that is written, held ones too. */
  readonly lines: Readonly<Record<LogLevel, number>>;
  /** Lines that standard error did not take. */
  readonly lost: number;
}

/** What a logger and its children share. */
interface Shared {
  readonly clock: Clock;
  /** Whether the line was taken. */
  readonly write: (line: string) => boolean;
  readonly render: (record: LogRecord) => string;
  readonly filter: RepeatFilter;
  readonly lines: Record<LogLevel, number>;
  /** Levels of single rooms; `undefined` for those that go by `level`. */
  readonly rooms: Map<string, LogLevel | undefined>;
  level: LogLevel;
  lost: number;
  /** Lost lines that have not been told of. */
  untold: number;
}

/**
 * Writes one line per event.
 *
 * Invariants: no line holds a secret (`redact.ts`) or a raw control
 * character; errors, warnings and infos of a steady fault stay under 1 MB an
 * hour (`fold.ts`); logging never throws into the code that logs, and lines
 * that nobody took are told of by number. Lines of level debug are not folded,
 * since whoever turned them on wants them all.
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
    this.#shared = options instanceof Logger ? options.#shared : share(options);
    const { rooms } = this.#shared;
    if (!rooms.has(room)) rooms.set(room, undefined);
  }

  /** What was logged since the start, by all that share the sink. */
  get counts(): LogCounts {
    const { lines, lost } = this.#shared;
    return { lines: { ...lines }, lost };
  }

  /** Rooms that log, each with its level if it has one of its own. */
  get rooms(): ReadonlyMap<string, LogLevel | undefined> {
    return this.#shared.rooms;
  }

  /**
   * Gives a room a level of its own, or takes it away again.
   *
   * @param level Least severe level that is written; `undefined`: as all.
   */
  setRoomLevel(room: string, level: LogLevel | undefined): void {
    this.#shared.rooms.set(room, level);
  }

  /**
   * Least severe level that is written; may be changed at any time, for all
   * children too, but not for rooms with a level of their own.
   */
  get level(): LogLevel {
    return this.#shared.level;
  }

  set level(level: LogLevel) {
    this.#shared.level = level;
  }

  /** A logger of another room that writes to the same place. */
  child(room: string): Logger {
    return new Logger(room, this);
  }

  /** Whether lines of this level are written: ask before costly fields. */
  enabled(level: LogLevel): boolean {
    const { rooms, level: common } = this.#shared;
    return LOG_LEVELS.indexOf(level) <=
      LOG_LEVELS.indexOf(rooms.get(this.room) ?? common);
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
    for (
      const { level, room, event, repeated } of filter.take(nowMs, overdueOnly)
    ) {
      this.#write({ level, room, event, fields: {}, repeated });
    }
  }

  #log(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (!this.enabled(level)) return;
    const { clock, filter, lines } = this.#shared;
    const { room } = this;
    lines[level]++;
    if (level === "debug") {
      return void this.#write({ level, room, event, fields });
    }
    const verdict = filter.admit({ level, room, event }, clock.monotonic());
    if (verdict.kind === "hold") return;
    const { repeated } = verdict;
    filter.spend(this.#write({ level, room, event, fields, repeated }));
  }

  /** @returns Length of the line, about its bytes. */
  #write(said: Omit<LogRecord, "timeMs">): number {
    const shared = this.#shared;
    const { render, write } = shared;
    const timeMs = shared.clock.now();
    const line = render({ timeMs, ...said }) + "\n";
    const isTaken = write(line);
    if (!isTaken) {
      shared.lost++;
      shared.untold++;
    } else if (shared.untold > 0) {
      const lost: LogRecord = {
        timeMs,
        level: "warn",
        room: "log",
        event: "lines were lost, standard error did not take them",
        fields: { lines: shared.untold },
      };
      if (write(render(lost) + "\n")) shared.untold = 0;
    }
    return line.length;
  }
}

/** A logger that writes nothing; for programs and tests that want none. */
export function silentLogger(clock: Clock): Logger {
  return new Logger("silent", { clock, level: "error", sink: () => undefined });
}

function share(options: LoggerOptions): Shared {
  const { clock, sink, journald = false } = options;
  const writer = new LineWriter(options.stream ?? Deno.stderr);
  const color = (options.color ?? false) && !journald;
  const human = (record: LogRecord) =>
    renderHuman(record, { color, time: !journald });
  const body = options.format === "json" ? renderJson : human;
  return {
    clock,
    write: sink
      ? (line) => {
        sink(line);
        return true;
      }
      : (line) => writer.write(line),
    render: journald
      ? (record) => `<${SYSLOG_PRIORITY[record.level]}>${body(record)}`
      : body,
    filter: new RepeatFilter(),
    lines: { error: 0, warn: 0, info: 0, debug: 0 },
    rooms: new Map(),
    level: options.level ?? "info",
    lost: 0,
    untold: 0,
  };
}
