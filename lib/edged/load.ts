import type { AgentConnection } from "./agent_connection.ts";

/** What waits at the local link. */
export interface EdgedLoad {
  /** Bytes that wait for agents. */
  readonly bufferedBytes: number;
  /** Agents that are not read, since the processor has no room. */
  readonly paused: number;
}

/** Adds up what waits at all connections. */
export function loadOf(
  agents: readonly Pick<AgentConnection, "bufferedBytes" | "isPaused">[],
): EdgedLoad {
  let bufferedBytes = 0;
  let paused = 0;
  for (const agent of agents) {
    bufferedBytes += agent.bufferedBytes;
    if (agent.isPaused) paused++;
  }
  return { bufferedBytes, paused };
}
