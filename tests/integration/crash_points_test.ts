import { assert, assertEquals } from "@std/assert";
import { seededRandom, SystemClock } from "../../lib/base/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import {
  type CrashOptions,
  ModelAgent,
  ModelCloud,
  MortalNode,
  type Outside,
  stateOf,
} from "../support/crash_world.ts";
import { fromCloud, fromEdged, object, pod } from "../support/messages.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** How an agent comes back, and what the cloud does meanwhile. */
interface Comeback extends CrashOptions {
  /** The agent says up to where it has everything, or leaves it to the node. */
  readonly since: boolean;
  /** The cloud repeats before the agent is there, or behind its replay. */
  readonly cloudFirst: boolean;
}

/** One life of the cloud and the agent, and of the nodes between them. */
class Life implements AsyncDisposable {
  readonly outside: Outside;
  readonly comeback: Comeback;
  node: MortalNode;
  readonly #root: string;
  #lives = 0;
  #folder: string;

  private constructor(root: string, comeback: Comeback, at: number) {
    this.#root = root;
    this.#folder = `${root}/0`;
    this.comeback = comeback;
    this.outside = {
      ...comeback,
      clock: new VirtualClock(),
      cloud: new ModelCloud(),
      agent: new ModelAgent(),
    };
    this.node = this.#bear(at);
  }

  static async begin(comeback: Comeback, at: number): Promise<Life> {
    const life = new Life(await Deno.makeTempDir(), comeback, at);
    await life.node.start();
    return life;
  }

  /** The cloud sends a burst. */
  burst(...messages: readonly (readonly [string, string, unknown])[]): void {
    for (const [operation, resource, content] of messages) {
      const message = fromCloud(operation, resource, content);
      this.outside.cloud.note(message);
      this.node.send(message, "websocket");
    }
  }

  /** Lets all happen that can, and time pass. */
  async pass(byMs = 0): Promise<void> {
    await this.outside.clock.advance(byMs);
  }

  /** The node dies, unless it is dead; its folder as it was lies in the image. */
  async die(): Promise<void> {
    await this.node.bury();
    this.#folder = this.#image;
    this.#assertPromisesKept();
  }

  /** A new node over what is left; `at`: the instant at which it dies. */
  async rise(at = Infinity): Promise<void> {
    this.#lives++;
    this.node = this.#bear(at);
    await this.node.start();
    if (this.comeback.cloudFirst) {
      await this.#repeat();
      this.attach();
      await this.pass();
    } else {
      this.attach();
      await this.pass();
      await this.#repeat();
    }
    // All that is on its way arrives, and answers come.
    await this.pass(20_000);
  }

  /** The agent attaches. */
  attach(): void {
    const { agent } = this.outside;
    if (!this.node.fuse.isBurnt) {
      this.node.attach(
        this.comeback.since ? agent.progress.revision : undefined,
      );
    }
  }

  /** Everything and everyone is up to date. */
  assertWhole(): void {
    const { cloud, agent } = this.outside;
    assertEquals(cloud.unacked.map(({ route }) => route.resource), []);
    assertEquals(agent.picture(), cloud.truth());
    assertEquals(agent.wrongs, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node.bury();
    await Deno.remove(this.#root, { recursive: true });
  }

  get #image(): string {
    return `${this.#root}/${this.#lives + 1}`;
  }

  #bear(at: number): MortalNode {
    return new MortalNode(this.#folder, this.outside, {
      at,
      image: this.#image,
    });
  }

  async #repeat(): Promise<void> {
    for (const message of this.outside.cloud.unacked) {
      this.node.send(message, "websocket");
    }
    await this.pass();
  }

  /** What was acked, to the cloud or to the agent, is in the files. */
  #assertPromisesKept(): void {
    const { cloud, agent } = this.outside;
    const copy = `${this.#root}/look`;
    Deno.mkdirSync(copy, { mode: 0o700 });
    for (const { name } of Deno.readDirSync(this.#folder)) {
      Deno.copyFileSync(`${this.#folder}/${name}`, `${copy}/${name}`);
    }
    const store = openStore({
      path: `${copy}/metamanager.db`,
      clock: new SystemClock(),
      reserveBytes: 0,
    });
    assertEquals(store.problems, []);
    for (const resource of cloud.sent.keys()) {
      const row = store.get(resource);
      const state = row ? stateOf(JSON.parse(row.value)) : "";
      const allowed = cloud.allowed(resource);
      assert(allowed.includes(state), `${resource}: ${state} of ${allowed}`);
    }
    const outbox = store.outbox(0, 10).map(({ msgId }) => msgId);
    for (const id of agent.reported) {
      assert(outbox.includes(id), `report ${id} was taken and is lost`);
    }
    store.close();
    Deno.removeSync(copy, { recursive: true });
  }
}

const later = "2026-02-01T00:00:00Z";
const latest = "2026-03-01T00:00:00Z";
const podOf = (
  name: string,
  n: number,
  version: number,
  fields: { uid?: string; created?: string } = {},
) => {
  const state = pod(name, version, { ...fields, labels: { n: String(n) } });
  return [`default/pod/${name}`, state] as const;
};
const configOf = (n: number, version: number) =>
  [
    "default/configmap/cm",
    {
      ...object("ConfigMap", "cm", version),
      metadata: {
        ...object("ConfigMap", "cm", version).metadata as object,
        labels: { n: String(n) },
      },
      data: { n: String(n) },
    },
  ] as const;

/** Inserts, updates, deletes and recreations, with an agent that comes and goes. */
const SCHEDULE: readonly ((life: Life) => void)[] = [
  (life) =>
    life.burst(
      ["insert", ...podOf("a", 1, 1)],
      ["insert", ...podOf("b", 1, 2)],
      ["insert", ...podOf("c", 1, 3)],
    ),
  (life) => life.attach(),
  (life) =>
    life.burst(
      ["update", ...podOf("a", 2, 4)],
      ["update", ...podOf("b", 2, 5)],
      ["insert", ...podOf("d", 1, 6)],
      ["insert", ...configOf(1, 7)],
    ),
  (life) => {
    life.burst(
      // The content is what it was.
      ["update", ...podOf("a", 2, 8)],
      ["update", ...podOf("d", 2, 9)],
    );
    const status = { UID: "uid-a", Name: "a", Status: { phase: "Running" } };
    life.node.send(
      fromEdged("update", "default/podstatus/a", status),
      "edged",
    );
  },
  (life) => {
    life.node.detach();
    life.burst(
      ["delete", ...podOf("d", 2, 10)],
      ["update", ...podOf("c", 1, 11, { uid: "uid-c2", created: later })],
      ["delete", ...podOf("b", 2, 12)],
      ["update", ...podOf("a", 3, 13)],
    );
  },
  (life) => {
    life.attach();
    // While it catches up.
    life.burst(["update", ...configOf(2, 14)]);
  },
  (life) =>
    life.burst(
      ["insert", ...podOf("b", 1, 15, { uid: "uid-b2", created: later })],
      ["update", ...podOf("c", 2, 16, { uid: "uid-c2", created: later })],
    ),
  (life) =>
    life.burst(
      ["delete", ...podOf("c", 2, 17, { uid: "uid-c2", created: later })],
      ["update", ...podOf("b", 1, 18, { uid: "uid-b3", created: latest })],
      ["update", ...configOf(3, 19)],
    ),
];

/** Runs the schedule until it ends or the node dies. */
async function run(life: Life): Promise<void> {
  for (const step of SCHEDULE) {
    if (life.node.fuse.isBurnt) return;
    step(life);
    await life.pass();
    // Positions are saved at most once a second.
    await life.pass(1100);
  }
  await life.pass(20_000);
}

const PRUNED = { tombstoneLimits: { countMax: 0, ageMs: 1e12 } };
const COMEBACKS: Readonly<Record<string, Comeback>> = {
  "by the node's position, the agent first": {
    answers: false,
    lagMs: 500,
    since: false,
    cloudFirst: false,
  },
  "an agent that answers, by the node's position, the cloud first": {
    answers: true,
    lagMs: 0,
    since: false,
    cloudFirst: true,
  },
  "by the agent's own revision, the cloud first": {
    answers: true,
    lagMs: 300,
    since: true,
    cloudFirst: true,
  },
  "deletes are not remembered, the agent first": {
    answers: true,
    lagMs: 500,
    since: false,
    cloudFirst: false,
    ...PRUNED,
  },
  "deletes are not remembered, by its own revision, the cloud first": {
    answers: false,
    lagMs: 500,
    since: true,
    cloudFirst: true,
    ...PRUNED,
  },
};

/** The instants of a run in which nobody dies. */
async function instantsOf(comeback: Comeback): Promise<readonly string[]> {
  await using life = await Life.begin(comeback, Infinity);
  await run(life);
  life.assertWhole();
  return life.node.fuse.labels;
}

async function within(what: string, test: () => Promise<void>): Promise<void> {
  try {
    await test();
  } catch (error) {
    throw new Error(`Crash ${what}`, { cause: error });
  }
}

for (const [name, comeback] of Object.entries(COMEBACKS)) {
  Deno.test(`crash at every instant, then restart: ${name}`, async () => {
    const instants = await instantsOf(comeback);
    for (const [at, label] of instants.entries()) {
      await within(`at instant ${at}, ${label}`, async () => {
        await using life = await Life.begin(comeback, at);
        await run(life);
        assertEquals(life.node.fuse.labels.at(-1), label);
        await life.die();
        await life.rise();
        life.assertWhole();
      });
    }
  });
}

Deno.test("crash at every instant: each point between receipt and hand-over is among them", async () => {
  const seen = new Set<string>();
  for (const comeback of Object.values(COMEBACKS)) {
    for (const label of await instantsOf(comeback)) seen.add(label);
  }
  for (
    const label of [
      "received",
      "message 1 of the batch ran",
      "message 4 of the batch ran",
      "before COMMIT",
      "half of COMMIT is written",
      "after COMMIT",
      "released to the cloud: response",
      "released to the agent: delete",
      "released to the agent: insert",
      "released to the agent: update",
      "handed over, no position: delete",
      "handed over, no position: insert",
      "position noted, not saved",
      "catch-up reads",
      "released to the agent: replay started",
      "released to the agent: replay finished",
      "handed over, no position: replay started, full",
      "handed over, no position: replay finished, full",
      "an agent's answer is awaited",
    ]
  ) assert(seen.has(label), label);
});

Deno.test("crash of the restart, too: two crashes at any two instants", async () => {
  const random = seededRandom(20261122);
  const pick = (count: number) => Math.floor(random() * count);
  const all = Object.values(COMEBACKS);
  for (let round = 0; round < 60; round++) {
    const comeback = all[pick(all.length)];
    assert(comeback);
    const at = pick(180);
    const again = pick(60);
    await within(`round ${round}, at ${at} and ${again}`, async () => {
      await using life = await Life.begin(comeback, at);
      await run(life);
      await life.die();
      await life.rise(again);
      await life.die();
      await life.rise();
      life.assertWhole();
    });
  }
});
