/**
 * The local link: pod agents attach here, over a Unix socket, over loopback
 * TCP, or as a function of this process, and become modules of the router.
 *
 * It never looks into what a message is about, stores nothing and knows
 * nothing of the cloud. Open `listener.ts` first, then `agent_connection.ts`.
 *
 * @module
 */
export {
  AGENT_GROUP,
  type AgentLimits,
  CloseCode,
} from "./agent_connection.ts";
export type { DoorOptions } from "./doors.ts";
export type { IdleLimits } from "./idle_watch.ts";
export {
  attachInProcess,
  InProcessAgent,
  type InProcessOptions,
} from "./in_process.ts";
export type { EdgedLoad } from "./load.ts";
export { type EdgedLimits, EdgedLink, type EdgedOptions } from "./listener.ts";
export type { EdgedParts, Log } from "./ports.ts";
export type { EdgedStats } from "./stats.ts";
