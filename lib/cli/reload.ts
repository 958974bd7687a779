import { ActionError } from "../app/mod.ts";
import {
  type Config,
  type ConfigChange,
  ConfigError,
  type LoadedConfig,
  takeUp,
} from "../config/mod.ts";
import type { Logger } from "../telemetry/mod.ts";
import { failureText } from "./failure_text.ts";

/** What came of reading the configuration again. */
export interface ReloadReport {
  /** What counts from now on; with `redial` the cloud is dialled anew for it. */
  readonly applied: readonly ConfigChange[];
  /** What has changed and counts after a restart only. */
  readonly needsRestart: readonly ConfigChange[];
}

/** What reads a node's configuration again. */
export interface ReloaderOptions {
  /** Reads it, as at the start. */
  readonly load: () => Promise<LoadedConfig>;
  /** A variable of the environment. */
  readonly env: (name: string) => string | undefined;
  /** Has the node go by it. */
  readonly reconfigure: (config: Config, redial: boolean) => void;
  /** Told before and after. */
  readonly manager: {
    reloading(): Promise<void>;
    ready(): Promise<void>;
  };
  /** Resolves once the node serves: nothing is read before. */
  readonly serving: Promise<void>;
  /** Log lines. */
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

/**
 * Reads the configuration of a running node again, one time after the other.
 * What can change while it runs counts at once, all else is named; a
 * configuration with a mistake changes nothing.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #running: LoadedConfig;
  #last: Promise<unknown>;

  /** @param running What counts now. */
  constructor(running: LoadedConfig, options: ReloaderOptions) {
    this.#running = running;
    this.#options = options;
    this.#last = options.serving;
  }

  /**
   * Reads it again.
   *
   * @throws {ActionError} If it cannot be used, with every mistake.
   */
  reload(): Promise<ReloadReport> {
    const one = this.#last.then(() => this.#reload());
    this.#last = one.catch((error) => {
      this.#options.log.error("configuration not reloaded", {
        error: failureText(error),
      });
    });
    return one;
  }

  /** As `reload`, for a signal: what came of it stands in the log. */
  async onSignal(): Promise<void> {
    await Promise.allSettled([this.reload()]);
  }

  async #reload(): Promise<ReloadReport> {
    const { manager } = this.#options;
    await manager.reloading();
    try {
      return this.#apply(await this.#load());
    } finally {
      await manager.ready();
    }
  }

  async #load(): Promise<LoadedConfig> {
    try {
      return await this.#options.load();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ActionError(
        409,
        `Cannot use the new configuration, the old one counts: ${error.message}`,
        { cause: error },
      );
    }
  }

  #apply(next: LoadedConfig): ReloadReport {
    const { env, log, reconfigure } = this.#options;
    const { loaded, changes } = takeUp(this.#running, next, env);
    const needsRestart = changes.filter(({ live }) => live === "restart");
    const applied = changes.filter((change) => !needsRestart.includes(change));
    this.#running = loaded;
    if (applied.length > 0) {
      const redial = applied.some(({ live }) => live === "redial");
      reconfigure(loaded.config, redial);
      for (const note of loaded.notes) log.warn(note);
    }
    log.info("configuration reloaded", {
      applied: keysOf(applied),
      needsRestart: keysOf(needsRestart),
    });
    return { applied, needsRestart };
  }
}

function keysOf(changes: readonly ConfigChange[]): string {
  return changes.map(({ key }) => key).join(" ");
}
