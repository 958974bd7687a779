import type { Clock, Ids, Random, Timer } from "../base/mod.ts";
import {
  type Message,
  newResponse,
  Operation,
  type Stamp,
} from "../message/mod.ts";
import type { WatchEvent } from "./cloud_object.ts";
import { CloudObjects } from "./cloud_objects.ts";
import { CLOUD_TIMING, type CloudTiming } from "./cloud_timing.ts";
import { isDelete, needsAck } from "./delivery.ts";
import { EdgeController, nodeNameOf } from "./edge_controller.ts";
import { goDecode } from "./go_decode.ts";
import { goFrame } from "./go_json.ts";
import {
  type CloudTransport,
  NodeSession,
  noteUnlessOlder,
  type SessionEnd,
  type SessionStatus,
} from "./node_session.ts";
import { isNewer, ObjectSyncs } from "./object_syncs.ts";
import { repair } from "./sync_controller.ts";
import { answerUpstream, isVolumeAnswer } from "./upstream.ts";

/** What a CloudCore is made of. */
export interface CloudCoreOptions {
  /** Time of everything in it. */
  readonly clock: Clock;
  /** Ids of messages and uids of objects. */
  readonly ids: Ids;
  /** Shuffles repairs, whose order is that of no list. @default in order */
  readonly random?: Random;
  /** Times other than those of an unmodified CloudCore. */
  readonly timing?: Partial<CloudTiming>;
  /** Whether it answers MetaServer's Applications; off in a stock CloudCore. */
  readonly dynamicController?: boolean;
  /** Whether Nodes are pushed on every change, as since 1.23. @default false */
  readonly pushNodes?: boolean;
  /** The cluster's CA, PEM, for `k8s/ca.crt`; no answer without, as in 1.15. */
  readonly clusterCa?: string;
}

/** A node's connection as CloudCore sees it. */
export interface CloudLink {
  /** Takes one frame of the node. */
  receive(text: string): void;
  /** The connection is gone. Idempotent. */
  closed(): void;
}

/**
 * A model of CloudCore v1.15 for one cluster: CloudHub's sessions, the two
 * halves of EdgeController, SyncController, and DynamicController's `get` and
 * `list` (wire document, 2 to 10). Pure: it reads no clock but its own and
 * owns no socket, so it runs in virtual time, too.
 *
 * Invariants: objects and ObjectSyncs outlive `stop` and `start`; sessions do
 * not. What a frame changes is answered before it is told to nodes.
 */
export class CloudCore {
  /** Kubernetes. */
  readonly objects: CloudObjects;
  /** What each node acked. */
  readonly syncs = new ObjectSyncs();
  readonly #options: CloudCoreOptions;
  readonly #timing: CloudTiming;
  readonly #stamp: Stamp;
  readonly #edge: EdgeController;
  readonly #sessions = new Map<string, NodeSession>();
  readonly #events: WatchEvent[] = [];
  readonly #waiters = new Set<{ node: string; resolve: () => void }>();
  #busy = false;
  #running = false;
  #repairs: Timer | undefined;

  /** Builds a stopped CloudCore over an empty Kubernetes. */
  constructor(options: CloudCoreOptions) {
    this.#options = options;
    const { clock, ids } = options;
    this.#timing = { ...CLOUD_TIMING, ...options.timing };
    this.#stamp = { newId: ids, now: () => clock.now() };
    this.objects = new CloudObjects({ clock, ids });
    this.objects.watch((event) => {
      this.#events.push(event);
      this.#flush();
    });
    this.#edge = new EdgeController({
      stamp: this.#stamp,
      send: (node, message) => this.#dispatch(node, message),
      pushNodes: options.pushNodes ?? false,
    });
  }

  /** Whether it runs; a stopped one notices no change and takes no link. */
  get running(): boolean {
    return this.#running;
  }

  /** Starts: sees all objects anew and begins to repair. Idempotent. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#edge.relist(this.objects);
    this.#scheduleRepairs();
  }

  /** Ends all sessions abruptly, as a shutdown does. Idempotent. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#repairs?.cancel();
    for (const session of [...this.#sessions.values()]) session.end("stopped");
  }

  /**
   * Takes the connection of a node; its older session, if any, ends.
   *
   * @throws {TypeError} If CloudCore is stopped.
   */
  connect(node: string, transport: CloudTransport): CloudLink {
    if (!this.#running) {
      throw new TypeError(`Cannot connect node, CloudCore is stopped: ${node}`);
    }
    this.#sessions.get(node)?.end("replaced");
    const session = new NodeSession({
      node,
      clock: this.#options.clock,
      syncs: this.syncs,
      transport,
      timing: this.#timing,
      onAck: () => this.#checkSynced(),
      onEnd: () => {
        if (this.#sessions.get(node) === session) this.#sessions.delete(node);
      },
    });
    this.#sessions.set(node, session);
    this.#checkSynced();
    return {
      receive: (text) => this.#receive(text, { node, session, transport }),
      closed: () => session.end("peer"),
    };
  }

  /** Ends the session of a node; `false` if it has none. */
  end(node: string, reason: SessionEnd = "cut"): boolean {
    const session = this.#sessions.get(node);
    session?.end(reason);
    return session !== undefined;
  }

  /** The sessions that live. */
  sessions(): SessionStatus[] {
    return [...this.#sessions.values()].map((session) => session.status());
  }

  /**
   * Whether a node has a session and acked the newest version of everything
   * that it was ever to have.
   */
  isSynced(node: string): boolean {
    const session = this.#sessions.get(node);
    if (!session?.idle) return false;
    return this.syncs.of(node).every((sync) => {
      const object = this.objects.get(sync);
      return object?.metadata.uid === sync.uid &&
        !isNewer(object.metadata.resourceVersion, sync.version);
    });
  }

  /** Settles once {@link CloudCore.isSynced}; never rejects. */
  synced(node: string): Promise<void> {
    if (this.isSynced(node)) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.add({ node, resolve });
    return promise;
  }

  /** Sends a message as it is, past all controllers: for odd tests. */
  send(node: string, message: Message): void {
    this.#dispatch(node, message);
  }

  #receive(
    text: string,
    link: { node: string; session: NodeSession; transport: CloudTransport },
  ): void {
    const { node, session, transport } = link;
    if (session.ended) return;
    const message = goDecode(text);
    if (!message) return session.end("bad-frame");
    this.#busy = true;
    try {
      this.#route(message, { node, session, transport });
    } finally {
      this.#busy = false;
    }
    this.#flush();
  }

  /** Upstream dispatch, first match (wire document, 1 and 4.4). */
  #route(
    message: Message,
    link: { node: string; session: NodeSession; transport: CloudTransport },
  ): void {
    const { operation, resource } = message.route;
    switch (operation) {
      case Operation.ping:
      case Operation.pong:
      case Operation.config:
        return link.transport.send(
          goFrame(newResponse(this.#stamp, message, "ack")),
        );
      case Operation.keepalive:
        return link.session.keepalive();
    }
    if (isVolumeAnswer(resource)) return;
    if (operation === Operation.response) {
      return void link.session.ack(message.header.parent_msg_id ?? "");
    }
    if (operation === Operation.error) return link.session.error();
    const { dynamicController = false, clusterCa = "" } = this.#options;
    const answers = answerUpstream(message, link.node, {
      stamp: this.#stamp,
      objects: this.objects,
      dynamicController,
      clusterCa,
    });
    for (const reply of answers) this.#dispatch(link.node, reply);
  }

  #dispatch(node: string, message: Message): void {
    const session = this.#sessions.get(node);
    if (session) session.dispatch(message);
    // Of a message to a node that is away only the note is left.
    else if (needsAck(message) && !isDelete(message)) {
      noteUnlessOlder(this.syncs, node, message);
    }
  }

  #flush(): void {
    if (this.#busy) return;
    for (
      let event = this.#events.shift();
      event;
      event = this.#events.shift()
    ) {
      if (this.#running) this.#edge.handle(event);
      if (event.type === "deleted" && event.object.kind === "Node") {
        const { name } = event.object.metadata;
        this.end(name, "node-deleted");
        this.syncs.deleteNode(name);
      }
    }
    this.#checkSynced();
  }

  #scheduleRepairs(): void {
    this.#repairs = this.#options.clock.after(this.#timing.repairMs, () => {
      this.#scheduleRepairs();
      for (const node of [...this.#sessions.keys()]) this.#repair(node);
      this.#checkSynced();
    });
  }

  #repair(node: string): void {
    for (const sync of this.#shuffled(this.syncs.of(node))) {
      const message = repair(sync, {
        stamp: this.#stamp,
        objects: this.objects,
        hasKind: (object) =>
          object.kind !== "Pod" || nodeNameOf(object) !== node ||
          this.#edge.hasKind(object),
      });
      if (message) this.#dispatch(node, message);
    }
  }

  #shuffled<T>(items: readonly T[]): readonly T[] {
    const { random } = this.#options;
    if (!random) return items;
    return items.map((item) => ({ item, at: random() }))
      .sort((a, b) => a.at - b.at).map(({ item }) => item);
  }

  #checkSynced(): void {
    for (const waiter of this.#waiters) {
      if (!this.isSynced(waiter.node)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
