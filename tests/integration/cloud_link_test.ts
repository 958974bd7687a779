import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  LIMITS,
  seededRandom,
  SystemClock,
  systemIds,
} from "../../lib/base/mod.ts";
import { CertificateAuthority, CloudHub } from "../../lib/dev/mod.ts";
import {
  Edgehub,
  type EdgehubObserver,
  type LinkError,
} from "../../lib/edgehub/mod.ts";
import { encode, type Message } from "../../lib/message/mod.ts";
import { Processor } from "../../lib/processor/mod.ts";
import { Router } from "../../lib/router/mod.ts";
import { openStore, type SqliteStore } from "../../lib/store/mod.ts";
import { readUpgrade, WebSocketConnection } from "../../lib/websocket/mod.ts";
import { fromCloud, pod } from "../support/messages.ts";
import { REMOTE_TYPES } from "../support/operation_bench.ts";
import { MtlsHub, TestFiles, TestServer } from "../unit/edgehub/servers.ts";

const NO_FILES = { caFile: "", certFile: "", keyFile: "" };

/** Link, processor and store of a node, on real sockets and a real file. */
class LinkedNode implements AsyncDisposable {
  readonly clock = new SystemClock();
  readonly router = new Router(this.clock);
  readonly processor: Processor;
  readonly edgehub: Edgehub;
  readonly store: SqliteStore;
  readonly downs: LinkError[] = [];
  connects = 0;
  readonly #folder: string;
  #changed = Promise.withResolvers<void>();

  constructor(url: string, files: typeof NO_FILES) {
    const { clock, router } = this;
    const stamp = { newId: systemIds, now: () => clock.now() };
    this.#folder = Deno.makeTempDirSync();
    this.store = openStore({ path: `${this.#folder}/node.db`, clock });
    this.processor = new Processor({
      router,
      store: this.store,
      clock,
      stamp,
      nodeId: "edge-1",
      standalone: false,
      remoteTypes: REMOTE_TYPES,
      queryTimeoutMs: 10_000,
      replyTimeoutMs: 2000,
      metaSyncIntervalMs: 60_000,
      random: () => 0.5,
      reconcile: { delayMs: 1e9, intervalMs: 0 },
      pendingPodsIntervalMs: 0,
      syncSettleMs: 10_000,
    });
    const change = () => this.#change();
    const observer: EdgehubObserver = {
      connected: () => {
        this.connects++;
        change();
      },
      down: ({ error }) => {
        this.downs.push(error);
        change();
      },
    };
    this.edgehub = new Edgehub({
      router,
      clock,
      stamp,
      random: seededRandom(1),
      urls: [new URL(url)],
      failover: { order: "in-order", preferAfterMs: 0 },
      files,
      nodeId: "edge-1",
      projectId: "p-1",
      handshakeTimeoutMs: 10_000,
      heartbeatMs: 15_000,
      deadlines: {
        readDeadlineMs: 15_000,
        writeDeadlineMs: 15_000,
        proofTimeoutMs: 30_000,
        probeAfterMs: 60_000,
      },
      reconnect: { baseMs: 50, capMs: 100 },
      messageBytesMax: LIMITS.messageBytesMax,
      rate: { perSecond: 0, burst: 1 },
      observer,
    });
  }

  static async start(url: string, files = NO_FILES): Promise<LinkedNode> {
    const node = new LinkedNode(url, files);
    await node.processor.start();
    await node.edgehub.start();
    return node;
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.#changed.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.edgehub.stop();
    await this.processor.stop();
    this.store.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

Deno.test("cloud link, A6 burst_beyond_window_loses_nothing: 10,000 messages without waiting, 10,000 acks, the last version per key", async () => {
  const keys = 100, count = 10_000;
  const acked = new Set<string>();
  const sent = Array.from(
    { length: count },
    (_, i) =>
      fromCloud(
        "update",
        `default/pod/p-${i % keys}`,
        pod(`p-${i % keys}`, i + 1),
      ),
  );
  const done = Promise.withResolvers<void>();
  await using server = new TestServer(async (conn) => {
    const request = await readUpgrade(conn);
    await request.accept();
    // The stream of the test's server is closed by the server.
    const stream = {
      read: (into: Uint8Array) => conn.read(into),
      write: (bytes: Uint8Array) => conn.write(bytes),
      close: () => {},
    };
    const socket = new WebSocketConnection(stream, {
      role: "server",
      clock: new SystemClock(),
      messageBytesMax: 1 << 24,
      leftover: request.leftover,
    });
    for (const message of sent) socket.send(encode(message));
    for (let batch; (batch = await socket.receive());) {
      for (const data of batch) {
        const { header, route } = JSON.parse(String(data)) as Message;
        if (route.operation !== "response" || !header.parent_msg_id) continue;
        acked.add(header.parent_msg_id);
      }
      if (acked.size >= count) done.resolve();
    }
  });
  await using node = await LinkedNode.start(`ws://127.0.0.1:${server.port}/`);
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, node.processor.waiting);
  }, 1);
  await done.promise;
  clearInterval(watch);
  assertEquals(acked, new Set(sent.map(({ header }) => header.msg_id)));
  assert(most <= LIMITS.inboxMessagesRead, `${most} were read ahead`);
  for (let i = 0; i < keys; i++) {
    const row = node.store.get(`default/pod/p-${i}`);
    assertEquals(row?.version, String(count - keys + i + 1));
  }
  assertEquals(node.downs, []);
});

Deno.test("cloud link, over TLS with a hub that restarts: what was missed comes, all is acked", async () => {
  const ca = await CertificateAuthority.create(new SystemClock());
  await using hub = new CloudHub({
    tls: await ca.server(),
    timing: { repairMs: 50 },
  });
  await hub.start();
  await using files = await TestFiles.make(ca.cert);
  await using node = await LinkedNode.start(hub.url("edge-1"), files);
  await node.until(() => node.connects === 1);
  const register = fromCloud("insert", "null/node/edge-1", {
    kind: "Node",
    apiVersion: "v1",
    metadata: {
      name: "edge-1",
      labels: { "node-role.kubernetes.io/edge": "" },
    },
  }, { source: "edged", group: "meta" });
  node.router.send("websocket", { message: register, from: "edged" });
  await hub.frames.waitFor(({ from, message }) =>
    from === "cloud" &&
    message?.header.parent_msg_id === register.header.msg_id
  );
  const POD = {
    kind: "Pod",
    spec: { nodeName: "edge-1", containers: [{ name: "c" }] },
  };
  hub.apply({ ...POD, metadata: { name: "web-0" } });
  await hub.synced("edge-1");
  assert(node.store.get("default/pod/web-0"));
  assertEquals(node.processor.connected, true);
  await hub.stop();
  await node.until(() => node.downs.length >= 1);
  hub.apply({ ...POD, metadata: { name: "web-1" } });
  await hub.start();
  // An operator need not wait for the next try.
  node.edgehub.reconnect();
  await node.until(() => node.connects === 2);
  await hub.synced("edge-1");
  assert(node.store.get("default/pod/web-1"));
  assertEquals(node.processor.connected, true);
});

Deno.test("cloud link, K4 and D6: an mTLS hub, a refused certificate, a rotation", async () => {
  const clock = new SystemClock();
  const ca = await CertificateAuthority.create(clock);
  const stranger = await CertificateAuthority.create(clock);
  await using hub = await MtlsHub.start(ca, "--tls12", "--alpn");
  const foreign = await stranger.client("edge-1");
  await using files = await TestFiles.make(ca.cert, foreign);
  const url = `wss://127.0.0.1:${hub.port}/p-1/edge-1/events`;
  await using node = await LinkedNode.start(url, files);
  await node.until(() => node.downs.length >= 1);
  assertEquals(node.downs[0]?.kind, "tls");
  assertMatch(node.downs[0]?.hint ?? "", /refused the node's certificate/);

  await files.put(await ca.client("edge-1"));
  await node.until(() => node.connects === 1);
  const open = await hub.next("open");
  assertEquals(open.client, { CN: "system:node:edge-1", O: "system:nodes" });
  assertEquals(open.path, "/p-1/edge-1/events");
  const first = JSON.parse(String((await hub.next("message")).text));
  assertEquals(first.route.operation, "keepalive");
  const second = JSON.parse(String((await hub.next("message")).text));
  assertEquals(second.route.operation, "query");

  await files.put(await ca.client("edge-1", { organization: "rotated" }));
  await hub.command({ cut: true });
  await node.until(() => node.downs.some(({ kind }) => kind === "ended"));
  node.edgehub.reconnect();
  await node.until(() => node.connects === 2);
  assertEquals((await hub.next("open")).client, {
    CN: "system:node:edge-1",
    O: "rotated",
  });
});
