import {
  type Random,
  seededRandom,
  sleep,
  SystemClock,
} from "../../lib/base/mod.ts";
import { until } from "../support/edged_harness.ts";
import { askAdmin, NodeProcess } from "../support/node_process.ts";
import { World } from "../support/node_world.ts";
import { StoreImage } from "../support/store_image.ts";
import { FloodAgent } from "./flood_agent.ts";
import { FloodHub } from "./flood_hub.ts";
import { Ledger } from "./ledger.ts";
import { MEMORY_MB_MAX, program } from "./program.ts";

const CLOCK = new SystemClock();

/** How often to kill, and when. */
export interface KillOptions {
  /** Times that the node is started and killed. */
  readonly rounds: number;
  /** Chooses the instants and what happens. */
  readonly seed: number;
  /** Told after each round. */
  readonly progress?: (figures: KillFigures) => void;
}

/** What became of it. */
export interface KillFigures {
  /** Rounds so far. */
  rounds: number;
  /** Kills by when they came. */
  readonly kills: { start: number; load: number; stop: number };
  /** Acks that the cloud got. */
  acks: number;
  /** Requests of the agent that were answered. */
  answered: number;
  /** Objects and statuses that were compared with the file after a kill. */
  compared: number;
  /** What was acknowledged and is not there, or not as it was. */
  readonly lost: string[];
  /** Highest resident memory of any process, in MB. */
  peakMb: number;
}

/** A node that is killed again and again, and what surrounds it. */
class KillWorld {
  readonly figures: KillFigures = {
    rounds: 0,
    kills: { start: 0, load: 0, stop: 0 },
    acks: 0,
    answered: 0,
    compared: 0,
    lost: [],
    peakMb: 0,
  };
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #hub: FloodHub;
  readonly #agent: FloodAgent;
  readonly #random: Random;

  constructor(
    parts: {
      world: World;
      ledger: Ledger;
      hub: FloodHub;
      agent: FloodAgent;
      random: Random;
    },
  ) {
    this.#world = parts.world;
    this.#ledger = parts.ledger;
    this.#hub = parts.hub;
    this.#agent = parts.agent;
    this.#random = parts.random;
  }

  /** Starts the node, kills it at some instant, and looks at its file. */
  async round(): Promise<void> {
    const { kills } = this.figures;
    const acks = this.#hub.acks;
    await using node = this.#start();
    const chance = this.#random();
    if (chance < 0.25) {
      kills.start++;
      await sleep(CLOCK, this.#random() * 300);
    } else {
      await until(() => this.#hub.acks > acks, "the load has begun");
      await sleep(CLOCK, this.#random() * 400);
      if (chance < 0.3) {
        this.#hub.cut();
        await sleep(CLOCK, this.#random() * 200);
      }
      this.#measure(node);
      if (chance < 0.9) kills.load++;
      else {
        kills.stop++;
        node.signal("SIGTERM");
        await sleep(CLOCK, this.#random() * 120);
      }
    }
    await node.kill();
    await until(() => !this.#hub.isConnected, "the link has ended");
    await this.#compare();
    this.figures.rounds++;
  }

  /** Starts it once more, lets all converge and compares the three sides. */
  async converge(): Promise<void> {
    await using node = this.#start();
    this.#hub.flooding = false;
    await this.#agent.finish();
    await until(
      () => this.#hub.isConnected && this.#ledger.owed().length === 0,
      "the cloud has every ack",
      60_000,
    );
    await until(
      async () => {
        const page = await askAdmin(this.#world.adminSocket, "/status");
        return page !== undefined && JSON.parse(page.text).store.outbox === 0;
      },
      "all reports are confirmed",
      60_000,
    );
    const wanted = this.#ledger.objects();
    await until(
      () => JSON.stringify(this.#handed()) === JSON.stringify(lines(wanted)),
      "the agent has every object's last state",
    );
    this.#measure(node);
    node.signal("SIGTERM");
    const { code } = await node.status;
    if (code !== 0) this.figures.lost.push(`exit code ${code}:${node.output}`);
    const image = await this.#compare();
    const stored = lines(
      new Map([...image.rows].filter(([key]) => !key.includes("/podstatus/"))),
    );
    if (JSON.stringify(stored) !== JSON.stringify(lines(wanted))) {
      this.figures.lost.push("store and cloud differ after all is said");
    }
    for (const [uid, { tried, taken, confirmed }] of this.#ledger.reports) {
      const isTrue = confirmed >= taken && confirmed <= tried;
      if (!isTrue) this.figures.lost.push(`status ${taken} of ${uid}`);
    }
  }

  #start(): NodeProcess {
    return new NodeProcess(
      this.#world.sets(
        `edgehub.websocket.url=${this.#hub.url}`,
        "meta.sync.podstatus.interval=1",
      ),
      { command: program() },
    );
  }

  /** What the agent has, by key. */
  #handed(): string[] {
    return lines(
      new Map(
        [...this.#agent.picture.objects].map((
          [key, { metadata }],
        ) => [key, { uid: metadata.uid, version: metadata.labels?.n ?? "" }]),
      ),
    );
  }

  #measure(node: NodeProcess): void {
    this.figures.peakMb = Math.max(this.figures.peakMb, node.peakMb);
  }

  /** Looks at a copy: the node is to find the file as the kill left it. */
  async #compare(): Promise<StoreImage> {
    const path = await this.#world.crashImage();
    const image = new StoreImage(path);
    await Deno.remove(path.replace(/\/[^/]+$/, ""), { recursive: true });
    const { figures } = this;
    figures.lost.push(
      ...this.#ledger.compare(image),
      ...this.#agent.wrong.splice(0),
    );
    if (figures.peakMb > MEMORY_MB_MAX) {
      figures.lost.push(`memory: ${figures.peakMb} MB`);
    }
    figures.acks = this.#hub.acks;
    figures.answered = this.#agent.answered;
    figures.compared = this.#ledger.compared;
    return image;
  }
}

/**
 * Kills a node under full load from both sides, again and again on the same
 * folder, and compares its file each time with all that it ever acknowledged,
 * answered or handed over.
 */
export async function runKills(options: KillOptions): Promise<KillFigures> {
  // The instants are a function of the seed; the load is as the machine is.
  const [random, changes, requests] = [0, 1, 2].map((n) =>
    seededRandom(options.seed + n)
  ) as [Random, Random, Random];
  await using world = await World.start({ tls: true });
  const ledger = new Ledger(changes);
  const tls = await world.authority?.server();
  if (!tls) throw new TypeError("The world speaks TLS");
  await using hub = new FloodHub(ledger, { cert: tls.cert, key: tls.key });
  await hub.start();
  await using agent = new FloodAgent(world.socket, ledger, requests);
  const killed = new KillWorld({ world, ledger, hub, agent, random });
  for (let round = 0; round < options.rounds; round++) {
    await killed.round();
    options.progress?.(killed.figures);
    if (killed.figures.lost.length > 0) return killed.figures;
  }
  await killed.converge();
  return killed.figures;
}

function lines(
  objects: ReadonlyMap<string, { uid: string; version: string }>,
): string[] {
  return [...objects].map(([key, { uid, version }]) =>
    `${key} ${uid} ${version}`
  ).sort();
}
