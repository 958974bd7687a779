import { LIMITS } from "../base/mod.ts";

/** What all keys have. */
interface KeyBase<T> {
  /** Value if the key is not given. */
  readonly default: T;
  /** What it is for: one sentence, as it stands in conf/edge.yaml. */
  readonly doc: string;
  /** Other name under which the key is read. */
  readonly alias?: string;
  /** The value must never be printed. */
  readonly secret?: boolean;
}

/** Range of a number, inclusive; seconds for durations, bytes for sizes. */
interface Range {
  /** Smallest value. @default none */
  readonly min?: number;
  /** Largest value. @default none */
  readonly max?: number;
}

/** One key of the configuration. */
export type KeySpec =
  | (KeyBase<string> & { readonly type: "string" })
  /** A file or folder; relative ones start at the folder of the file that names them. */
  | (KeyBase<string> & { readonly type: "path" })
  | (KeyBase<boolean> & { readonly type: "boolean" })
  | (KeyBase<number> & Range & { readonly type: "integer" })
  | (KeyBase<number> & Range & { readonly type: "number" })
  /** Seconds as a number, or `500ms`, `60s`, `2m`, `24h`; the value is in seconds. */
  | (KeyBase<number> & Range & { readonly type: "duration" })
  /** Bytes as a number, or `512KiB`, `32MiB`. */
  | (KeyBase<number> & Range & { readonly type: "bytes" })
  | (KeyBase<readonly string[]> & { readonly type: "strings" })
  | (KeyBase<string> & {
    readonly type: "enum";
    readonly values: readonly string[];
  });

/** Keys by dotted path. */
export type Schema = Readonly<Record<string, KeySpec>>;

/** What a key's value is once it was read. */
export type ValueOf<S extends KeySpec> = S extends
  { type: "enum"; values: readonly (infer V)[] } ? V
  : S extends { type: "string" | "path" } ? string
  : S extends { type: "boolean" } ? boolean
  : S extends { type: "strings" } ? readonly string[]
  : number;

/** Values of all keys of a schema. */
export type Values<S extends Schema> = {
  readonly [K in keyof S]: ValueOf<S[K]>;
};

/** The remote types of a stock edge (wire document, 5): asked for in the cloud. */
const REMOTE_TYPES = [
  "configmap",
  "secret",
  "persistentvolume",
  "persistentvolumeclaim",
  "volumeattachment",
  "node",
  "serviceaccounttoken",
  "lease",
  "certificatesigningrequest",
] as const;

/**
 * Every key of edge.yaml. Names are KubeEdge v1.0's where it has them (wire
 * document, 8.2). conf/edge.yaml is this table for people; a test keeps them
 * equal.
 */
export const SCHEMA = {
  "edgehub.websocket.url": {
    type: "string",
    default: "",
    doc:
      "Address of the cloud, wss://HOST:PORT; empty: a standalone node without cloud.",
  },
  "edgehub.websocket.certfile": {
    type: "path",
    default: "",
    doc: "The node's certificate, PEM; needs keyfile.",
  },
  "edgehub.websocket.keyfile": {
    type: "path",
    default: "",
    doc: "Key of the node's certificate, PEM without passphrase.",
  },
  "edgehub.websocket.cafile": {
    type: "path",
    default: "",
    doc:
      "The authority that signed the cloud's certificate, PEM; wss needs it.",
  },
  "edgehub.websocket.handshake-timeout": {
    type: "duration",
    default: 30,
    min: 0.1,
    max: 600,
    doc: "Longest time for connect, TLS and upgrade together.",
  },
  "edgehub.websocket.write-deadline": {
    type: "duration",
    default: 15,
    min: 0.1,
    max: 600,
    doc: "Longest time in which the cloud must take what is sent.",
  },
  "edgehub.websocket.read-deadline": {
    type: "duration",
    default: 15,
    min: 0.1,
    max: 600,
    doc: "Longest time for the answer to a ping.",
  },
  "edgehub.token": {
    type: "string",
    default: "",
    secret: true,
    doc:
      "KubeEdge's join token (keadm gettoken); erased here once it was used.",
  },
  "edgehub.token-file": {
    type: "path",
    default: "",
    doc:
      "File with the join token, looked for while the node runs; removed once it was used.",
  },
  "edgehub.http-server": {
    type: "string",
    default: "",
    doc:
      "CloudCore's certificate server, HOST:PORT; empty: the host of url, port 10002.",
  },
  "edgehub.rotate-certificates": {
    type: "boolean",
    default: true,
    doc: "Replace the node's certificate well before it ends.",
  },
  "edgehub.controller.heartbeat": {
    type: "duration",
    default: 15,
    min: 0.1,
    max: 3600,
    doc: "Time between keepalive messages.",
  },
  "edgehub.controller.project-id": {
    type: "string",
    default: "e632aba927ea4ac2b575ec1603d56f10",
    doc: "Project in the path of the cloud's address.",
  },
  "edgehub.controller.node-id": {
    type: "string",
    default: "",
    doc: "Name of the node in the cloud; empty: the host name.",
  },
  "edgehub.reconnect.base": {
    type: "duration",
    default: 1,
    min: 0.01,
    max: 3600,
    doc: "First bound of the random wait before dialling again; it doubles.",
  },
  "edgehub.reconnect.cap": {
    type: "duration",
    default: 60,
    min: 0.01,
    max: 86_400,
    doc: "Last bound of that wait.",
  },
  "edgehub.message-size": {
    type: "bytes",
    default: LIMITS.messageBytesMax,
    min: 64 * 1024,
    max: 2 * LIMITS.messageBytesMax,
    doc: "Largest message from the cloud; a larger one is refused.",
  },
  "meta.sync.podstatus.interval": {
    type: "duration",
    default: 60,
    min: 1,
    doc: "Time between reports of all pod statuses, from 1 s up.",
  },
  "meta.query.remote-types": {
    type: "strings",
    default: REMOTE_TYPES,
    doc: "Resource types that are asked for in the cloud while it is there.",
  },
  "meta.query.timeout": {
    type: "duration",
    default: 10,
    min: 0.1,
    max: 600,
    doc: "Longest time for the cloud's answer to a query.",
  },
  "edged.socket": {
    type: "path",
    default: "/run/metamanager/edged.sock",
    doc: "Unix socket for pod agents; empty: none.",
  },
  "edged.listen": {
    type: "string",
    default: "",
    doc:
      "Loopback address for pod agents, 127.0.0.1:PORT; empty: none. Needs token-file.",
  },
  "edged.token-file": {
    type: "path",
    default: "",
    doc: "File with the bearer token for listen, mode 0600.",
  },
  "edged.reply-timeout": {
    type: "duration",
    default: 2,
    min: 0.01,
    max: 600,
    doc: "Longest time for an agent's answer before the cloud gets OK.",
  },
  "admin.socket": {
    type: "path",
    default: "/run/metamanager/admin.sock",
    doc: "Unix socket for health, metrics and status over HTTP; empty: none.",
  },
  "store.path": {
    type: "path",
    default: "/var/lib/metamanager/metamanager.db",
    alias: "database.source",
    doc: "The database file; database.source is read as the same key.",
  },
  "store.snapshot": {
    type: "duration",
    default: 86_400,
    min: 0,
    doc: "Time between snapshots of the database; 0: none.",
  },
  "log.level": {
    type: "enum",
    values: ["error", "warn", "info", "debug"],
    default: "info",
    doc: "Least severe lines that are written: error, warn, info or debug.",
  },
  "log.format": {
    type: "enum",
    values: ["human", "json"],
    default: "human",
    doc: "Lines for people (human) or one JSON object each (json).",
  },
} as const satisfies Schema;

/** Dotted path of a key. */
export type ConfigKey = keyof typeof SCHEMA;

/** Values of all keys of edge.yaml, durations in seconds. */
export type ConfigValues = Values<typeof SCHEMA>;
