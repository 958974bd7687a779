import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Database } from "@db/sqlite";
import { EdgeNode } from "../../lib/app/mod.ts";
import { seededRandom, SystemClock } from "../../lib/base/mod.ts";
import { loadConfig } from "../../lib/config/mod.ts";
import {
  decode,
  encode,
  type Message,
  newResponse,
} from "../../lib/message/mod.ts";
import { openStore, type Store } from "../../lib/store/mod.ts";
import { silentLogger } from "../../lib/telemetry/mod.ts";
import { until } from "../support/edged_harness.ts";
import { TEST_STAMP } from "../support/messages.ts";
import { ScriptedHub } from "../support/scripted_hub.ts";
import { ProcessorBench } from "../support/processor_bench.ts";
import {
  answeredIds,
  isControl,
  KubernetesSide,
  messageOf,
  objectKey,
  readRecording,
  type RecordedLine,
  RECORDINGS,
  wantsAck,
} from "../support/recording.ts";

/** What a store holds, as far as it does not count its own changes. */
function rowsOf(store: Store) {
  return Object.keys(store.stats().objects).flatMap((type) => store.list(type))
    .map(({ key, type, value, uid, version }) => ({
      key,
      type,
      value,
      uid,
      version,
    }));
}

/** Rows that Kubernetes has no object of: what the agent asked and told. */
const NO_OBJECTS: ReadonlySet<string> = new Set([
  "serviceaccounttoken",
  "nodestatus",
]);

/** Keys of objects that CloudHub keeps this node up to date with. */
function subscribedKeys(lines: readonly RecordedLine[]): Set<string> {
  const keys = new Set<string>();
  for (const { from, frame } of lines) {
    if (from !== "cloud" || !frame) continue;
    const message = messageOf(frame);
    if (wantsAck(message)) keys.add(objectKey(message.route.resource));
  }
  return keys;
}

/** The store against Kubernetes at the end of a recording. */
function assertSameAsKubernetes(
  store: Store,
  lines: readonly RecordedLine[],
  except: ReadonlySet<string> = new Set(),
): void {
  const kubernetes = new KubernetesSide();
  for (const line of lines) kubernetes.take(line);
  const known = (key: string) => {
    const object = kubernetes.objects.get(key);
    return [key, object?.uid, object?.version];
  };
  const stored = (key: string) => {
    const row = store.get(key);
    const metadata = row && JSON.parse(row.value).metadata;
    assertEquals(metadata?.uid, row?.uid);
    assertEquals(metadata?.resourceVersion, row?.version);
    return [key, row?.uid, row?.version];
  };
  const keys = subscribedKeys(lines);
  assert(keys.size >= 4, "a recording without objects shows nothing");
  for (const { key, type } of rowsOf(store)) {
    if (!NO_OBJECTS.has(type) && !except.has(type)) keys.add(key);
  }
  const sorted = [...keys].sort();
  assertEquals(sorted.map(stored), sorted.map(known));
}

/** Runs the cloud's half of a recording into a node in virtual time. */
class Replay implements AsyncDisposable {
  readonly bench: ProcessorBench;
  /** Answers that each id of the cloud got. */
  readonly answers = new Map<string, Message[]>();
  #lastMs = 0;

  private constructor(bench: ProcessorBench) {
    this.bench = bench;
  }

  static async start(): Promise<Replay> {
    const replay = new Replay(await ProcessorBench.start());
    await replay.bench.connect();
    return replay;
  }

  /** Lets time pass and the link come and go as recorded. */
  async follow({ t = this.#lastMs, event, link }: RecordedLine): Promise<void> {
    const goneMs = t - this.#lastMs;
    this.#lastMs = t;
    if (goneMs > 0) await this.bench.clock.advance(goneMs);
    if (link && event === "open") await this.bench.connect();
    if (link && event === "closed") await this.bench.connect(false);
    this.collect();
  }

  /** Delivers one message and takes what comes back for the cloud. */
  async deliver(message: Message): Promise<void> {
    await this.bench.fromCloud(message);
    this.collect();
  }

  /** Sorts what left for the cloud; returns what answers nothing. */
  collect(): Message[] {
    const own: Message[] = [];
    for (const message of this.bench.cloud.take()) {
      const parentId = message.header.parent_msg_id;
      if (message.route.operation === "ping") {
        this.bench.cloud.send(newResponse(TEST_STAMP, message, "ack"));
      } else if (!parentId) own.push(message);
      else this.answers.set(parentId, [...this.of(parentId), message]);
    }
    return own;
  }

  of(id: string): readonly Message[] {
    return this.answers.get(id) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
  }
}

for (const name of RECORDINGS) {
  const lines = readRecording(name);
  const fromCloud = lines.flatMap(({ from, frame }) =>
    from === "cloud" && frame ? [frame] : []
  );
  const deliveries = fromCloud.map(messageOf)
    .filter((message) => !isControl(message));

  Deno.test(`replay ${name}, every frame of the cloud decodes and re-encodes unchanged in meaning`, () => {
    assert(fromCloud.length > 10);
    for (const frame of fromCloud) {
      const decoded = decode(frame);
      assert(decoded.ok, frame);
      assertEquals(JSON.parse(encode(decoded.message)), JSON.parse(frame));
    }
  });

  Deno.test(`replay ${name}, each frame that wants an ack gets one, and the store ends as Kubernetes does`, async () => {
    await using replay = await Replay.start();
    const answeredByStock = answeredIds(lines);
    const wanted = new Map<string, number>();
    for (const line of lines) {
      await replay.follow(line);
      if (line.from !== "cloud" || !line.frame) continue;
      const message = messageOf(line.frame);
      if (isControl(message)) continue;
      const { msg_id: id } = message.header;
      await replay.deliver(message);
      if (wantsAck(message)) wanted.set(id, (wanted.get(id) ?? 0) + 1);
      // What the stock edge leaves alone is at most acked; nothing is refused
      // with `error`, which would be repeated for ever.
      const count = replay.of(id).length;
      assert(count <= Math.max(1, wanted.get(id) ?? 1), line.frame);
      for (const { route } of replay.of(id)) {
        assertEquals(
          [route.operation, route.source, route.resource],
          ["response", message.route.source, message.route.resource],
        );
      }
    }
    assert(wanted.size > 4);
    for (const [id, times] of wanted) {
      const contents = replay.of(id).map(({ content }) => content);
      assertEquals(contents.length, times, id);
      if (answeredByStock.has(id)) {
        assertEquals(new Set(contents), new Set(["OK"]), id);
      }
    }
    // MetaSync clears statuses of pods that are gone.
    await replay.bench.clock.advance(60_000);
    assertSameAsKubernetes(replay.bench.store, lines);
  });

  Deno.test(`redelivery_changes_nothing, B3: ${name} with each message 1 to 5 times`, async () => {
    await using single = await Replay.start();
    const watcher = single.bench.agent();
    for (const message of deliveries) await single.deliver(message);
    for (const seed of [1, 2]) {
      const random = seededRandom(seed);
      await using repeated = await Replay.start();
      const { store, folder } = repeated.bench;
      const repeatedWatcher = repeated.bench.agent();
      const outside = new Database(`${folder}/metamanager.db`, {
        readonly: true,
      });
      using _ = { [Symbol.dispose]: () => outside.close() };
      const seen = new Set<string>();
      const commits = () => outside.prepare("PRAGMA data_version").get();
      for (const message of deliveries) {
        const { msg_id: id } = message.header;
        await repeated.deliver(message);
        const before = { revision: store.revision(), commits: commits() };
        seen.add(JSON.stringify(before.commits));
        const answered = repeated.of(id).length;
        const times = Math.floor(random() * 5);
        for (let i = 0; i < times; i++) await repeated.deliver(message);
        const after = { revision: store.revision(), commits: commits() };
        assertEquals(after, before, `seed ${seed}, ${encode(message)}`);
        if (!wantsAck(message)) continue;
        assertEquals(repeated.of(id).length, answered + times, `seed ${seed}`);
      }
      assert(seen.size > 3, "a commit shows outside");
      assertEquals(rowsOf(store), rowsOf(single.bench.store));
      assertEquals(store.revision(), single.bench.store.revision());
      assertEquals(
        repeatedWatcher.messages.map(shownOf),
        watcher.messages.map(shownOf),
      );
    }
  });

  Deno.test(`redelivery_changes_nothing, B3: ${name} with repeats that come late`, async () => {
    await using single = await Replay.start();
    for (const message of deliveries) await single.deliver(message);
    for (const seed of [3, 4]) {
      const random = seededRandom(seed);
      await using repeated = await Replay.start();
      const late: Message[] = [];
      for (const message of deliveries) {
        await repeated.deliver(message);
        // A delete that names no object means whoever has the name by then.
        if (message.route.operation !== "delete" || uidOf(message)) {
          late.push(message);
        }
        const revision = repeated.bench.store.revision();
        const again = late[Math.floor(random() * late.length)];
        if (again) await repeated.deliver(again);
        assertEquals(
          repeated.bench.store.revision(),
          revision,
          `seed ${seed}, ${again && encode(again)}`,
        );
      }
      assertEquals(rowsOf(repeated.bench.store), rowsOf(single.bench.store));
    }
  });
}

/** What an agent sees of a message, without ids and times. */
function shownOf({ route, content, header }: Message) {
  const { operation, resource } = route;
  return [operation, resource, header.revision, uidOf({ content })];
}

function uidOf({ content }: Pick<Message, "content">): string {
  const { metadata } = (content ?? {}) as { metadata?: { uid?: string } };
  return metadata?.uid ?? "";
}

Deno.test("replay edgecore-v1.15.0.jsonl, what the stock edge leaves unanswered is acked, and why is told", async () => {
  await using replay = await Replay.start();
  const lines = readRecording("edgecore-v1.15.0.jsonl");
  const answered = answeredIds(lines);
  const left: unknown[] = [];
  for (const { from, frame } of lines) {
    if (from !== "cloud" || !frame) continue;
    const message = messageOf(frame);
    if (isControl(message)) continue;
    await replay.deliver(message);
    const { msg_id: id } = message.header;
    if (answered.has(id)) continue;
    const { operation, source } = message.route;
    left.push([operation, source, replay.of(id).map(({ content }) => content)]);
  }
  assertEquals(left, [
    // Older than what was deleted before it: a duplicate.
    ["update", "somebody", ["OK"]],
    ["frobnicate", "edgecontroller", ["Unknown operation: frobnicate"]],
    ["query", "edgecontroller", ["Not allowed from here: query"]],
  ]);
});

/** The agent's half: the recorded edge's requests, answered as recorded. */
class AgentReplay {
  readonly replay: Replay;
  readonly agent;
  /** Id upstream by recorded id: the node asks under ids of its own. */
  readonly #upstream = new Map<string, string>();
  /** Requests that were sent. */
  readonly asked: Message[] = [];
  /** Requests that were passed to the cloud under an id of the node's. */
  remote = 0;

  constructor(replay: Replay) {
    this.replay = replay;
    this.agent = replay.bench.agent("edged", { answers: false });
  }

  async ask(request: Message): Promise<void> {
    this.replay.collect();
    this.asked.push(request);
    this.agent.send(request);
    await this.replay.bench.clock.settle();
    for (const upstream of this.replay.collect()) {
      const { operation, resource } = upstream.route;
      if (operation !== request.route.operation) continue;
      if (objectKey(resource) !== objectKey(request.route.resource)) continue;
      assertEquals(upstream.content, request.content);
      this.#upstream.set(request.header.msg_id, upstream.header.msg_id);
      if (upstream.header.msg_id !== request.header.msg_id) this.remote++;
    }
  }

  /** The recorded answer, as if it answered what this node asked. */
  answer(message: Message): Message {
    const { parent_msg_id: parentId } = message.header;
    const upstream = parentId && this.#upstream.get(parentId);
    if (!upstream) return message;
    const header = { ...message.header, parent_msg_id: upstream };
    return { ...message, header };
  }

  /** How often each request was answered. */
  answerCounts(): number[] {
    return this.asked.map(({ header }) =>
      this.agent.messages.filter((message) =>
        message.header.parent_msg_id === header.msg_id
      ).length
    );
  }
}

Deno.test("replay cloudcore-v1.15.0.jsonl with its edge's requests sent by an agent, each is answered once", async () => {
  const lines = readRecording("cloudcore-v1.15.0.jsonl");
  await using replay = await Replay.start();
  const edge = new AgentReplay(replay);
  const wanted = new Map<string, number>();
  for (const line of lines) {
    await replay.follow(line);
    if (!line.frame) continue;
    const decoded = decode(line.frame);
    // One frame of the edge is malformed on purpose.
    if (!decoded.ok) continue;
    const { message } = decoded;
    const { msg_id: id, parent_msg_id: parentId } = message.header;
    if (line.from === "edge") {
      if (message.route.source === "edged" && !parentId) {
        await edge.ask(message);
      }
      continue;
    }
    if (isControl(message)) continue;
    await replay.deliver(edge.answer(message));
    if (wantsAck(message)) wanted.set(id, (wanted.get(id) ?? 0) + 1);
  }
  await replay.bench.clock.advance(60_000);
  assert(edge.asked.length > 40, `${edge.asked.length}`);
  assert(edge.remote > 25, `${edge.remote}`);
  assertEquals(
    edge.asked.filter((_, i) => edge.answerCounts()[i] !== 1).map(encode),
    [],
  );
  for (const [id, times] of wanted) {
    assertEquals(replay.of(id).length, times, id);
  }
  assertSameAsKubernetes(replay.bench.store, lines);
  assertNotEquals(replay.bench.store.list("serviceaccounttoken"), []);
  // CloudCore never answers for a node that it does not know.
  assertEquals(
    replay.bench.store.outbox(0, 10).map(({ resource }) => resource),
    ["default/nodestatus/no-such"],
  );
});

Deno.test("replay edgecore-v1.15.0.jsonl over a real socket, acks and store are the same", async () => {
  await using hub = new ScriptedHub();
  const folder = await Deno.makeTempDir();
  const path = `${folder}/store/metamanager.db`;
  const { config } = await loadConfig({
    sets: [
      `edgehub.websocket.url=${hub.url}`,
      "edgehub.controller.node-id=edge-1",
      `store.path=${path}`,
      "store.snapshot=0",
      "edged.socket=",
      "admin.socket=",
    ],
    hostname: () => "",
  });
  const node = new EdgeNode(config, { log: silentLogger(new SystemClock()) });
  await node.start();
  await hub.connected();
  const lines = readRecording("edgecore-v1.15.0.jsonl");
  const stock = answeredIds(lines);
  for (const { from, frame } of lines) {
    if (from !== "cloud" || !frame) continue;
    const { header } = messageOf(frame);
    hub.send(frame);
    await until(() => hub.answersTo(header.msg_id).length > 0, frame);
    const [answer] = hub.answersTo(header.msg_id);
    assertEquals(answer?.route.operation, "response");
    if (!stock.has(header.msg_id)) continue;
    const recorded = lines.find(({ from, frame = "" }) =>
      from === "edge" && frame.includes(`"parent_msg_id":"${header.msg_id}"`)
    );
    assertEquals(answer?.content, messageOf(recorded?.frame ?? "").content);
  }
  await node.stop();
  assertEquals(
    new Set(hub.received.map(({ header }) => header.parent_msg_id)).size,
    hub.received.filter(({ header }) => header.parent_msg_id).length + 1,
  );
  assertEquals(hub.received[0]?.route.operation, "keepalive");
  assertEquals(
    ["node_id", "connectionuse"].map((name) => hub.headers?.get(name)),
    ["edge-1", "msg"],
  );
  const store = openStore({ path, clock: new SystemClock() });
  // Only MetaSync, a minute later, clears this.
  const status = store.get("default/podstatus/web-0");
  assertEquals(status?.value, '{"Name":"web-0"}');
  assertSameAsKubernetes(store, lines, new Set(["podstatus"]));
  store.close();
  await Deno.remove(folder, { recursive: true });
});
