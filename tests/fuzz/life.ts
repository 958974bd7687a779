import { edgehubObserver } from "../../lib/app/edgehub_observer.ts";
import { processorObserver } from "../../lib/app/processor_observer.ts";
import { Health, Logger, Metrics } from "../../lib/telemetry/mod.ts";
import { Chance } from "../simulation/chance.ts";
import { encodeFrame } from "../simulation/frames.ts";
import { ProcessClock, Scheduler, WallClock } from "../simulation/scheduler.ts";
import { NodeLife, type SimDisk } from "../simulation/sim_node.ts";
import { Wire } from "../simulation/wire.ts";
import type { Case } from "./case.ts";
import { type Corpus, SECRET_MARK, type Side } from "./corpus.ts";
import { Judge, printOf, type Reading, readingOf } from "./judge.ts";
import { type Moment, mutate, type Mutated } from "./mutate.ts";
import { Peer } from "./peer.ts";

/** Largest message in this world: small, so that some are too large. */
const MESSAGE_BYTES_MAX = 128 * 1024;
/** Longest wait for a new link to the cloud: the cap of the backoff, twice. */
const REDIAL_MS = 120_000;
/** After that long every deadline of the node has passed. */
const DEADLINES_MS = 60_000;
/** The store is looked at closely for one group of frames in so many. */
const DEEP_EVERY = 8;

/** What must hold and does not. */
export interface Failure {
  /** What should have held. */
  readonly invariant: string;
  /** What was seen. */
  readonly text: string;
  /** Number of the case at which it was seen. */
  readonly index: number;
}

/** How many frames met which end. */
export interface Counts {
  cases: number;
  /** Frames that are refused for good. */
  refused: number;
  /** The rest: carried out, or passed on, or let go. */
  accepted: number;
  /** Links that ended because of a frame. */
  links: number;
}

/** What a life is made of. */
export interface LifeOptions {
  readonly disk: SimDisk;
  readonly corpus: Corpus;
  readonly seed: number;
  /** Told each frame before it is sent. */
  readonly told?: (fuzzed: Case, sent: Mutated) => void;
}

/**
 * A whole node between two peers that send it whatever they like, in virtual
 * time. Must be run from a timer, see `fromTimer` of the simulation.
 */
export class Life {
  /** How it went so far. */
  readonly counts: Counts = { cases: 0, refused: 0, accepted: 0, links: 0 };
  /** What went wrong first. */
  failure: Failure | undefined;
  readonly #options: LifeOptions;
  readonly #scheduler = new Scheduler();
  readonly #node: NodeLife;
  readonly #judge: Judge;
  readonly #peers: Readonly<Record<Side, Peer>>;
  #ids = 0;
  #index = 0;
  /** Refusals that the node told of since the last group of frames. */
  #told = 0;
  #group: Reading[] = [];
  #groups = 0;

  /** Builds the world; `run` plays it. */
  constructor(options: LifeOptions) {
    this.#options = options;
    const broken = (invariant: string, text: string) =>
      this.#broken(invariant, text);
    this.#judge = new Judge(broken);
    const wall = new WallClock(this.#scheduler);
    const trueTime = new ProcessClock(this.#scheduler, wall, { alive: true });
    const stamp = { newId: () => this.#newId("p"), now: () => trueTime.now() };
    const peer = (side: Side) =>
      new Peer({
        side,
        corpus: options.corpus,
        stamp,
        broken,
        answered: (id) => this.#judge.answered(side, id),
        lost: () => this.#lost(side),
      });
    this.#peers = { cloud: peer("cloud"), agent: peer("agent") };
    this.#node = this.#buildNode(wall, trueTime);
  }

  /** Plays cases one after the other, up to the first failure. */
  run(cases: readonly Case[]): void {
    try {
      this.#node.start();
      this.#attach();
      this.#pass(1000);
      for (const fuzzed of cases) {
        this.#index = fuzzed.index;
        this.#play(fuzzed);
        if (this.failure) return;
      }
      this.#finish();
    } catch (error) {
      this.#broken("nothing is thrown", stackOf(error));
    } finally {
      this.#node.process.crash();
      this.#options.disk.dispose();
    }
  }

  #play(fuzzed: Case): void {
    const peer = this.#peers[fuzzed.side];
    if (!peer.connected) this.#reconnect(fuzzed.side);
    const { wire } = peer;
    if (!wire) return;
    const sent = this.#frameOf(fuzzed);
    this.#options.told?.(fuzzed, sent);
    const reading = readingOf(sent.text, {
      ownId: idOf(fuzzed),
      isTooLarge: fuzzed.side === "cloud" &&
        sent.bytes.length > MESSAGE_BYTES_MAX,
    });
    this.#judge.sent(fuzzed.side, reading);
    const isSound = this.#send(wire, fuzzed, sent);
    this.counts.cases++;
    this.#group.push(reading);
    if (fuzzed.isGlued && isSound) return;
    this.#settle(isSound);
    const chance = new Chance(fuzzed.seed, 2);
    if (!isSound) peer.end();
    this.#peers.cloud.tend(chance, 0.7);
    this.#peers.agent.tend(chance, 0.8);
    this.#pass(fuzzed.waitMs);
  }

  /** What one moment makes of the frames; the refused ones change nothing. */
  #settle(isSound: boolean): void {
    const store = this.#options.disk.durable();
    const isDeep = ++this.#groups % DEEP_EVERY === 0;
    const before = printOf(store, isDeep);
    this.#told = 0;
    this.#pass(0);
    const group = this.#group.splice(0);
    // Those of the cloud that cannot be read are told of as well.
    const refused = Math.min(
      group.length,
      Math.max(this.#told, group.filter((one) => one.isUnreadable).length),
    );
    this.counts.refused += refused;
    this.counts.accepted += group.length - refused;
    if (refused < group.length || !isSound) return;
    const after = printOf(store, isDeep);
    // An answer that cannot be stored is an answer all the same.
    const isSame = before.rows === after.rows &&
      (before.outbox === after.outbox || group.some((one) => one.isAnswer));
    if (isSame) return;
    this.#broken(
      "an invalid frame changes nothing",
      `before: ${before.rows}; ${before.outbox}\n` +
        `after: ${after.rows}; ${after.outbox}`,
    );
  }

  #frameOf(fuzzed: Case): Mutated {
    const { corpus } = this.#options;
    const chance = new Chance(fuzzed.seed, 1);
    const kind = chance.pick(corpus.kinds[fuzzed.from]);
    const message = structuredClone(chance.pick(kind).value);
    const moment: Moment = {
      corpus,
      open: this.#peers[fuzzed.side].open.map(({ header }) => header.msg_id),
      newer: String(1_000_000 + fuzzed.index),
      id: idOf(fuzzed),
      isNewer: fuzzed.isNewer,
    };
    return mutate(message, fuzzed.mutations, moment);
  }

  /** @returns Whether the link may go on. */
  #send(wire: Wire, { framing, seed, side }: Case, sent: Mutated): boolean {
    const masked = side === "agent";
    const chance = new Chance(seed, 3);
    // Text that is none ends the link, so mostly it comes as binary.
    const isText = framing !== "binary" &&
      (sent.text !== undefined || chance.is(0.1));
    const opcode = isText ? "text" : "binary";
    const frame = encodeFrame(opcode, sent.bytes, masked);
    if (framing === "broken") {
      for (let i = chance.below(4); i >= 0; i--) {
        frame[chance.below(14)] = chance.below(256);
      }
    }
    const cut = framing === "pieces" ? chance.below(frame.length) : 0;
    if (cut > 0) wire.sendBytes(frame.slice(0, cut));
    wire.sendBytes(cut > 0 ? frame.slice(cut) : frame);
    return framing !== "broken";
  }

  #finish(): void {
    this.#settle(true);
    for (let i = 0; i < 10; i++) {
      this.#pass(DEADLINES_MS / 10);
      const chance = new Chance(this.#options.seed, 4 + i);
      if (!this.#peers.cloud.connected) this.#reconnect("cloud");
      if (!this.#peers.agent.connected) this.#reconnect("agent");
      this.#peers.cloud.tend(chance, 1);
      this.#peers.agent.tend(chance, 1);
    }
    this.#judge.end();
  }

  /** Lets time pass. */
  #pass(forMs: number): void {
    const isOver = () => this.failure !== undefined;
    this.#scheduler.runUntil(this.#scheduler.nowMs + forMs, isOver);
  }

  #lost(side: Side): void {
    this.counts.links++;
    this.#judge.lost(side);
  }

  #reconnect(side: Side): void {
    if (side === "agent") return this.#attach();
    for (let waitedMs = 0; waitedMs < REDIAL_MS; waitedMs += 1000) {
      this.#pass(1000);
      if (this.#peers.cloud.connected) return;
    }
    this.#broken("the link comes back", `nothing in ${REDIAL_MS} ms`);
  }

  #attach(): void {
    const wire = this.#wire(true);
    this.#peers.agent.serve(wire);
    this.#node.attach("edged", wire, { answers: this.#options.seed % 2 > 0 });
    this.#pass(0);
  }

  #wire(peerMasks: boolean): Wire {
    return new Wire({
      scheduler: this.#scheduler,
      process: this.#node.process,
      latencyMs: () => 0,
      windowBytes: 1 << 20,
      peerMasks,
    });
  }

  #buildNode(wall: WallClock, clock: ProcessClock): NodeLife {
    const health = new Health(clock);
    const log = new Logger("node", {
      clock,
      level: "debug",
      sink: (line) => this.#unsecret(line),
    });
    const parts = { log, metrics: new Metrics(), health };
    return new NodeLife({
      scheduler: this.#scheduler,
      wall,
      disk: this.#options.disk,
      diskState: () => "ok",
      chance: new Chance(this.#options.seed, 0),
      newId: () => this.#newId("n"),
      dial: () => {
        const wire = this.#wire(false);
        this.#peers.cloud.serve(wire);
        return Promise.resolve(wire);
      },
      broken: (invariant, text) => this.#broken(invariant, text),
      note: () => {},
      committed: () => {},
      storeChanged: () => {},
      crashed: () => {},
      watch: {
        processor: processorObserver(parts),
        edgehub: edgehubObserver(parts),
        log: log.child("edged"),
        messageBytesMax: MESSAGE_BYTES_MAX,
        refused: (fault) => {
          this.#told++;
          this.#unsecret(fault.text);
        },
      },
    });
  }

  #unsecret(line: string): void {
    if (line.includes(SECRET_MARK)) this.#broken("no secret is logged", line);
  }

  #newId(prefix: string): string {
    return `${prefix}${++this.#ids}`;
  }

  #broken(invariant: string, text: string): void {
    this.failure ??= { invariant, text, index: this.#index };
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

/** No single change makes one of these of another. */
function idOf({ index }: Case): string {
  return `c${index}-${index}`;
}
