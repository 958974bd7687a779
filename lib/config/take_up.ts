import type { Given } from "./given.ts";
import type { KeySpec, Live } from "./key_spec.ts";
import {
  assemble,
  type LoadedConfig,
  type Origin,
  withDefaults,
} from "./load.ts";
import { ConfigError } from "./problem.ts";
import { type ConfigKey, type ConfigValues, SCHEMA } from "./schema.ts";
import { formatValue } from "./value.ts";

/** One key whose value has changed. */
export interface ConfigChange {
  /** Dotted path. */
  readonly key: string;
  /** Value so far, as it may stand in edge.yaml; empty for a secret. */
  readonly from: string;
  /** New value, as it may stand in edge.yaml; empty for a secret. */
  readonly to: string;
  /** When it counts. */
  readonly live: Live;
}

/** What a running node takes up of another configuration. */
export interface TakenUp {
  /** The configuration that counts from now on. */
  readonly loaded: LoadedConfig;
  /** What has changed, in the order of the schema. */
  readonly changes: readonly ConfigChange[];
}

const ADDRESSES: readonly ConfigKey[] = [
  "edgehub.websocket.url",
  "edgehub.websocket.urls",
];
const KEYS = Object.keys(SCHEMA) as ConfigKey[];

/**
 * Finds what of a configuration can count while the node runs with another.
 * All else stays as it is, and the whole is checked anew: an address that
 * needs, or brings, another value of a key that cannot change waits for the
 * restart as well.
 *
 * @param running What counts so far.
 * @param next What was read now.
 * @param env A variable of the environment, for the proxy.
 */
export function takeUp(
  running: LoadedConfig,
  next: LoadedConfig,
  env: (name: string) => string | undefined,
): TakenUp {
  const before = withDefaults(originOf(running).given);
  const after = withDefaults(originOf(next).given);
  const changed = KEYS.filter((key) =>
    !isSame(before[key], after[key]) && !isErased(key, after)
  );
  const live = changed.filter((key) => liveOf(key) !== "restart");
  const others = live.filter((key) => !ADDRESSES.includes(key));
  const apart = others.filter((key) => !key.startsWith("edgehub."));
  for (const keys of [live, others, apart]) {
    const loaded = merged(running, next, { keys, env });
    if (!loaded) continue;
    const changes = changed.map((key): ConfigChange => ({
      key,
      from: textOf(key, before),
      to: textOf(key, after),
      live: keys.includes(key) ? liveOf(key) : "restart",
    }));
    return { loaded, changes };
  }
  throw new TypeError("Cannot take anything up: what runs is not valid");
}

/** The running configuration with some keys of the next; `undefined`: it cannot run. */
function merged(
  running: LoadedConfig,
  next: LoadedConfig,
  { keys, env }: {
    readonly keys: readonly ConfigKey[];
    readonly env: (name: string) => string | undefined;
  },
): LoadedConfig | undefined {
  const origin = originOf(running);
  const given: Given = { ...origin.given };
  for (const key of keys) {
    const value = originOf(next).given[key];
    if (value === undefined) delete given[key];
    else given[key] = value;
  }
  const { nodeId } = running.config.edgehub.controller;
  let loaded: LoadedConfig;
  try {
    loaded = assemble(given, [], { hostname: () => nodeId, env });
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
  const { values } = originOf(loaded);
  const url = "edgehub.websocket.url";
  const isKept = KEYS.every((key) =>
    liveOf(key) !== "restart" || isSame(values[key], origin.values[key])
  );
  // A standalone node has no link that could be dialled, and no trust; one
  // without TLS has no trust either.
  const kind = (text: string) => text.split(":", 1)[0];
  return isKept && kind(values[url]) === kind(origin.values[url])
    ? loaded
    : undefined;
}

/** Of every configuration that `assemble` made, and no other is one. */
function originOf({ origin }: LoadedConfig): Origin {
  return origin as Origin;
}

function liveOf(key: ConfigKey): Live {
  const spec: KeySpec = SCHEMA[key];
  return spec.live ?? "restart";
}

/** The node removes a token that it has used. */
function isErased(key: ConfigKey, after: ConfigValues): boolean {
  return key === "edgehub.token" && after[key] === "";
}

function textOf(key: ConfigKey, values: ConfigValues): string {
  const spec: KeySpec = SCHEMA[key];
  return spec.secret ? "" : formatValue(spec, values[key]);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
