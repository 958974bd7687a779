import type { Action, View } from "../admin/mod.ts";
import {
  type Clock,
  type Component,
  LIMITS,
  type Random,
} from "../base/mod.ts";
import type { Config } from "../config/mod.ts";
import { EdgedLink } from "../edged/mod.ts";
import { Edgehub } from "../edgehub/mod.ts";
import {
  CLOUD_DISCONNECTED,
  Group,
  newMessage,
  NODE_CONNECTION_RESOURCE,
  NODE_CONNECTION_SOURCE,
  Operation,
  type Stamp,
} from "../message/mod.ts";
import { Processor } from "../processor/mod.ts";
import type { Router } from "../router/mod.ts";
import type { SqliteStore } from "../store/mod.ts";
import { buildAdmin } from "./build_admin.ts";
import { edgehubObserver } from "./edgehub_observer.ts";
import type { Flow } from "./flow.ts";
import { registerGauges } from "./gauges.ts";
import { Housekeeping } from "./housekeeping.ts";
import { watchLoops } from "./loops.ts";
import type { ObserverParts } from "./observer_parts.ts";
import { liveProxy, liveRate, liveRemoteTypes } from "./live_config.ts";
import { registerProcessFigures } from "./process_figures.ts";
import { processorObserver } from "./processor_observer.ts";
import { withResync } from "./resync_admin.ts";
import { SnapshotTimer } from "./snapshot_timer.ts";
import type { NodeStatus } from "./status.ts";
import type { NodeTiming } from "./timing.ts";
import { Trust } from "./trust.ts";
import { credentialFiles, hasIdentity } from "./trust_config.ts";

/** What the parts of a node are built from. */
export interface Ingredients extends ObserverParts {
  /** Checked configuration, as it was at the start. */
  readonly config: Config;
  /** The configuration now: asked at each use of what may change. */
  readonly live: () => Config;
  /** Times that are no configuration. */
  readonly timing: NodeTiming;
  /** Where the parts meet. */
  readonly router: Router;
  /** Time. */
  readonly clock: Clock;
  /** Jitter. */
  readonly random: Random;
  /** Ids and time of new messages. */
  readonly stamp: Stamp;
  /** Opened store. */
  readonly store: SqliteStore;
  /** What flows, for its operator. */
  readonly flow: Flow;
  /** State of the node, for its operator. */
  readonly status: () => NodeStatus;
  /** Further pages for an operator, by path of the admin socket. */
  readonly views: Readonly<Record<string, View>>;
  /** What an operator can have done, by path of the admin socket. */
  readonly actions: Readonly<Record<string, Action>>;
}

/** The parts of a node. */
export interface Parts {
  /** The message processor. */
  readonly processor: Processor;
  /** The cloud link; none in a standalone node. */
  readonly edgehub: Edgehub | undefined;
  /** The node's identity; none without a certificate. */
  readonly trust: Trust | undefined;
  /** The local link, if one is configured. */
  readonly edged: EdgedLink | undefined;
  /** Copies the store now and then. */
  readonly snapshots: SnapshotTimer;
  /** Keeps the checks true. */
  readonly housekeeping: Housekeeping;
  /** All parts in the order in which they start. */
  readonly inOrder: readonly Component[];
}

/** Builds the parts of a node; starts none. */
export function buildParts(from: Ingredients): Parts {
  const { config, store, clock } = from;
  const processor = buildProcessor(from);
  const trust = hasIdentity(config)
    ? new Trust({
      ...from,
      redial: () => edgehub?.redial(),
      retry: () => edgehub?.retry(),
    })
    : undefined;
  const edgehub = config.edgehub.websocket.url
    ? buildEdgehub(from, trust)
    : undefined;
  const edged = config.edged.socket || config.edged.listen
    ? buildEdged(from, edgehub)
    : undefined;
  const snapshots = new SnapshotTimer({
    store,
    clock,
    get intervalMs() {
      return from.live().store.snapshotMs;
    },
    log: from.log.child("store"),
  });
  const housekeeping = new Housekeeping({
    ...from,
    sample: () => from.flow.sample(),
    ...(edgehub ? { sync: () => processor.reconciler.status } : {}),
  });
  const { path } = config.store;
  registerGauges(from.metrics, {
    processor,
    edgehub,
    edged,
    store,
    path,
    clock,
  });
  registerProcessFigures(from.metrics, from);
  watchLoops(from.health, { processor, edgehub, edged }, {
    clock,
    timing: from.timing,
    edgehub: () => config.edgehub,
  });
  const inOrder = [
    processor,
    edged,
    ...trust?.parts ?? [],
    edgehub,
    snapshots,
    ...buildAdmin(withResync(from, processor), housekeeping),
    housekeeping,
  ].filter((part) => part !== undefined);
  return { processor, edgehub, trust, edged, snapshots, housekeeping, inOrder };
}

function buildProcessor(from: Ingredients): Processor {
  const { config, router, store, clock, random, stamp } = from;
  const remoteTypes = liveRemoteTypes(from.live);
  const loop = from.health.heartbeat("processor", () => processor.waiting);
  const processor = new Processor({
    router,
    store,
    clock,
    random,
    stamp,
    nodeId: config.edgehub.controller.nodeId,
    standalone: config.edgehub.websocket.url === "",
    get remoteTypes() {
      return remoteTypes();
    },
    get queryTimeoutMs() {
      return from.live().meta.query.timeoutMs;
    },
    get replyTimeoutMs() {
      return from.live().edged.replyTimeoutMs;
    },
    get metaSyncIntervalMs() {
      return from.live().meta.sync.podstatus.intervalMs;
    },
    syncSettleMs: from.timing.syncSettleMs,
    reconcile: {
      delayMs: from.timing.reconcileDelayMs,
      intervalMs: config.meta.sync.reconcile.intervalMs,
    },
    pendingPodsIntervalMs: config.meta.sync.pendingPods.intervalMs,
    observer: from.flow.ofProcessor(
      processorObserver(from, () => loop.progress()),
    ),
  });
  return processor;
}

/** @param trust Says which credentials a dial may use. */
function buildEdgehub(from: Ingredients, trust: Trust | undefined): Edgehub {
  const { router, clock, random, stamp, timing, live } = from;
  const { controller } = from.config.edgehub;
  return new Edgehub({
    router,
    clock,
    random,
    stamp,
    get urls() {
      return live().edgehub.websocket.urls.map((url) => new URL(url));
    },
    get failover() {
      return live().edgehub.failover;
    },
    proxy: liveProxy(live),
    files: credentialFiles(from.config),
    ...(trust ? { credentials: () => trust.node.credentials() } : {}),
    nodeId: controller.nodeId,
    projectId: controller.projectId,
    get handshakeTimeoutMs() {
      return live().edgehub.websocket.handshakeTimeoutMs;
    },
    get heartbeatMs() {
      return live().edgehub.controller.heartbeatMs;
    },
    get deadlines() {
      const { readDeadlineMs, writeDeadlineMs } = live().edgehub.websocket;
      const { proofTimeoutMs, probeAfterMs } = timing;
      return { readDeadlineMs, writeDeadlineMs, proofTimeoutMs, probeAfterMs };
    },
    get reconnect() {
      return live().edgehub.reconnect;
    },
    rate: liveRate(live),
    get messageBytesMax() {
      return live().edgehub.messageBytesMax;
    },
    observer: from.flow.ofLink(edgehubObserver(from, trust)),
  });
}

/** @param edgehub Tells agents whether the cloud is connected. */
function buildEdged(
  from: Ingredients,
  edgehub: Edgehub | undefined,
): EdgedLink {
  const { router, clock, stamp, log } = from;
  const { socket, listen, tokenFile } = from.config.edged;
  return new EdgedLink({
    router,
    clock,
    stamp,
    log: log.child("edged"),
    connection: () =>
      edgehub?.nodeConnection(Group.edged) ??
        newMessage(stamp, {
          source: NODE_CONNECTION_SOURCE,
          group: Group.edged,
          operation: Operation.connect,
          resource: NODE_CONNECTION_RESOURCE,
          content: CLOUD_DISCONNECTED,
        }),
  }, {
    socket,
    ...(listen ? { listen: { ...listen, tokenFile } } : {}),
    limits: { messageBytesMax: LIMITS.messageBytesMax },
  });
}
