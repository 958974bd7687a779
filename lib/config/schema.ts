import { LIMITS } from "../base/mod.ts";
import type { Schema, Values } from "./key_spec.ts";
import { REMOTE_TYPES } from "./remote_types.ts";

/**
 * Every key of edge.yaml. Names are KubeEdge v1.0's where it has them (wire
 * document, 8.2). conf/edge.yaml is this table for people; a test keeps them
 * equal.
 */
export const SCHEMA = {
  "edgehub.websocket.url": {
    type: "string",
    live: "redial",
    default: "",
    doc:
      "Address of the cloud, wss://HOST:PORT; empty: a standalone node without cloud.",
  },
  "edgehub.websocket.urls": {
    type: "strings",
    live: "redial",
    default: [],
    doc: "Further addresses of the cloud, dialled when url does not work.",
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
    live: "redial",
    default: 30,
    min: 0.1,
    max: 600,
    doc: "Longest time for connect, TLS and upgrade together.",
  },
  "edgehub.websocket.write-deadline": {
    type: "duration",
    live: "redial",
    default: 15,
    min: 0.1,
    max: 600,
    doc: "Longest time in which the cloud must take what is sent.",
  },
  "edgehub.websocket.read-deadline": {
    type: "duration",
    live: "redial",
    default: 15,
    min: 0.1,
    max: 600,
    doc: "Longest silence of the cloud, which is pinged halfway.",
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
    live: "at-once",
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
    live: "redial",
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
  "edgehub.failover.order": {
    type: "enum",
    live: "redial",
    values: ["in-order", "random"],
    default: "in-order",
    doc: "How the next address is chosen when one does not work.",
  },
  "edgehub.failover.prefer-after": {
    type: "duration",
    live: "redial",
    default: 0,
    min: 0,
    max: 30 * 86_400,
    doc:
      "Time on another address before the first one is tried again, in-order only; 0: never.",
  },
  "edgehub.proxy": {
    type: "string",
    live: "redial",
    default: "",
    secret: true,
    doc:
      "HTTP proxy for the cloud, http:// or https://USER:PASSWORD@HOST:PORT; empty: HTTPS_PROXY of the environment; none: no proxy.",
  },
  "edgehub.proxy-cafile": {
    type: "path",
    live: "redial",
    default: "",
    doc:
      "PEM of authorities that may sign the certificate of an https:// proxy, besides the system's.",
  },
  "edgehub.no-proxy": {
    type: "strings",
    live: "redial",
    default: [],
    doc:
      "Hosts that are dialled without it: names, .suffixes, addresses, ranges, *; empty: NO_PROXY.",
  },
  "edgehub.reconnect.base": {
    type: "duration",
    live: "at-once",
    default: 1,
    min: 0.01,
    max: 3600,
    doc: "First bound of the random wait before dialling again; it doubles.",
  },
  "edgehub.reconnect.cap": {
    type: "duration",
    live: "at-once",
    default: 60,
    min: 0.01,
    max: 86_400,
    doc: "Last bound of that wait.",
  },
  "edgehub.message-size": {
    type: "bytes",
    live: "redial",
    default: LIMITS.messageBytesMax,
    min: 64 * 1024,
    max: 2 * LIMITS.messageBytesMax,
    doc: "Largest message from the cloud; a larger one is refused.",
  },
  "edgehub.message-qps": {
    type: "integer",
    live: "at-once",
    default: 30,
    min: 0,
    max: 100_000,
    doc:
      "Messages to the cloud per second, keepalive and answers not counted; 0: no bound.",
  },
  "edgehub.message-burst": {
    type: "integer",
    live: "at-once",
    default: 60,
    min: 1,
    max: 100_000,
    doc: "Messages that may go at once after a pause.",
  },
  "meta.sync.podstatus.interval": {
    type: "duration",
    live: "at-once",
    default: 60,
    min: 1,
    doc: "Time between reports of all pod statuses, from 1 s up.",
  },
  "meta.sync.reconcile.interval": {
    type: "duration",
    default: 21_600,
    min: 0,
    doc:
      "Time between questions for all that pods name, beside those after each connect; 0: only those.",
  },
  "meta.sync.pending-pods.interval": {
    type: "duration",
    default: 600,
    min: 0,
    doc: "Time between questions for pods that have not begun; 0: none.",
  },
  "meta.query.remote-types": {
    type: "strings",
    live: "at-once",
    default: REMOTE_TYPES,
    doc: "Resource types that are asked for in the cloud while it is there.",
  },
  "meta.query.timeout": {
    type: "duration",
    live: "at-once",
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
    live: "at-once",
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
  "admin.listen": {
    type: "string",
    default: "",
    doc:
      "Loopback address that shows health and figures, 127.0.0.1:PORT; empty: none. Needs token-file.",
  },
  "admin.token-file": {
    type: "path",
    default: "",
    doc: "File with the bearer token for listen, mode 0600.",
  },
  "store.path": {
    type: "path",
    default: "/var/lib/metamanager/metamanager.db",
    alias: "database.source",
    doc: "The database file; database.source is read as the same key.",
  },
  "store.snapshot": {
    type: "duration",
    live: "at-once",
    default: 86_400,
    min: 0,
    doc: "Time between snapshots of the database; 0: none.",
  },
  "log.level": {
    type: "enum",
    live: "at-once",
    values: ["error", "warn", "info", "debug"],
    default: "info",
    doc: "Least severe lines that are written: error, warn, info or debug.",
  },
  "log.format": {
    type: "enum",
    live: "at-once",
    values: ["human", "json"],
    default: "human",
    doc: "Lines for people (human) or one JSON object each (json).",
  },
  "log.journald": {
    type: "enum",
    values: ["auto", "always", "never"],
    default: "auto",
    doc:
      "Lines as systemd's journal wants them, priority first; auto: if standard error is the journal.",
  },
} as const satisfies Schema;

/** Dotted path of a key. */
export type ConfigKey = keyof typeof SCHEMA;

/** Values of all keys of edge.yaml, durations in seconds. */
export type ConfigValues = Values<typeof SCHEMA>;
