import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../lib/base/mod.ts";
import { attachInProcess } from "../../../lib/edged/mod.ts";
import { isRecord } from "../../../lib/base/mod.ts";
import type { Message } from "../../../lib/message/mod.ts";
import { fromCloud, object, pod } from "../../support/messages.ts";
import {
  ProcessorBench,
  type Recorder,
} from "../../support/processor_bench.ts";

const CHANGES = 1000;
const NAMES = Array.from({ length: 20 }, (_, i) => `p-${i}`);

/** One change of one of twenty pods; versions rise. */
function change(random: () => number, version: number): Message {
  const name = NAMES[Math.floor(random() * NAMES.length)] ?? "";
  const key = `default/pod/${name}`;
  const labels = { version: String(version) };
  return random() < 0.2
    ? fromCloud("delete", key, pod(name, version, { uid: `u-${version}` }))
    : fromCloud("update", key, pod(name, version, { labels }));
}

/** What an agent holds once it has taken messages, and whether it was told twice. */
class Watcher {
  readonly versions = new Map<string, string>();
  readonly #revisions = new Map<string, number>();
  isTwice = false;

  take(messages: readonly Message[]): void {
    for (const { header, route, content } of messages) {
      if (route.resource === "meta/replay") continue;
      const { revision = 0 } = header;
      const before = this.#revisions.get(route.resource) ?? -1;
      if (revision > 0 && revision <= before) this.isTwice = true;
      this.#revisions.set(route.resource, revision);
      if (route.operation === "delete") this.versions.delete(route.resource);
      else this.versions.set(route.resource, versionOf(content));
    }
  }
}

function versionOf(content: unknown): string {
  const metadata = isRecord(content) ? content.metadata : undefined;
  return isRecord(metadata) ? String(metadata.resourceVersion) : "";
}

/** The same of the store. */
function stored(bench: ProcessorBench): Map<string, string> {
  return new Map(bench.store.list("pod").map((row) => [row.key, row.version]));
}

function sorted(versions: ReadonlyMap<string, string>) {
  return [...versions].sort(([a], [b]) => a < b ? -1 : 1);
}

Deno.test("watch_gives_snapshot_then_changes, G1: attached before, during and after 1,000 changes", async () => {
  await using bench = await ProcessorBench.start();
  const random = seededRandom(1);
  const agents: { agent: Recorder; watcher: Watcher }[] = [];
  const attach = async (name: string) => {
    agents.push({ agent: bench.agent(name), watcher: new Watcher() });
    await bench.clock.settle();
  };
  await attach("before");
  for (let i = 1; i <= CHANGES; i++) {
    if (i === CHANGES / 2) await attach("during");
    await bench.fromCloud(change(random, i));
  }
  await attach("after");
  for (const { agent, watcher } of agents) {
    watcher.take(agent.take());
    assertEquals(sorted(watcher.versions), sorted(stored(bench)));
    assert(!watcher.isTwice);
  }
});

Deno.test("watch_resumes_or_says_gone, G2: an agent that comes back at any point misses nothing, over restarts of the node", async () => {
  const folder = await Deno.makeTempDir();
  const random = seededRandom(2);
  const watcher = new Watcher();
  let version = 0;
  try {
    for (let life = 0; life < 4; life++) {
      await using bench = await ProcessorBench.start({ folder });
      for (let turn = 0; turn < 5; turn++) {
        const agent = bench.agent();
        await bench.clock.settle();
        for (let i = random() * 40; i > 0; i--) {
          await bench.fromCloud(change(random, ++version));
        }
        watcher.take(agent.take());
        agent.leave();
        for (let i = random() * 40; i > 0; i--) {
          await bench.fromCloud(change(random, ++version));
        }
      }
      const agent = bench.agent();
      await bench.clock.settle();
      watcher.take(agent.take());
      assertEquals(sorted(watcher.versions), sorted(stored(bench)));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("watch_resumes_or_says_gone, G2: past the tombstones it is told that it gets all anew", async () => {
  await using bench = await ProcessorBench.start({
    tombstoneLimits: { countMax: 0, ageMs: 1e9 },
  });
  bench.markSynced();
  const agent = bench.agent();
  await bench.fromCloud(
    fromCloud("insert", "default/pod/a", pod("a", 1)),
    fromCloud("insert", "default/pod/b", pod("b", 1)),
  );
  agent.leave();
  await bench.fromCloud(fromCloud("delete", "default/pod/a", pod("a", 1)));
  const again = bench.agent();
  await bench.clock.settle();
  const [started, ...rest] = again.take().filter(({ route }) =>
    route.resource !== "node/connection"
  );
  assertEquals((started?.content as { full: boolean }).full, true);
  assertEquals(rest.map(({ route }) => route.resource), [
    "default/pod/b",
    "meta/replay",
  ]);
});

Deno.test("watchers_share_nothing_mutable, G7: an agent that changes what it gets changes nobody else's", async () => {
  await using bench = await ProcessorBench.start();
  const none = () => {};
  const log = { debug: none, info: none, warn: none, error: none };
  const seen: unknown[] = [];
  const vandal = (message: Message) => {
    seen.push(structuredClone(message.content));
    const { content } = message;
    if (!isRecord(content)) return;
    for (const key of Object.keys(content)) delete content[key];
    content.metadata = { name: "mine", uid: "mine" };
  };
  const modules = ["one", "two", "three"];
  using _one = attachInProcess(bench.router, {
    module: "one",
    onMessage: vandal,
    log,
  });
  using _two = attachInProcess(bench.router, {
    module: "two",
    onMessage: vandal,
    log,
  });
  const edged = bench.agent("three");
  await bench.clock.settle();
  seen.length = 0;
  edged.take();
  const config = object("ConfigMap", "c", 1, { data: { k: "v" } });
  const before = structuredClone(config);
  await bench.fromCloud(fromCloud("insert", "default/configmap/c", config));
  seen.push(...edged.take().map(({ content }) => content));
  assertEquals(seen, modules.map(() => before));
  const row = bench.store.get("default/configmap/c");
  assertEquals(JSON.parse(row?.value ?? ""), before);
  assertEquals(bench.cloud.take().map(({ content }) => content), ["OK"]);
});
