import { assert, assertEquals } from "@std/assert";
import type { AgentClient } from "../../lib/agent/mod.ts";
import {
  type Random,
  seededRandom,
  sleep,
  SystemClock,
} from "../../lib/base/mod.ts";
import { until } from "../support/edged_harness.ts";
import { askAdmin, NodeProcess } from "../support/node_process.ts";
import {
  NODE,
  Picture,
  podManifest,
  podRef,
  summaryOf,
  World,
} from "../support/node_world.ts";
import { StoreImage } from "../support/store_image.ts";

const CLOCK = new SystemClock();
const PODS = 12;

/** Changes pods in the cloud, and reports of them by the agent, until stopped. */
class Load {
  /** Highest number of a report by pod uid: sent, and answered with `OK`. */
  readonly reports = new Map<string, { tried: number; taken: number }>();
  readonly #world: World;
  readonly #agent: AgentClient;
  readonly #picture: Picture;
  readonly #random: Random;
  readonly #running: Promise<void>;
  readonly #asked = new Set<Promise<void>>();
  #stopping = false;
  #n = 0;

  constructor(
    world: World,
    agent: AgentClient,
    options: { picture: Picture; random: Random },
  ) {
    this.#world = world;
    this.#agent = agent;
    this.#picture = options.picture;
    this.#random = options.random;
    this.#running = this.#run();
  }

  /** Ends it and waits for what was asked. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await Promise.all(this.#asked);
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#step();
      await sleep(CLOCK, 3);
    }
  }

  #step(): void {
    const { hub } = this.#world;
    const name = `pod-${Math.floor(this.#random() * PODS)}`;
    if (this.#random() < 0.1) {
      hub.delete(podRef(name), { gracePeriodSeconds: 0 });
    } else hub.apply(podManifest(name, ++this.#n));
    const [known] = [...this.#picture.objects.values()]
      .filter(() => this.#random() < 0.2);
    if (known) this.#report(known.metadata.name, known.metadata.uid);
  }

  #report(name: string, uid: string): void {
    const report = this.reports.get(uid) ?? { tried: 0, taken: 0 };
    this.reports.set(uid, report);
    const round = ++report.tried;
    const asked = this.#agent.reportPodStatus(
      { namespace: "default", name, uid },
      { round },
      { timeoutMs: 2000 },
    ).then(
      () => void (report.taken = Math.max(report.taken, round)),
      // The node was killed: it may have taken it, or not.
      () => undefined,
    ).finally(() => this.#asked.delete(asked));
    this.#asked.add(asked);
  }
}

/** Everything that the cloud counts as acknowledged is in the store's files. */
async function assertNothingAckedIsMissing(world: World): Promise<void> {
  const { hub } = world;
  await until(() => hub.sessions().length === 0, "the link has ended");
  const path = await world.crashImage();
  const image = new StoreImage(path);
  await Deno.remove(path.replace(/\/[^/]+$/, ""), { recursive: true });
  assertEquals(image.integrity, "ok");
  assertEquals(image.lacks([...hub.core.syncs.of(NODE)]), []);
}

Deno.test("commit_survives_kill, A1, A4, A8: 10 rounds under load", async () => {
  await using world = await World.start({ tls: true });
  const { hub } = world;
  const random = seededRandom(20261121);
  const picture = new Picture();
  await using agent = world.agent({
    answers: true,
    onMessage: (message) => picture.take(message),
  });
  const attached = agent.connect();
  const load = new Load(world, agent, { picture, random });
  for (let round = 0; round < 10; round++) {
    await using node = new NodeProcess(world.sets());
    await node.connected();
    await attached;
    await sleep(CLOCK, random() * 300);
    await node.kill();
    await assertNothingAckedIsMissing(world);
  }
  await using node = new NodeProcess(world.sets());
  await node.connected();
  await sleep(CLOCK, 200);
  await load.stop();
  await hub.synced(NODE);
  await until(async () => {
    const page = await askAdmin(world.adminSocket, "/status");
    return page !== undefined && JSON.parse(page.text).store.outbox === 0;
  }, "all reports are confirmed");
  await hub.synced(NODE);
  const wanted = JSON.stringify(summaryOf(hub.list("pod")));
  await until(
    () => JSON.stringify(picture.summary("pod")) === wanted,
    "the agent has every object's last state",
  );
  // It saw every delete, none of them by a replay of everything: the first
  // attachment may have been one, of what was there before it.
  assert(picture.fullReplays <= 1);
  const seen = new Set(picture.events.map((event) => event.split(" ")[2]));
  assert(seen.size > PODS, `${seen.size}`);
  const here = new Set(hub.list("pod").map(({ metadata }) => metadata.uid));
  for (const uid of seen) {
    const deletes = picture.events.filter((event) =>
      event.startsWith("delete") && event.endsWith(` ${uid}`)
    );
    assertEquals(deletes.length > 0, !here.has(uid ?? ""), uid);
  }
  // No report that was taken is lost, none comes after a newer one.
  for (const { metadata, status } of hub.list("pod")) {
    const { tried = 0, taken = 0 } = load.reports.get(metadata.uid) ?? {};
    const { round = 0 } = (status ?? {}) as { round?: number };
    assert(round >= taken && round <= tried, `${taken} ${round} ${tried}`);
  }
  assert([...load.reports.values()].some(({ taken }) => taken > 3));
  node.signal("SIGTERM");
  assertEquals((await node.status).code, 0);
});
