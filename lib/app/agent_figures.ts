import type { EdgedLink } from "../edged/mod.ts";
import type { Metrics } from "../telemetry/mod.ts";

/** Registers what the local link counts; it is read when asked for. */
export function registerAgentFigures(metrics: Metrics, edged: EdgedLink): void {
  const { stats } = edged;
  metrics.gauge(
    "metamanager_agents_queued_bytes",
    "Bytes waiting for all agents together",
    () => edged.load.bufferedBytes,
  );
  metrics.counterReader("metamanager_agent_attachments_total", {
    help: "Attachments of agents that succeeded",
    labels: [],
    read: () => [[[], stats.attachments]],
  });
  metrics.counterReader("metamanager_agent_refusals_total", {
    help: "Attachments that were refused, by HTTP status; 0: unanswered",
    labels: ["status"],
    read: () =>
      Object.entries(stats.refusals).map(([status, n]) => [[status], n]),
  });
  metrics.counterReader("metamanager_agents_closed_total", {
    help: "Agents that were closed, by reason",
    labels: ["reason"],
    read: () => [
      [["replaced"], stats.replaced],
      [["slow"], stats.cutOff],
      [["silent"], stats.silent],
    ],
  });
  metrics.counterReader("metamanager_agent_messages_total", {
    help: "Messages of agents and for agents, by direction",
    labels: ["direction"],
    read: () => [[["in"], stats.received], [["out"], stats.queued]],
  });
}
