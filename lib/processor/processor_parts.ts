import { type Message, Module, type Origin } from "../message/mod.ts";
import type { Context } from "../operations/mod.ts";
import type { Envelope } from "../router/mod.ts";
import { BatchRunner } from "./batch_runner.ts";
import type { Item } from "./item.ts";
import { Handover } from "./handover.ts";
import { MetaSyncTimer } from "./meta_sync_timer.ts";
import type { ProcessorOptions } from "./options.ts";
import { OutboxSender } from "./outbox_sender.ts";
import { PendingPods } from "./pending_pods.ts";
import { StoreProbe } from "./probe.ts";
import { Reconciler } from "./reconciler.ts";
import { Registration } from "./registration.ts";
import { Release } from "./release.ts";
import { reported } from "./reported.ts";
import { RemoteRequests } from "./requests.ts";
import { Resync } from "./resync.ts";
import { Session } from "./session.ts";
import { synced } from "./synced.ts";
import { unansweredItem } from "./unanswered.ts";

/** What the parts can have the processor do. */
export interface ProcessorWays {
  /** Name of its module. */
  readonly name: string;
  /** Runs work of the node itself with the next batch. */
  readonly task: (item: Item) => void;
  /** Sends to a module; `false` if its queue is full or nobody is there. */
  readonly send: (
    to: string,
    message: Message,
    options?: Pick<Envelope, "untilMs">,
  ) => boolean;
  /** Takes a message into the inbox; `false` if it is full. */
  readonly receive: (envelope: Envelope) => boolean;
}

/** What a processor is made of. */
export interface ProcessorParts {
  /** What is remembered of the present connection. */
  readonly session: Session;
  /** Requests that wait for the cloud. */
  readonly requests: RemoteRequests;
  /** Says when the Node may be registered. */
  readonly registration: Registration;
  /** Keeps the store in line with the cloud. */
  readonly reconciler: Reconciler;
  /** Asks for pods that the cloud may never send by itself. */
  readonly pendingPods: PendingPods;
  /** Compares with the cloud when it is told to. */
  readonly resync: Resync;
  /** The attached agents. */
  readonly handover: Handover;
  /** Sends what waits for the cloud's confirmation. */
  readonly outbox: OutboxSender;
  /** Runs a batch up to its COMMIT. */
  readonly runner: BatchRunner;
  /** Lets the outcomes leave after it. */
  readonly release: Release;
  /** Tries a store that failed. */
  readonly probe: StoreProbe;
  /** Sets MetaSync going. */
  readonly metaSync: MetaSyncTimer;
}

/** Builds the parts of a processor and connects them with each other. */
export function buildProcessorParts(
  options: ProcessorOptions,
  ways: ProcessorWays,
): ProcessorParts {
  const { clock, store, observer = {} } = options, { task } = ways;
  const toCloud = (message: Message) => ways.send(Module.edgehub, message);
  const onError = (error: unknown) => observer.failed?.(error, 0);
  const session: Session = new Session({
    clock,
    settleMs: options.syncSettleMs,
    standalone: options.standalone,
    onSettled: () => {
      if (options.standalone) return task(synced(() => session.settle()));
      reconciler.settled();
      pendingPods.settled();
    },
  });
  const registration = new Registration({ clock, nodeId: options.nodeId });
  const requests = new RemoteRequests({
    clock,
    holdMs: (request) => registration.holdMs(request),
    get timeoutMs() {
      return options.queryTimeoutMs;
    },
    send: (message, untilMs) => ways.send(Module.edgehub, message, { untilMs }),
    onUnanswered: (request, why) =>
      request.from === ways.name
        ? [reconciler, resync].forEach((part) => part.unanswered(request, why))
        : task(unansweredItem(request, why)),
  });
  const reconciler = new Reconciler(options, { session, requests, task });
  const pendingPods = new PendingPods({
    clock,
    random: options.random,
    intervalMs: options.pendingPodsIntervalMs,
    task,
  });
  const resync = new Resync(options, { session, task });
  const handover = buildHandover(options, { toCloud, onError });
  const outbox = buildOutbox(options, { toCloud, onError });
  const parts = {
    session,
    requests,
    registration,
    reconciler,
    pendingPods,
    resync,
    handover,
    outbox,
  };
  return {
    ...parts,
    runner: new BatchRunner({
      store,
      clock,
      context: contexts(options, parts),
      onConnection: (connected) => session.changed(connected),
      onUntold: () => tellAnew(parts),
      observer,
    }),
    release: buildRelease(options, ways, parts),
    probe: new StoreProbe({ clock, task }),
    metaSync: buildMetaSync(options, ways),
  };
}

/** What was stored and told to nobody comes from the store. */
function tellAnew(
  { handover, outbox }: Pick<ProcessorParts, "handover" | "outbox">,
): void {
  handover.catchUp();
  outbox.kick();
}

/** What a message can be about: the parts that it meets. */
type Met = Pick<
  ProcessorParts,
  | "session"
  | "requests"
  | "registration"
  | "reconciler"
  | "pendingPods"
  | "resync"
  | "handover"
  | "outbox"
>;

/** What leaves for the cloud, and who is told of what fails. */
interface Ways {
  readonly toCloud: (message: Message) => boolean;
  readonly onError: (error: unknown) => void;
}

function buildOutbox(
  { clock, stamp, store, router, observer = {} }: ProcessorOptions,
  { toCloud, onError }: Ways,
): OutboxSender {
  return new OutboxSender({
    clock,
    stamp,
    store,
    send: toCloud,
    room: () => router.room(Module.edgehub),
    onParked: (resource) => observer.parked?.(resource),
    onError,
  });
}

function buildHandover(options: ProcessorOptions, ways: Ways): Handover {
  const { clock, stamp, store, nodeId, observer = {} } = options;
  return new Handover({
    clock,
    stamp,
    store,
    nodeId,
    get replyTimeoutMs() {
      return options.replyTimeoutMs;
    },
    onLate: (...late) => observer.agentLate?.(...late),
    onHanded: (module, message) => observer.sent?.(module, message),
    ...ways,
  });
}

function buildMetaSync(
  options: ProcessorOptions,
  { name, receive }: ProcessorWays,
): MetaSyncTimer {
  return new MetaSyncTimer({
    clock: options.clock,
    stamp: options.stamp,
    get intervalMs() {
      return options.metaSyncIntervalMs;
    },
    receive: (message) => receive({ message, from: name }),
  });
}

function buildRelease(
  { stamp, observer = {} }: ProcessorOptions,
  { send, task }: ProcessorWays,
  { session, ...met }: Met,
): Release {
  return new Release({
    ...met,
    stamp,
    send,
    onConfirmed: (key) => session.confirm(key),
    onReported: (mark) => task(reported(mark)),
    observer,
  });
}

/** What the operation of a message may know, made for each anew. */
function contexts(
  options: ProcessorOptions,
  { session, requests, outbox }: Met,
): (origin: Origin, from: string) => Context {
  const { stamp, nodeId } = options;
  return (origin, from) => ({
    origin,
    from,
    nodeId,
    remoteTypes: options.remoteTypes,
    newId: stamp.newId,
    now: stamp.now,
    connected: session.connected,
    isConfirmed: (key) => session.isConfirmed(key),
    request: (id) => requests.peek(id),
    barrier: (id) => outbox.barrier(id),
    isSent: (id) => outbox.isSent(id),
  });
}
