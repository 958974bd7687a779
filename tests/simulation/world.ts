import { LIMITS } from "../../lib/base/mod.ts";
import type { Message } from "../../lib/message/mod.ts";
import type { AgentTraits } from "../../lib/router/mod.ts";
import { Chance } from "./chance.ts";
import { Checks } from "./checks.ts";
import type { DiskState } from "./faulty_store.ts";
import { ModelCloud } from "./model_cloud.ts";
import { ModelEdged } from "./model_edged.ts";
import { Parking } from "./parking.ts";
import type { NetworkState, Plan } from "./plan.ts";
import { CrashedError } from "./process.ts";
import { ProcessClock, Scheduler, WallClock } from "./scheduler.ts";
import {
  NodeLife,
  refused,
  type SimDisk,
  type SimNodeOptions,
} from "./sim_node.ts";
import { Wire } from "./wire.ts";

/** What went wrong in a run. */
export interface Violation {
  /** What should have held. */
  readonly invariant: string;
  /** What was seen. */
  readonly text: string;
  /** When, in milliseconds since the simulation began. */
  readonly atMs: number;
}

/** What only some plans come upon: a bound of the node, or a parked message. */
export type Reached = "inbox" | "requests" | "outbox" | "events" | "parked";

/** A line of a story. */
export interface Line {
  readonly atMs: number;
  readonly text: string;
}

/**
 * A good day has lasted that long: CloudHub repeats after 5 s, and what was
 * sent before took 7 s there and 7 s back.
 */
const GOOD_MS = 20_000;
/** Longest time that bytes take on a good day. */
const LATENCY_MS = 40;

/** The cloud, the node, its agents and what lies between them. */
export class World {
  readonly scheduler = new Scheduler();
  readonly wall = new WallClock(this.scheduler);
  readonly cloud: ModelCloud;
  readonly checks: Checks;
  /** What the cloud left unanswered. */
  readonly parking: Parking;
  readonly agents: readonly ModelEdged[];
  /** What this run came upon. */
  readonly reached = new Set<Reached>();
  /** Lines of the story, if one is wanted. */
  readonly lines: Line[] = [];
  /** The first thing that went wrong. */
  violation: Violation | undefined;
  /** How the way to the cloud is. */
  network: NetworkState = "up";
  /** State of the node's disk. */
  disk: DiskState = "ok";
  /** Longest time that bytes take. */
  latencyMaxMs = LATENCY_MS;
  /** The next connection is one that CloudHub never reads. */
  isNextMute = false;
  /** Number of the last status that an agent reported. */
  sequence = 0;
  /** How long the node stays down when it crashes. */
  downMs = 1000;
  /** Before that the node has no power, and the network does not recover. */
  #powerAtMs = 0;
  #networkAtMs = 0;
  #disturbedAtMs = 0;
  readonly #files: SimDisk;
  readonly #chance: Chance;
  readonly #isTold: boolean;
  #isToldToTheEnd = false;
  #node: NodeLife | undefined;
  #idCount = 0;

  /** @param files The node's disk. */
  constructor(plan: Plan, files: SimDisk, isTold: boolean) {
    this.#files = files;
    this.#isTold = isTold;
    this.#chance = new Chance(plan.seed, 2);
    const trueTime = new WallClock(this.scheduler);
    const always = { alive: true };
    this.cloud = new ModelCloud({
      clock: new ProcessClock(this.scheduler, trueTime, always),
      chance: new Chance(plan.seed, 3),
      newId: () => this.#newId("c"),
      pushNodes: plan.pushNodes,
      acked: (message) => this.checks.acked(message),
      received: (message) => this.#received(message),
      repeated: (message) => this.#repeated(message),
      ignored: (message, wire) => this.parking.ignored(message, wire),
      note: (text) => this.note(text),
    });
    this.checks = new Checks({
      core: this.cloud.core,
      durable: () => this.#files.durable(),
      broken: (invariant, text) => this.broken(invariant, text),
      reached: (what) => this.reached.add(what),
      waiting: (row) => this.parking.look(row),
    });
    this.parking = new Parking({
      scheduler: this.scheduler,
      durable: () => this.#files.durable(),
      isGood: (wire) =>
        wire.isFair && this.cloud.wire === wire && this.node !== undefined,
      reached: () => this.reached.add("parked"),
      broken: (invariant, text) => this.broken(invariant, text),
    });
    this.agents = plan.agents.map((agent, i) =>
      new ModelEdged({
        ...agent,
        scheduler: this.scheduler,
        chance: new Chance(plan.seed, 10 + i),
        stamp: { newId: () => this.#newId("a"), now: () => trueTime.now() },
        attach: (traits) => this.#attach(agent.module, traits),
        broken: (invariant, text) => this.broken(invariant, text),
        note: (text) => this.note(text),
        done: (request) => this.checks.done(request),
        terminating: (key, uid) => this.#endPod(i, key, uid),
      })
    );
    this.startNode();
    for (const agent of this.agents) agent.attach();
  }

  /** The node, while its process runs. */
  get node(): NodeLife | undefined {
    return this.#node?.process.alive ? this.#node : undefined;
  }

  /**
   * Whether something went wrong, queues beyond their bounds included; asked
   * after each event.
   */
  isOver(): boolean {
    if (this.violation) return true;
    const processor = this.node?.processor;
    if (!processor) return false;
    const { waiting, requestsWaiting } = processor;
    this.#within("inbox", waiting, LIMITS.inboxMessagesMax);
    this.#within("requests", requestsWaiting, LIMITS.pendingRequestsMax);
    return this.violation !== undefined;
  }

  #within(what: Reached, count: number, max: number): void {
    if (count === max) this.reached.add(what);
    if (count <= max) return;
    this.broken("no queue beyond its bound", `${what}: ${count} of ${max}`);
  }

  /** Adds a line to the story. */
  note(text: string): void {
    if (!this.#isTold || this.#isToldToTheEnd) return;
    this.lines.push({ atMs: this.scheduler.nowMs, text });
  }

  /** Something must not be as it is; the first such thing ends the run. */
  broken(invariant: string, text: string): void {
    if (this.violation) return;
    this.violation = { invariant, text, atMs: this.scheduler.nowMs };
    this.note(`BROKEN: ${invariant}: ${text}`);
    this.#isToldToTheEnd = true;
  }

  /** Crashes the node and keeps it down for so long. */
  powerOff(forMs: number): void {
    this.downMs = forMs;
    this.#powerAtMs = Math.max(this.#powerAtMs, this.scheduler.nowMs + forMs);
    this.node?.process.crash();
    this.scheduler.after(forMs, () => this.startNode());
  }

  /** Something is not as on a good day, or was not until now. */
  disturb(): void {
    this.#disturbedAtMs = this.scheduler.nowMs;
  }

  /** One of several, by chance. */
  pick<T>(values: readonly T[]): T {
    return this.#chance.pick(values);
  }

  /** Something comes that was acked long ago. */
  stray(): void {
    this.cloud.stray(this.#chance);
  }

  /** Cuts the way to the cloud for so long. */
  cutNetwork(state: NetworkState, forMs: number): void {
    const untilMs = this.scheduler.nowMs + forMs;
    this.#networkAtMs = Math.max(this.#networkAtMs, untilMs);
    this.network = state;
    this.cloud.wire?.silence();
    this.scheduler.after(forMs, () => {
      if (this.scheduler.nowMs >= this.#networkAtMs) this.network = "up";
    });
  }

  /** Ends every fault; what was set for a while has no effect any more. */
  heal(): void {
    this.disturb();
    this.note("* all is well from here on");
    this.disk = "ok";
    this.network = "up";
    this.cloud.isDeaf = false;
    this.latencyMaxMs = LATENCY_MS;
    this.isNextMute = false;
    this.#powerAtMs = 0;
    this.#networkAtMs = 0;
    this.cloud.core.start();
    this.startNode();
    for (const agent of this.agents) {
      agent.mode = "at-once";
      agent.setSlow(false);
    }
  }

  /** Starts the node unless it runs, or has no power. */
  startNode(): void {
    if (this.node || this.violation) return;
    if (this.scheduler.nowMs < this.#powerAtMs) return;
    this.note("node starts");
    this.disturb();
    this.parking.clear();
    const options: SimNodeOptions = {
      scheduler: this.scheduler,
      wall: this.wall,
      disk: this.#files,
      diskState: () => this.disk,
      chance: this.#chance,
      newId: () => this.#newId("n"),
      dial: (life, signal) => this.#dial(life, signal),
      broken: (invariant, text) => this.broken(invariant, text),
      note: (text) => this.note(text),
      committed: () => this.checks.store("after a commit"),
      // All is sent again then, and has all its time anew.
      storeChanged: () => this.parking.clear(),
      crashed: () => {
        this.note("node crashes");
        this.scheduler.after(this.downMs, () => this.startNode());
      },
    };
    this.#node = new NodeLife(options);
    this.checks.store("after a start");
    this.#node.start();
  }

  /** Stops the node in order; a stop that does not end is a defect. */
  restartNode(downMs: number): void {
    const node = this.node;
    if (!node) return;
    this.note("node stops");
    let isStopped = false;
    const wasAlive = () => this.#node === node;
    node.stop().then(() => {
      isStopped = true;
      this.note("node stopped");
      this.scheduler.after(downMs, () => this.startNode());
    }, (error) => {
      if (node.process.alive) this.broken("no defect inside", String(error));
    });
    this.scheduler.after(10_000, () => {
      if (isStopped || !wasAlive() || !node.process.alive) return;
      this.broken("a stop ends", "the node has not stopped after 10 s");
    });
  }

  /** What is not as it should be once everything is quiet. */
  unsettled(): string[] {
    const found = this.checks.unsettled();
    const { node } = this;
    if (node?.edgehub.state.state !== "connected") {
      found.push(`the link is ${node?.edgehub.state.state ?? "gone"}`);
    }
    if (!node) return found;
    const { waiting, requestsWaiting } = node.processor;
    if (waiting > 0) found.push(`${waiting} messages wait`);
    if (requestsWaiting > 0) found.push(`${requestsWaiting} requests wait`);
    const store = this.#files.durable();
    for (const [i, agent] of this.agents.entries()) {
      if (!agent.attached) found.push(`agent ${i} is not attached`);
      for (const row of store.list("pod")) {
        const held = agent.objects.get(row.key);
        if (held?.uid === row.uid && held.content !== undefined) {
          const has = specOf(held.content);
          if (has === specOf(JSON.parse(row.value))) continue;
        }
        found.push(
          `agent ${i} has ${row.key} ${held?.uid} v${held?.version}` +
            `, the store ${row.uid} v${row.version}`,
        );
      }
      for (const [key, { uid }] of agent.objects) {
        if (store.get(key)?.uid !== uid) {
          found.push(`agent ${i} has ${key} ${uid}, the store has not`);
        }
      }
    }
    return found;
  }

  #newId(prefix: string): string {
    return `${prefix}${++this.#idCount}`;
  }

  /** On a good day nothing has to be sent twice: acks come within 5 s. */
  #repeated({ route, header }: Message): void {
    const isGood = this.disk === "ok" && this.cloud.wire?.isFair === true &&
      this.latencyMaxMs === LATENCY_MS && this.node !== undefined &&
      this.scheduler.nowMs - this.#disturbedAtMs > GOOD_MS;
    if (!isGood) return;
    this.broken(
      "the cloud has its ack in time",
      `${route.operation} ${route.resource} (${header.msg_id}) is sent again`,
    );
  }

  #received(message: Message): void {
    this.checks.received(message);
    const { operation, resource } = message.route;
    // What the link asks of itself each minute is no part of a story.
    if (operation === "ping" || resource.startsWith("kube-node-lease/")) return;
    this.note(
      `cloud gets ${operation} ${resource} (${message.header.msg_id})`,
    );
  }

  #wire(life: NodeLife, peer: "cloud" | "agent"): Wire {
    const isAgent = peer === "agent";
    return new Wire({
      scheduler: this.scheduler,
      process: life.process,
      latencyMs: () => this.#chance.between(0, isAgent ? 2 : this.latencyMaxMs),
      windowBytes: isAgent ? 512 : 64 * 1024,
      peerMasks: isAgent,
    });
  }

  #attach(module: string, traits: AgentTraits): Wire | undefined {
    const { node } = this;
    if (!node) return undefined;
    this.note(`${module} attaches ${JSON.stringify(traits)}`);
    const wire = this.#wire(node, "agent");
    node.attach(module, wire, traits);
    return wire;
  }

  async #dial(life: NodeLife, signal: AbortSignal): Promise<Wire> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => reject(signal.reason), {
      once: true,
    });
    const isBlackHole = this.network === "black-hole";
    const waitMs = isBlackHole
      ? 30_000
      : 3 * this.#chance.between(0, this.latencyMaxMs);
    this.scheduler.after(waitMs, resolve);
    await promise;
    // The kernel gives up what a process began that is gone.
    if (!life.process.alive) throw new CrashedError();
    if (isBlackHole) throw refused("timeout");
    if (this.network !== "up") throw refused("tcp");
    if (!this.cloud.core.running) throw refused("upgrade");
    const wire = this.#wire(life, "cloud");
    this.parking.connected();
    this.cloud.accept(wire, this.isNextMute);
    this.isNextMute = false;
    return wire;
  }

  #endPod(agent: number, key: string, uid: string): void {
    this.scheduler.after(this.#chance.between(100, 5000), () => {
      const edged = this.agents[agent];
      if (edged?.objects.get(key)?.uid !== uid || agent !== 0) return;
      const asked = edged.ask("delete", key, {
        gracePeriodSeconds: 0,
        preconditions: { uid },
      });
      if (!asked) this.#endPod(agent, key, uid);
    });
  }
}

function specOf(content: Record<string, unknown>): string {
  return JSON.stringify(content.spec ?? content.data ?? null);
}
