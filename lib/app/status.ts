import manifest from "../../deno.json" with { type: "json" };
import type { EdgedLink } from "../edged/mod.ts";
import type { Edgehub, LinkState } from "../edgehub/mod.ts";
import type { Processor } from "../processor/mod.ts";
import type { Store, StoreStats } from "../store/mod.ts";
import type { HealthReport, Metrics } from "../telemetry/mod.ts";
import type { Flow, FlowReport, LinkFailure } from "./flow.ts";
import { type OutboxCounts, outboxCounts } from "./outbox_report.ts";
import { type SyncReport, syncReport } from "./sync_report.ts";
import type { IdentityStatus, Trust } from "./trust.ts";

/** State of a node for an operator: figures and reasons, no contents. */
export interface NodeStatus {
  /** Name of the node. */
  readonly node: string;
  /** Version of the program. */
  readonly version: string;
  /** When it was started, ISO 8601. */
  readonly started: string;
  /** Seconds since then. */
  readonly uptimeSeconds: number;
  /** Checks and their reasons. */
  readonly health: HealthReport;
  /** The cloud link; `standalone` without a configured cloud. */
  readonly link: {
    /** What it does. */
    readonly state: LinkState["state"] | "standalone";
    /** Since when, ISO 8601. */
    readonly since: string;
    /** Address in use or dialled next; empty for a standalone node. */
    readonly url: string;
    /** Why it was down last; missing if it never was since the start. */
    readonly lastError?: LinkFailure;
  };
  /** Key and certificate; missing for a node that needs none. */
  readonly identity?: IdentityStatus;
  /** Modules of the agents that are attached. */
  readonly agents: readonly string[];
  /** The store; missing before it is open. */
  readonly store?: StoreStats;
  /** What became of messages of the outbox since the start. */
  readonly outbox: OutboxCounts;
  /** What is known not to be right about the store. */
  readonly problems: readonly string[];
  /** Whether the store has ever been in sync with the cloud. */
  readonly synced: boolean;
  /** How far it is in line with the cloud now; missing before the start. */
  readonly sync?: SyncReport;
  /** How much flows, over the last 10 s. */
  readonly flow: FlowReport;
  /** Messages waiting to be processed. */
  readonly waiting: number;
  /** Requests waiting for the cloud. */
  readonly requests: number;
}

/** What the status is made from. */
export interface StatusSources {
  /** Name of the node. */
  readonly node: string;
  /** Wall clock of the start, in milliseconds. */
  readonly startedMs: number;
  /** Wall clock now, in milliseconds. */
  readonly nowMs: number;
  /** Health now. */
  readonly health: HealthReport;
  /** The parts, as far as they are built. */
  readonly edgehub: Edgehub | undefined;
  /** The node's identity. */
  readonly trust: Trust | undefined;
  /** The local link. */
  readonly edged: EdgedLink | undefined;
  /** The processor. */
  readonly processor: Processor | undefined;
  /** The store. */
  readonly store: Store | undefined;
  /** Figures. */
  readonly metrics: Metrics;
  /** What flows. */
  readonly flow: Flow;
}

/** Reads the state of all parts. */
export function statusOf(sources: StatusSources): NodeStatus {
  const { edgehub, edged, processor, store, flow } = sources;
  const { startedMs, nowMs } = sources;
  return {
    node: sources.node,
    version: manifest.version,
    started: new Date(startedMs).toISOString(),
    uptimeSeconds: Math.max(0, Math.round((nowMs - startedMs) / 1000)),
    health: sources.health,
    link: {
      state: edgehub?.state.state ?? "standalone",
      since: new Date(edgehub?.state.since ?? startedMs).toISOString(),
      url: edgehub?.url ?? "",
      ...(flow.failure ? { lastError: flow.failure } : {}),
    },
    ...(sources.trust ? { identity: sources.trust.status } : {}),
    agents: edged?.agents ?? [],
    ...(store ? { store: store.stats() } : {}),
    outbox: outboxCounts(sources.metrics),
    problems: store?.problems ?? [],
    synced: store?.isSynced("*") ?? false,
    ...(processor ? { sync: syncReport(processor.reconciler.status) } : {}),
    flow: flow.report(),
    waiting: processor?.waiting ?? 0,
    requests: processor?.requestsWaiting ?? 0,
  };
}
