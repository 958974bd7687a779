/**
 * The library: a node inside a program of your own, and an agent that
 * attaches to a node elsewhere.
 *
 * A program that embeds a node starts it from a configuration and registers
 * its own pod agent. What the agent is handed is durable already, and what it
 * missed while it was away comes first.
 *
 * ```ts ignore
 * import {
 *   EdgeNode,
 *   loadConfig,
 *   newMessage,
 *   systemIds,
 * } from "metamanager/mod.ts";
 *
 * const { config } = await loadConfig({
 *   file: "/etc/metamanager/edge.yaml",
 *   sets: ["edged.socket="],
 *   hostname: Deno.hostname,
 * });
 * await using node = new EdgeNode(config);
 * await node.start();
 * using agent = node.attach({
 *   module: "edged",
 *   onMessage: async ({ route, content }) => {
 *     if (!route.resource.includes("/pod/")) return;
 *     if (route.operation === "delete") await stopPod(route.resource);
 *     else await startOrChangePod(content);
 *   },
 * });
 * // An agent's own requests go through the router, under its module's name.
 * node.router.send("metamanager", {
 *   from: "edged",
 *   message: newMessage({ newId: systemIds, now: Date.now }, {
 *     source: "edged",
 *     group: "meta",
 *     operation: "update",
 *     resource: "default/podstatus/web-0",
 *     content: { UID: uid, Name: "web-0", Status: { phase: "Running" } },
 *   }),
 * });
 * ```
 *
 * A program of its own attaches over a socket with {@link AgentClient}.
 *
 * @module
 */

// The node.
export {
  EdgeNode,
  type IdentityStatus,
  type NodeParts,
  type NodeStatus,
  type NodeTiming,
  type OutboxCounts,
  type OutboxMessage,
  type SyncReport,
} from "./lib/app/mod.ts";
export {
  type Config,
  ConfigError,
  type EffectiveEntry,
  type ListenAddress,
  loadConfig,
  type LoadedConfig,
  type LoadOptions,
  type Problem,
} from "./lib/config/mod.ts";
export {
  InProcessAgent,
  type InProcessOptions,
  type Log,
} from "./lib/edged/mod.ts";
export {
  type AgentTraits,
  type Envelope,
  type ModuleSpec,
  NoReceiverError,
  QueueFullError,
  ReplyTimeoutError,
  Router,
  type RouterObserver,
  type SendSyncOptions,
} from "./lib/router/mod.ts";

// The message.
export {
  type AnswerContent,
  CLOUD_CONNECTED,
  CLOUD_DISCONNECTED,
  decode,
  type Decoded,
  type DecodeOptions,
  encode,
  type ErrStatus,
  errStatus,
  type FaultKind,
  Group,
  type Header,
  type Message,
  type MessageFault,
  type MessageFields,
  Module,
  newError,
  newMessage,
  newOk,
  newResponse,
  NO_NAMESPACE,
  NODE_CONNECTION_RESOURCE,
  OK,
  Operation,
  parseResource,
  readAnswer,
  REPLAY_RESOURCE,
  type ResourceKey,
  resourceOf,
  ResourceType,
  type Route,
  type Stamp,
  type Status,
  type StatusReason,
} from "./lib/message/mod.ts";

// An agent elsewhere.
export {
  type AgentAddress,
  AgentClient,
  type AgentClientOptions,
  AgentClosedError,
  AgentRefusedError,
  type MessageHandler,
  type PodName,
  RequestFailedError,
  type RequestOptions,
  RequestTimeoutError,
} from "./lib/agent/mod.ts";

// What can go wrong.
export { LoopbackPortError, TokenFileError } from "./lib/base/mod.ts";
export { LinkError, type LinkErrorKind } from "./lib/edgehub/mod.ts";
export { StoreError, type StoreErrorKind } from "./lib/store/mod.ts";

// What the parts above are given and show.
export {
  type BackoffOptions,
  type Clock,
  type Component,
  type Ids,
  type Random,
  SystemClock,
  systemIds,
  systemRandom,
  type Timer,
  UnixSocketError,
} from "./lib/base/mod.ts";
export type { LinkState } from "./lib/edgehub/mod.ts";
export {
  type OutboxOrder,
  type OutboxOrderDone,
  OutboxOrderError,
} from "./lib/processor/mod.ts";
export type { OutboxInfo, OutboxUse, StoreStats } from "./lib/store/mod.ts";
export {
  Counter,
  type Family,
  type GaugeSamples,
  Health,
  type HealthCheck,
  type HealthOptions,
  type HealthReport,
  type HealthState,
  type Heartbeat,
  Histogram,
  type LabelNames,
  type LabelValues,
  LOG_LEVELS,
  type LogFields,
  type LogFormat,
  Logger,
  type LoggerOptions,
  type LogLevel,
  type LogSink,
  Metrics,
} from "./lib/telemetry/mod.ts";
