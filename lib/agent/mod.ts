/**
 * The pod agent's end of the local link, for agents written in TypeScript:
 * attaches, dials again, pairs requests with answers.
 *
 * It is a peer of the node and shares nothing with it but the message. Open
 * `client.ts` first.
 *
 * @module
 */
export {
  AgentClient,
  type AgentClientOptions,
  type PodName,
} from "./client.ts";
export type { AgentAddress } from "./dial.ts";
export {
  AgentClosedError,
  AgentRefusedError,
  RequestFailedError,
  RequestTimeoutError,
} from "./errors.ts";
export type { MessageHandler } from "./inbox.ts";
export type { RequestOptions } from "./requests.ts";
