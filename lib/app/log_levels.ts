import {
  type Action,
  ActionError,
  publicView,
  type View,
} from "../admin/mod.ts";
import type { Clock, Component, Timer } from "../base/mod.ts";
import { isRecord } from "../base/mod.ts";
import { LOG_LEVELS, type Logger, type LogLevel } from "../telemetry/mod.ts";

/** A level that was changed at run time. */
export interface LevelChange {
  /** Least severe lines that are written. */
  readonly level: LogLevel;
  /** When the level before comes back, ISO 8601; missing: not before a restart. */
  readonly until?: string;
}

/** What is logged now. */
export interface LogLevelReport extends LevelChange {
  /** Components with a level of their own, by name. */
  readonly components: Readonly<Record<string, LevelChange>>;
  /** All components that log. */
  readonly known: readonly string[];
}

/** An order to change a level. */
export interface LevelOrder {
  /** Least severe lines to write; `default`: as if nothing had been changed. */
  readonly level: LogLevel | "default";
  /** The component; missing: all that have no level of their own. */
  readonly component?: string;
  /** Milliseconds after which the level before comes back; missing: never. */
  readonly forMs?: number;
}

/** What the levels are changed with. */
export interface LogLevelsOptions {
  /** Ends changes that are for a while. */
  readonly clock: Clock;
  /** The level by configuration, now. @default that of the log at the start */
  readonly configured?: () => LogLevel;
}

/** A change that ends by itself. */
interface Passing {
  readonly timer: Timer;
  readonly untilMs: number;
  /** What comes back; `undefined`: a component's level goes. */
  readonly before: LogLevel | undefined;
}

/** A level that takes the place of another one. */
interface Change {
  readonly event: string;
  /** Empty: all. */
  readonly component: string;
  /** `undefined`: a component's level goes. */
  readonly level: LogLevel | undefined;
}

const LEVELS = [...LOG_LEVELS, "default"] as const;

/** Longest time for which a level may be changed: a week. */
const FOR_SECONDS_MAX = 7 * 86_400;

/**
 * The levels of the log at run time. A change may be for a while: then what
 * was before comes back, and not what a change in between was for a while.
 */
export class LogLevels implements Component {
  /** Always `log levels`. */
  readonly name = "log levels";
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #configured: () => LogLevel;
  /** Changes that end, by component; those of all under the empty name. */
  readonly #passing = new Map<string, Passing>();

  /** Changes nothing. */
  constructor(log: Logger, options: LogLevelsOptions) {
    this.#log = log;
    this.#clock = options.clock;
    const { level } = log;
    this.#configured = options.configured ?? (() => level);
  }

  /** Has nothing to start. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Has nothing to finish. */
  drain(): Promise<void> {
    return Promise.resolve();
  }

  /** Lets the levels be what they are. */
  stop(): Promise<void> {
    for (const { timer } of this.#passing.values()) timer.cancel();
    this.#passing.clear();
    return Promise.resolve();
  }

  /** Stops. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** What is logged now. */
  get report(): LogLevelReport {
    const components: Record<string, LevelChange> = {};
    for (const [name, level] of this.#log.rooms) {
      if (level) components[name] = this.#change(name, level);
    }
    return {
      ...this.#change("", this.#log.level),
      components,
      known: [...this.#log.rooms.keys()].sort(),
    };
  }

  /** Changes a level. */
  set({ level: wanted, component = "", forMs }: LevelOrder): void {
    const running = this.#passing.get(component);
    running?.timer.cancel();
    this.#passing.delete(component);
    const before = running ? running.before : this.#levelOf(component);
    const level = wanted !== "default"
      ? wanted
      : component
      ? undefined
      : this.#configured();
    this.#apply({ event: "log level changed", component, level });
    if (forMs === undefined) return;
    const timer = this.#clock.after(forMs, () => {
      this.#passing.delete(component);
      // Who changed it in between, another way, knew better.
      if (this.#levelOf(component) !== level) return;
      const event = "log level is back";
      this.#apply({ event, component, level: before });
    });
    const untilMs = this.#clock.now() + forMs;
    this.#passing.set(component, { timer, untilMs, before });
  }

  #change(component: string, level: LogLevel): LevelChange {
    const passing = this.#passing.get(component);
    return {
      level,
      ...(passing ? { until: new Date(passing.untilMs).toISOString() } : {}),
    };
  }

  #levelOf(component: string): LogLevel | undefined {
    return component ? this.#log.rooms.get(component) : this.#log.level;
  }

  /** Either level may be below the line that tells of it. */
  #apply({ event, component, level }: Change): void {
    const fields = { component, level: level ?? "as all" };
    const isWritten = this.#log.enabled("info");
    if (isWritten) this.#log.info(event, fields);
    if (component) this.#log.setRoomLevel(component, level);
    else if (level) this.#log.level = level;
    if (!isWritten) this.#log.info(event, fields);
  }
}

/** The page of the levels. */
export function logLevelViews(
  levels: LogLevels,
): Readonly<Record<string, View>> {
  return { "/log-level": publicView(() => levels.report) };
}

/** What an operator can have changed of them. */
export function logLevelActions(
  levels: LogLevels,
): Readonly<Record<string, Action>> {
  return {
    "/log-level": (input) => {
      levels.set(readOrder(input, levels.report.known));
      return levels.report;
    },
  };
}

/** @throws {ActionError} Unless it is `{"level", "component"?, "forSeconds"?}`. */
function readOrder(input: unknown, known: readonly string[]): LevelOrder {
  const { level: given, component, forSeconds } = isRecord(input) ? input : {};
  const level = LEVELS.find((one) => one === given);
  if (!level) {
    throw new ActionError(400, `Level must be one of ${LEVELS.join(", ")}`);
  }
  if (component !== undefined && !known.includes(String(component))) {
    throw new ActionError(404, "No such component logs", {
      hint: `There are ${known.join(", ")}`,
    });
  }
  const seconds = forSeconds === undefined ? undefined : Number(forSeconds);
  if (
    seconds !== undefined && !(seconds > 0 && seconds <= FOR_SECONDS_MAX)
  ) {
    throw new ActionError(
      400,
      `forSeconds must be above 0 and at most ${FOR_SECONDS_MAX}`,
    );
  }
  return {
    level,
    ...(component === undefined ? {} : { component: String(component) }),
    ...(seconds === undefined ? {} : { forMs: seconds * 1000 }),
  };
}
