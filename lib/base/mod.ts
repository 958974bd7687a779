/**
 * Primitives without a domain word: clock, randomness, backoff, bounded
 * queue, task set, the contract of running parts, local doors, limits.
 *
 * It knows nothing of messages, stores or links. Open `component.ts` first.
 *
 * @module
 */
export { assert, AssertionError, unreachable } from "./assert.ts";
export { hasBearer } from "./bearer.ts";
export { backoffMs, type BackoffOptions } from "./backoff.ts";
export { type Clock, sleep, SystemClock, type Timer } from "./clock.ts";
export type { Component } from "./component.ts";
export { LIMITS } from "./limits.ts";
export { loadYaml } from "./load_yaml.ts";
export {
  checkLoopback,
  listenOnLoopback,
  type LoopbackDoor,
  LoopbackPortError,
} from "./loopback.ts";
export { levenshtein, nearest } from "./nearest.ts";
export { BoundedQueue, type SizeBound } from "./queue.ts";
export {
  type Ids,
  type Random,
  seededIds,
  seededRandom,
  systemIds,
  systemRandom,
} from "./random.ts";
export { isRecord } from "./record.ts";
export { TaskSet } from "./task_set.ts";
export { readTokenFile, TokenFileError } from "./token_file.ts";
export { prepareUnixSocket, UnixSocketError } from "./unix_socket.ts";
