import type { Config } from "../config/mod.ts";
import type { EdgehubOptions } from "../edgehub/mod.ts";
import type { ServerAddress } from "../identity/mod.ts";
import type { Logger } from "../telemetry/mod.ts";
import type { ProxyOptions } from "../tunnel/mod.ts";
import type { Parts } from "./build.ts";
import { proxyOptions } from "./proxy_config.ts";
import { enrolmentServer } from "./trust_config.ts";

/**
 * What the cloud is dialled through now: whoever holds it goes by the
 * configuration of the moment. Without a proxy all hosts are its exceptions.
 */
export function liveProxy(live: () => Config): ProxyOptions {
  const now = () => proxyOptions(live());
  return {
    get url() {
      return now()?.url;
    },
    get caFile() {
      return now()?.caFile ?? "";
    },
    get except() {
      return now()?.except ?? ["*"];
    },
  };
}

/** CloudCore's certificate server now. */
export function liveServer(live: () => Config): ServerAddress {
  return {
    get host() {
      return enrolmentServer(live()).host;
    },
    get port() {
      return enrolmentServer(live()).port;
    },
  };
}

/** Rate of the uplink now. */
export function liveRate(live: () => Config): EdgehubOptions["rate"] {
  return {
    get perSecond() {
      return live().edgehub.rate.perSecond;
    },
    get burst() {
      return live().edgehub.rate.burst;
    },
  };
}

/** The remote types now; a set of its own for each configuration, not each use. */
export function liveRemoteTypes(
  live: () => Config,
): () => ReadonlySet<string> {
  const of = (config: Config) => ({
    config,
    types: new Set(config.meta.query.remoteTypes),
  });
  let made = of(live());
  return () => {
    if (made.config !== live()) made = of(live());
    return made.types;
  };
}

/** What {@link applyChange} works on. */
export interface Changing {
  /** The configuration that counted so far. */
  readonly before: Config;
  /** The one that counts now. */
  readonly after: Config;
  /** Lines of the node. */
  readonly log: Pick<Logger, "level" | "format">;
  /** The node's parts, once it starts. */
  readonly parts: Parts | undefined;
  /** Whether the cloud has to be dialled anew for it. */
  readonly redial: boolean;
}

/** Has the parts take up what they do not ask for at each use. */
export function applyChange(
  { before, after, log, parts, redial }: Changing,
): void {
  // Else a level that was set by hand stays.
  if (before.log.level !== after.log.level) log.level = after.log.level;
  log.format = after.log.format;
  const { processor, snapshots, edgehub } = parts ?? {};
  const interval = ({ meta }: Config) => meta.sync.podstatus.intervalMs;
  if (interval(before) !== interval(after)) processor?.restartMetaSync();
  if (before.store.snapshotMs !== after.store.snapshotMs) snapshots?.restart();
  if (!redial) return;
  edgehub?.redial("new configuration");
  // A link that is down waits for something else no longer.
  edgehub?.reconnect();
}
