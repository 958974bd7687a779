import { assert, assertEquals } from "@std/assert";
import { seededRandom, SystemClock, systemIds } from "../../../lib/base/mod.ts";
import { CertificateAuthority, CloudHub } from "../../../lib/dev/mod.ts";
import {
  Edgehub,
  type EdgehubOptions,
  LinkError,
} from "../../../lib/edgehub/mod.ts";
import { type Message, newMessage, newOk } from "../../../lib/message/mod.ts";
import { type ModuleSpec, Router } from "../../../lib/router/mod.ts";
import {
  readUpgrade,
  WebSocketConnection,
} from "../../../lib/websocket/mod.ts";
import { fromCloud, TEST_STAMP } from "../../support/messages.ts";
import { FastClock, swallow, TestFiles, TestServer } from "./servers.ts";

/** A minute of the link takes a second and a half. */
const FACTOR = 40;
const NO_FILES = { caFile: "", certFile: "", keyFile: "" };

interface Down {
  readonly url: string;
  readonly error: LinkError;
  readonly livedMs: number;
  readonly waitMs: number;
}

/** An Edgehub on real sockets in fast time, with a module that listens. */
class World implements AsyncDisposable {
  readonly clock = new FastClock(FACTOR);
  readonly router = new Router(this.clock);
  readonly edgehub: Edgehub;
  readonly downs: Down[] = [];
  readonly broken: unknown[] = [];
  readonly received: Message[] = [];
  dials = 0;
  connects = 0;
  #changed = Promise.withResolvers<void>();

  constructor(
    url: string,
    options: Partial<EdgehubOptions> = {},
    processor: Partial<ModuleSpec> = {},
  ) {
    this.router.register({
      name: "metamanager",
      group: "meta",
      receive: ({ message, from }) => {
        assert(from === "edgehub" || from === "websocket");
        this.received.push(message);
        this.#change();
        return true;
      },
      ...processor,
    });
    this.edgehub = new Edgehub({
      router: this.router,
      clock: this.clock,
      random: seededRandom(1),
      stamp: { newId: systemIds, now: () => this.clock.now() },
      urls: [new URL(url)],
      failover: { order: "in-order", preferAfterMs: 0 },
      files: NO_FILES,
      nodeId: "edge-1",
      projectId: "p-1",
      handshakeTimeoutMs: 30_000,
      heartbeatMs: 15_000,
      deadlines: {
        readDeadlineMs: 15_000,
        writeDeadlineMs: 15_000,
        proofTimeoutMs: 30_000,
        probeAfterMs: 60_000,
      },
      reconnect: { baseMs: 1000, capMs: 60_000 },
      messageBytesMax: 1 << 20,
      rate: { perSecond: 0, burst: 1 },
      observer: {
        dialling: () => {
          this.dials++;
          this.#change();
        },
        connected: () => {
          this.connects++;
          this.#change();
        },
        down: (down) => {
          this.downs.push(down);
          this.#change();
        },
        broken: (error) => {
          this.broken.push(error);
          this.#change();
        },
      },
      ...options,
    });
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Waits until something is so; 20 s at most. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#change();
    }, 20_000);
    try {
      while (!isSo()) {
        assert(!isLate, `not within 20 s: ${what}`);
        await this.#changed.promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  connected(count = 1): Promise<void> {
    return this.until(`${count} connects`, () => this.connects >= count);
  }

  down(count = 1): Promise<void> {
    return this.until(`${count} downs`, () => this.downs.length >= count);
  }

  /** Registers the node, as edged does; the cloud knows no pods before. */
  async register(): Promise<void> {
    const message = newMessage(TEST_STAMP, {
      source: "edged",
      group: "meta",
      operation: "insert",
      resource: "null/node/edge-1",
      content: {
        kind: "Node",
        apiVersion: "v1",
        metadata: {
          name: "edge-1",
          labels: { "node-role.kubernetes.io/edge": "" },
        },
      },
    });
    this.router.send("websocket", { message, from: "metamanager" });
    const { msg_id } = message.header;
    await this.until(
      "registration",
      () => this.received.some(({ header }) => header.parent_msg_id === msg_id),
    );
  }

  /** Contents of the NodeConnections that the module was told. */
  get news(): unknown[] {
    return this.received.filter(({ route }) =>
      route.resource === "node/connection"
    ).map(({ content }) => content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.edgehub.stop();
    assertEquals(this.broken, []);
    assertEquals(this.router.has("websocket"), false);
  }
}

async function withHub(
  run: (hub: CloudHub, world: World) => Promise<void>,
  options: Partial<EdgehubOptions> = {},
): Promise<void> {
  // The hub runs in the machine's time: its keepalive must not end the link.
  await using hub = new CloudHub();
  await hub.start();
  await using world = new World(hub.url("edge-1"), options);
  await run(hub, world);
}

const opens = (hub: CloudHub) =>
  hub.events.entries.filter(({ kind }) => kind === "open").length;

Deno.test("Edgehub, connects, names the node, and tells of it once the cloud has answered", () =>
  withHub(async (hub, world) => {
    assertEquals(world.edgehub.state.state, "disconnected");
    await world.edgehub.start();
    await world.edgehub.start();
    await world.connected();
    assertEquals(world.edgehub.state.state, "connected");
    assertEquals(world.news, ["cloud_connected"]);
    const { headers } = await hub.events.waitFor(({ kind }) => kind === "open");
    assertEquals(headers?.get("node_id"), "edge-1");
    assertEquals(headers?.get("project_id"), "p-1");
    assertEquals(headers?.get("connectionuse"), "msg");
    const [first] = hub.frames.entries;
    assertEquals(first?.message?.route.operation, "keepalive");
    assertEquals(world.dials, 1);
  }));

Deno.test("Edgehub, NodeConnection is as the wire has it, for each group", () =>
  withHub(async (hub, world) => {
    const twin: Message[] = [];
    world.router.register({
      name: "twin",
      group: "twin",
      receive: ({ message }) => twin.push(message) > 0,
    });
    await world.edgehub.start();
    await world.connected();
    hub.cut("edge-1");
    await world.down();
    assertEquals(
      twin.map(({ route, content }) => [route, content]),
      ["cloud_connected", "cloud_disconnected"].map((content) => [{
        source: "edgehub",
        group: "twin",
        operation: "connect",
        resource: "node/connection",
      }, content]),
    );
    assertEquals(world.news, ["cloud_connected", "cloud_disconnected"]);
    const now = world.edgehub.nodeConnection("edged");
    assertEquals(now.route.group, "edged");
    assertEquals(now.content, "cloud_disconnected");
  }));

Deno.test("Edgehub, messages go both ways", () =>
  withHub(async (hub, world) => {
    await world.edgehub.start();
    await world.connected();
    await world.register();
    hub.apply({
      kind: "Pod",
      metadata: { name: "web-0" },
      spec: { nodeName: "edge-1", containers: [] },
    });
    const isPod = ({ route }: Message) => route.resource.includes("/pod/");
    await world.until("pod", () => world.received.some(isPod));
    const insert = world.received.find(isPod)!;
    const send = (message: Message) =>
      world.router.send("websocket", { message, from: "metamanager" });
    assertEquals(send(newOk(TEST_STAMP, insert)), true);
    await hub.synced("edge-1");
    assertEquals(world.router.room("websocket"), undefined);
    await world.edgehub.stop();
    assertEquals(world.edgehub.load.bufferedBytes, 0);
  }));

Deno.test("Edgehub, while it is down nothing is taken and nothing thrown", () =>
  withHub((_hub, world) => {
    world.router.register({
      name: "probe",
      group: "probe",
      receive: () => true,
    });
    const message = fromCloud("update", "a/b/c", null);
    void world.edgehub.start();
    const taken = world.router.send("websocket", { message, from: "x" });
    assertEquals(taken, false);
    assertEquals(world.router.room("websocket"), undefined);
    assertEquals(world.edgehub.load.bufferedBytes, 0);
    return Promise.resolve();
  }));

Deno.test("Edgehub, after a cut it dials again, after a link that lived at once", () =>
  withHub(async (hub, world) => {
    await world.edgehub.start();
    await world.connected();
    hub.cut("edge-1");
    await world.connected(2);
    const [short] = world.downs;
    assertEquals(short?.error.kind, "ended");
    assert(short!.livedMs < 5000 && short!.waitMs >= 5000);
    // Now one that lives 5 s.
    await new Promise((resolve) => world.clock.after(5500, () => resolve(0)));
    hub.cut("edge-1");
    await world.connected(3);
    assert(world.downs[1]!.livedMs >= 5000 && world.downs[1]!.waitMs <= 2000);
    assertEquals(world.dials, 3);
    assertEquals(world.news.length, 5);
  }));

Deno.test("Edgehub, D2 reconnect_backs_off_with_jitter: a cloud that closes at once 50 times is dialled one at a time, ever slower", async () => {
  let open = 0, most = 0;
  await using server = new TestServer((conn) => {
    most = Math.max(most, ++open);
    conn.close = ((close) => () => {
      open--;
      close.call(conn);
    })(conn.close);
    return Promise.resolve();
  });
  await using world = new World(`ws://127.0.0.1:${server.port}/`, {
    clock: new FastClock(4000),
    // A busy machine is no silent cloud: time runs 4000 times faster here.
    handshakeTimeoutMs: 3600_000,
    random: () => 0.9,
  });
  await world.edgehub.start();
  await world.down(50);
  const waits = world.downs.slice(0, 50).map(({ waitMs }) => waitMs);
  assertEquals(waits.slice(0, 7), [
    900,
    1800,
    3600,
    7200,
    14_400,
    28_800,
    54_000,
  ]);
  assertEquals(waits.at(-1), 54_000);
  assertEquals(most, 1);
  assertEquals(world.news, []);
  assertEquals(world.downs[0]?.error.kind, "upgrade");
});

Deno.test("Edgehub, an outage of the hub and its restart", () =>
  withHub(async (hub, world) => {
    await world.edgehub.start();
    await world.connected();
    await hub.stop();
    await world.down(3);
    assertEquals(world.downs.at(-1)?.error.kind, "tcp");
    assertEquals(
      world.edgehub.nodeConnection("x").content,
      "cloud_disconnected",
    );
    await hub.start();
    await world.connected(2);
    assertEquals(world.news, [
      "cloud_connected",
      "cloud_disconnected",
      "cloud_connected",
    ]);
  }));

Deno.test("Edgehub, D3 registration_repeats_after_silent_loss: a mute cloud is left, and dialled until it answers", () =>
  withHub(async (hub, world) => {
    hub.faults.mute = true;
    await world.edgehub.start();
    await world.down();
    const [down] = world.downs;
    assertEquals(down?.error.kind, "mute");
    assert(down!.waitMs >= 5000, `${down!.waitMs}`);
    assertEquals(world.news, []);
    assertEquals(world.connects, 0);
    hub.faults.mute = false;
    await world.connected();
    assertEquals(world.news, ["cloud_connected"]);
  }, {
    deadlines: {
      readDeadlineMs: 60_000,
      writeDeadlineMs: 15_000,
      proofTimeoutMs: 10_000,
      probeAfterMs: 60_000,
    },
  }));

Deno.test("Edgehub, D3 registration_repeats_after_silent_loss: a cloud that forgets a proven session is left and dialled anew", () =>
  withHub(async (hub, world) => {
    await world.edgehub.start();
    await world.connected();
    // The socket lives and pings are answered, but nothing else comes.
    hub.faults.loseDownstream = true;
    await world.down();
    const [down] = world.downs;
    assertEquals(down?.error.kind, "mute");
    assert(down!.livedMs >= 30_000 && down!.livedMs <= 50_000);
    assert(down!.waitMs >= 5000);
    hub.faults.loseDownstream = false;
    await world.connected(2);
    assertEquals(world.news, [
      "cloud_connected",
      "cloud_disconnected",
      "cloud_connected",
    ]);
  }, {
    deadlines: {
      readDeadlineMs: 15_000,
      writeDeadlineMs: 15_000,
      proofTimeoutMs: 10_000,
      probeAfterMs: 20_000,
    },
  }));

Deno.test("Edgehub, an idle link lives on, and the answers to its questions stay in it", () =>
  withHub(async (hub, world) => {
    await world.edgehub.start();
    await world.connected();
    const lease = (frame: { message?: Message | undefined }) =>
      frame.message?.route.resource === "kube-node-lease/lease/edge-1";
    const asked = () =>
      hub.frames.entries.filter((frame) =>
        frame.from === "edge" && lease(frame) &&
        frame.message?.route.operation === "query"
      ).length;
    while (asked() < 5) await new Promise((resolve) => setTimeout(resolve, 10));
    assertEquals(world.downs, []);
    assertEquals(world.received.filter((message) => lease({ message })), []);
    // The first question is another one: its answer fills the node's row.
    assert(
      world.received.some(({ route }) => route.resource.includes("/node/")),
    );
  }, {
    deadlines: {
      readDeadlineMs: 15_000,
      writeDeadlineMs: 15_000,
      proofTimeoutMs: 10_000,
      probeAfterMs: 5000,
    },
  }));

Deno.test("Edgehub, a refused upgrade is told with its status and tried again", () =>
  withHub(async (hub, world) => {
    hub.faults.refuseStatus = 403;
    await world.edgehub.start();
    await world.down(2);
    assertEquals(world.downs[0]?.error.status, 403);
    assertEquals(world.edgehub.state.state, "disconnected");
    hub.faults.refuseStatus = undefined;
    await world.connected();
  }));

Deno.test("Edgehub, D4 quick_restart_takes_over_link: 20 restarts in a row end connected, each with a goodbye", async () => {
  await using hub = new CloudHub();
  await hub.start();
  for (let i = 0; i < 20; i++) {
    await using world = new World(hub.url("edge-1"));
    await world.edgehub.start();
    await world.connected();
    await world.edgehub.stop();
    assertEquals(world.news, ["cloud_connected", "cloud_disconnected"]);
  }
  const ends = hub.events.entries.filter(({ kind }) => kind === "ended");
  assertEquals(ends.length, 20);
  assert(ends.every(({ detail }) => detail === "peer 1000"));
});

Deno.test("Edgehub, D4 quick_restart_takes_over_link: 20 restarts in 20 s while the cloud holds the name for 10 s", async () => {
  await using hub = new CloudHub();
  await hub.start();
  let held: { cancel(): void } | undefined;
  /** For 10 s no connection of the name gets a session. */
  const hold = (world: World) => {
    hub.faults.mute = true;
    held?.cancel();
    held = world.clock.after(10_000, () => {
      hub.faults.mute = false;
    });
  };
  for (let i = 0; i < 20; i++) {
    await using world = new World(hub.url("edge-1"));
    await world.edgehub.start();
    await new Promise((resolve) => world.clock.after(1000, () => resolve(0)));
    await world.edgehub.stop();
    if (i === 0 || world.connects > 0) hold(world);
  }
  await using world = new World(hub.url("edge-1"));
  hold(world);
  await world.edgehub.start();
  await world.connected();
  // The first try was mute and was given up, the next one had its session.
  assertEquals(world.downs.map(({ error }) => error.kind), ["mute"]);
  assert(world.downs[0]!.waitMs >= 5000);
});

Deno.test("Edgehub, D4: a hub that ends both sessions of a name is won in the end", () =>
  withHub(async (hub, world) => {
    hub.faults.replaceEndsBoth = true;
    await using other = new World(hub.url("edge-1"));
    await other.edgehub.start();
    await other.connected();
    await world.edgehub.start();
    await world.down();
    await other.down();
    await other.edgehub.stop();
    await world.connected();
  }));

Deno.test("Edgehub, reconnect dials now", () =>
  withHub(async (hub, world) => {
    hub.faults.refuseStatus = 503;
    await world.edgehub.start();
    await world.down();
    hub.faults.refuseStatus = undefined;
    world.edgehub.reconnect();
    await world.connected();
    // One that has just come up is fresh already.
    world.edgehub.reconnect();
    assertEquals([world.dials, opens(hub)], [2, 1]);
  }, {
    random: () => 1,
    // Longer than the test would wait.
    reconnect: { baseMs: 3_600_000, capMs: 3_600_000 },
  }));

Deno.test("Edgehub, reconnect while the link is up: a goodbye, the safe wait, a fresh link", () =>
  withHub(async (hub, world) => {
    await world.edgehub.start();
    await world.connected();
    await new Promise((resolve) => world.clock.after(5500, () => resolve(0)));
    world.edgehub.reconnect();
    world.edgehub.reconnect();
    await world.down();
    const [down] = world.downs;
    assert(down!.waitMs >= 5000 && down!.waitMs <= 6000, `${down!.waitMs}`);
    // Asking again does not cut the wait that keeps both sessions alive.
    world.edgehub.reconnect();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(world.dials, 1);
    await world.connected(2);
    assertEquals([world.dials, opens(hub)], [2, 2]);
    const end = hub.events.entries.find(({ kind }) => kind === "ended");
    assertEquals(end?.detail, "peer 1000");
  }));

Deno.test("Edgehub, asked while a dial hangs, it dials again as soon as that has failed", async () => {
  await using silent = new TestServer(swallow);
  await using world = new World(`ws://127.0.0.1:${silent.port}/`, {
    handshakeTimeoutMs: 4000,
    random: () => 1,
    // Longer than the test would wait.
    reconnect: { baseMs: 3_600_000, capMs: 3_600_000 },
  });
  await world.edgehub.start();
  while (silent.accepted === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  world.edgehub.reconnect();
  await world.down();
  const { error, waitMs } = world.downs[0]!;
  assertEquals([error.kind, waitMs], ["timeout", 5000]);
  await world.until("two dials", () => world.dials === 2);
});

Deno.test("Edgehub, what happens by itself cuts the random wait, never the one that keeps the cloud from ending both", () =>
  withHub(async (hub, world) => {
    await world.edgehub.start();
    for (const count of [1, 2]) {
      await world.connected(count);
      hub.cut("edge-1");
      await world.down(count);
      const downAtMs = world.clock.monotonic();
      for (let i = 0; i < 1000; i++) {
        if (count === 1) world.edgehub.retry();
        else world.edgehub.redial();
      }
      await world.connected(count + 1);
      assert(world.clock.monotonic() - downAtMs >= 5000);
      assertEquals([world.dials, opens(hub)], [count + 1, count + 1]);
    }
    // A link that is left on request does not wait longer than that either.
    await new Promise((resolve) => world.clock.after(5500, () => resolve(0)));
    for (let i = 0; i < 1000; i++) world.edgehub.reconnect();
    await world.connected(4);
    assertEquals([world.downs[2]?.waitMs, world.dials], [5000, 4]);
  }, {
    random: () => 1,
    reconnect: { baseMs: 3_600_000, capMs: 3_600_000 },
  }));

Deno.test("Edgehub, a second address is dialled at once when the first fails, and kept", async () => {
  await using hub = new CloudHub();
  await hub.start();
  const first = "ws://127.0.0.1:1/";
  await using world = new World(first, {
    urls: [new URL(first), new URL(hub.url("edge-1"))],
    random: () => 1,
  });
  assertEquals(world.edgehub.url, first);
  await world.edgehub.start();
  await world.connected();
  assertEquals(world.downs.map(({ url, waitMs }) => [url, waitMs]), [
    [first, 0],
  ]);
  assertEquals(world.edgehub.url, hub.url("edge-1"));
  await new Promise((resolve) => world.clock.after(5500, () => resolve(0)));
  hub.cut("edge-1");
  await world.connected(2);
  assertEquals(world.downs[1]?.url, hub.url("edge-1"));
  assertEquals(world.dials, 3);
});

Deno.test("Edgehub, the first address is tried again after a while, with the safe wait", async () => {
  await using first = new CloudHub();
  await using second = new CloudHub();
  await first.start();
  await second.start();
  first.faults.refuseStatus = 503;
  await using world = new World(first.url("edge-1"), {
    urls: [first, second].map((hub) => new URL(hub.url("edge-1"))),
    failover: { order: "in-order", preferAfterMs: 20_000 },
  });
  await world.edgehub.start();
  await world.connected();
  assertEquals(world.edgehub.url, second.url("edge-1"));
  first.faults.refuseStatus = undefined;
  await world.connected(2);
  assertEquals(world.edgehub.url, first.url("edge-1"));
  const { livedMs, waitMs, error } = world.downs.at(-1)!;
  assert(livedMs >= 20_000 && waitMs >= 5000, `${livedMs} ${waitMs}`);
  assertEquals(error.kind, "ended");
  assertEquals(opens(second), 1);
});

Deno.test("Edgehub, redial ends the link with a goodbye and dials anew, one link at a time", () =>
  withHub(async (hub, world) => {
    // Nothing to end yet: it just does not wait.
    world.edgehub.redial();
    await world.edgehub.start();
    await world.connected();
    world.edgehub.redial();
    world.edgehub.redial();
    await world.connected(2);
    const ended = await hub.events.waitFor(({ kind }) => kind === "ended");
    assert(/1000/.test(ended.detail), ended.detail);
    assertEquals([world.dials, opens(hub)], [2, 2]);
    assert((world.downs[0]?.waitMs ?? 0) >= 5000);
  }));

Deno.test("Edgehub, redial within a dial: the link that comes of it is not kept", async () => {
  await using hub = new CloudHub();
  await hub.start();
  await using world = new World(hub.url("edge-1"));
  // The dial begins within `start`, and takes some turns.
  await world.edgehub.start();
  world.edgehub.redial();
  await hub.events.waitFor(({ kind }) => kind === "ended");
  await world.until("two dials", () => world.dials === 2);
  await world.until(
    "connected",
    () => world.edgehub.state.state === "connected",
  );
  assertEquals(opens(hub), 2);
});

Deno.test("Edgehub, stop is quick while it dials, waits and talks, and leaves nothing", async () => {
  await using silent = new TestServer(swallow);
  const dialling = new World(`ws://127.0.0.1:${silent.port}/`);
  await dialling.edgehub.start();
  while (silent.accepted === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assertEquals(dialling.edgehub.state.state, "dialling");
  await dialling[Symbol.asyncDispose]();
  await silent.quiet;
  assertEquals(dialling.downs, []);

  const waiting = new World("ws://127.0.0.1:1/", {
    random: () => 1,
    reconnect: { baseMs: 3_600_000, capMs: 3_600_000 },
  });
  await waiting.edgehub.start();
  await waiting.down();
  await waiting[Symbol.asyncDispose]();
  assertEquals(waiting.dials, 1);

  await withHub(async (hub, world) => {
    await world.edgehub.start();
    await world.connected();
    await Promise.all([world.edgehub.stop(), world.edgehub.stop()]);
    await hub.events.waitFor(({ kind }) => kind === "ended");
    assertEquals(world.news.at(-1), "cloud_disconnected");
    // A part that has stopped does not start again.
    await world.edgehub.start();
    assertEquals(world.dials, 1);
  });
});

Deno.test("Edgehub, stop in the moment in which the dial comes through", async () => {
  await using hub = new CloudHub();
  await hub.start();
  for (let turns = 0; turns < 60; turns += 1) {
    await using world = new World(hub.url("edge-1"));
    await world.edgehub.start();
    for (let i = 0; i < turns; i++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (world.edgehub.state.state === "connected") break;
    }
    await world.edgehub.stop();
    assertEquals(world.edgehub.state.state, "disconnected");
  }
});

Deno.test("Edgehub, stop between the dial's end and the session's begin", async () => {
  await using hub = new CloudHub();
  await hub.start();
  const stopped = Promise.withResolvers<void>();
  /** Stops the link one step after a dial has cancelled its deadline. */
  class StoppingClock extends FastClock {
    override after(delayMs: number, fn: () => void) {
      const timer = super.after(delayMs, fn);
      if (delayMs !== 12_345) return timer;
      return {
        cancel: () => {
          timer.cancel();
          queueMicrotask(() => stopped.resolve(world.edgehub.stop()));
        },
      };
    }
  }
  await using world = new World(hub.url("edge-1"), {
    clock: new StoppingClock(FACTOR),
    handshakeTimeoutMs: 12_345,
  });
  await world.edgehub.start();
  await stopped.promise;
  assertEquals(world.edgehub.state.state, "disconnected");
  assertEquals(world.connects, 0);
  await hub.events.waitFor(({ kind }) => kind === "ended");
});

Deno.test("Edgehub, stop while the processor's inbox is full", async () => {
  await using hub = new CloudHub();
  await hub.start();
  let calls = 0;
  await using world = new World(hub.url("edge-1"), {}, {
    receive: () => ++calls === 0,
    room: () => calls < 2 ? undefined : new Promise<void>(() => {}),
  });
  await world.edgehub.start();
  while (calls < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  await world.edgehub.stop();
  assertEquals(world.edgehub.state.state, "disconnected");
});

Deno.test("Edgehub, drain takes nothing more, lets what was sent leave, and dials no more", () =>
  withHub(async (hub, world) => {
    await world.edgehub.start();
    await world.connected();
    const message = newMessage(TEST_STAMP, {
      source: "metamanager",
      group: "resource",
      operation: "ping",
      resource: "node",
    });
    const count = world.received.length;
    world.router.send("websocket", { message, from: "metamanager" });
    await world.edgehub.drain(1000);
    await hub.frames.waitFor((frame) =>
      frame.message?.header.msg_id === message.header.msg_id
    );
    // Its answer is not taken any more, yet acks still leave.
    const ack = newOk(TEST_STAMP, fromCloud("insert", "a/b/c", {}));
    assertEquals(
      world.router.send("websocket", { message: ack, from: "metamanager" }),
      true,
    );
    await hub.frames.waitFor((frame) =>
      frame.message?.header.msg_id === ack.header.msg_id
    );
    assertEquals(world.received.length, count);
    hub.cut("edge-1");
    await world.edgehub.drain(1000);
    await world.edgehub.stop();
    assertEquals(world.dials, 1);
  }));

Deno.test("Edgehub, drain while it dials ends the dial", async () => {
  await using silent = new TestServer(swallow);
  await using world = new World(`ws://127.0.0.1:${silent.port}/`);
  await world.edgehub.start();
  while (silent.accepted === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await world.edgehub.drain(1000);
  await silent.quiet;
});

Deno.test("Edgehub, drain gives up at its deadline", () =>
  withHub(async (hub, world) => {
    await world.edgehub.start();
    await world.connected();
    hub.faults.stallReads = true;
    const message = fromCloud("update", "a/b/c", "x".repeat(1 << 20), {
      source: "metamanager",
    });
    // The kernel takes some of it, and how much is its own choice.
    do {
      while (world.router.send("websocket", { message, from: "m" })) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (world.edgehub.load.bufferedBytes > 4 << 20) break;
      }
      await world.edgehub.drain(200);
    } while (world.edgehub.load.bufferedBytes === 0);
    hub.faults.stallReads = false;
  }, {
    deadlines: {
      readDeadlineMs: 600_000,
      writeDeadlineMs: 600_000,
      proofTimeoutMs: 600_000,
      probeAfterMs: 60_000,
    },
  }));

Deno.test("Edgehub, D1: a hub that stands still is left and found again", () =>
  withHub(async (hub, world) => {
    await world.edgehub.start();
    await world.connected();
    hub.faults.stallReads = true;
    await world.down();
    assertEquals(world.downs[0]?.error.kind, "silent");
    assert(world.downs[0]!.waitMs >= 5000);
    hub.faults.stallReads = false;
    await world.connected(2);
  }));

Deno.test("Edgehub, I1 size_checked_before_allocation: a message above the bound is acked with its reason, the next one comes", () =>
  withHub(async (hub, world) => {
    await world.edgehub.start();
    await world.connected();
    await world.register();
    hub.apply({
      kind: "Pod",
      metadata: { name: "big" },
      spec: {
        nodeName: "edge-1",
        containers: [{ name: "c", image: "x".repeat(300_000) }],
      },
    });
    const { message } = await hub.frames.waitFor(({ from, message }) =>
      from === "edge" && message?.route.resource === "default/pod/big"
    );
    assertEquals(message?.route.operation, "response");
    assertEquals(message?.content, "Message too large: at most 65536 bytes");
    await hub.synced("edge-1");
    assertEquals(world.downs, []);
  }, { messageBytesMax: 64 * 1024 }));

Deno.test("Edgehub, I1 size_checked_before_allocation: 4 GiB announced end the link, in parts or at once", async () => {
  const frame = (...bytes: number[]) => Uint8Array.from(bytes);
  /** Headers of a text frame of 4 GiB, and of a first fragment of it. */
  const headers = [
    frame(0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0),
    frame(0x01, 127, 0, 0, 0, 1, 0, 0, 0, 0),
  ];
  for (const header of headers) {
    await using server = new TestServer(async (conn) => {
      const request = await readUpgrade(conn);
      await request.accept();
      await conn.write(header);
      await swallow(conn);
    });
    await using world = new World(`ws://127.0.0.1:${server.port}/`);
    await world.edgehub.start();
    await world.down();
    const [down] = world.downs;
    assertEquals(down?.error.kind, "protocol");
    assert(/edgehub\.message-size/.test(down!.error.hint), down!.error.hint);
    assert(down!.waitMs >= 5000);
  }
});

Deno.test("Edgehub, I1 size_checked_before_allocation: 16 MiB in small fragments pass unheld, and are refused by name", async () => {
  const id = crypto.randomUUID();
  const head =
    `{"header":{"msg_id":"${id}"},"route":{"source":"edgecontroller",` +
    `"group":"resource","operation":"insert","resource":"default/pod/big"},` +
    `"content":"`;
  const answered = Promise.withResolvers<Message>();
  await using server = new TestServer(async (conn) => {
    const request = await readUpgrade(conn);
    await request.accept();
    const part = new Uint8Array(4 + 4096).fill(0x78);
    const first = new TextEncoder().encode(head);
    await conn.write(
      Uint8Array.from([
        0x01,
        126,
        first.length >> 8,
        first.length & 255,
        ...first,
      ]),
    );
    part.set([0x00, 126, 4096 >> 8, 0]);
    for (let i = 0; i < 4096; i++) {
      for (let at = 0; at < part.length;) {
        at += await conn.write(part.subarray(at));
      }
    }
    await conn.write(Uint8Array.from([0x80, 2, 0x22, 0x7d]));
    const stream = {
      read: (into: Uint8Array) => conn.read(into),
      write: (bytes: Uint8Array) => conn.write(bytes),
      close: () => {},
    };
    const socket = new WebSocketConnection(stream, {
      role: "server",
      clock: new SystemClock(),
      messageBytesMax: 1 << 20,
      leftover: request.leftover,
    });
    for (let batch; (batch = await socket.receive());) {
      for (const data of batch) {
        const message = JSON.parse(String(data)) as Message;
        if (message.header.parent_msg_id === id) answered.resolve(message);
      }
    }
  });
  await using world = new World(`ws://127.0.0.1:${server.port}/`, {
    messageBytesMax: 64 * 1024,
    // Writing this takes long in the fast time of the test.
    deadlines: {
      readDeadlineMs: 600_000,
      writeDeadlineMs: 600_000,
      proofTimeoutMs: 600_000,
      probeAfterMs: 600_000,
    },
  });
  await world.edgehub.start();
  const { route, content } = await answered.promise;
  assertEquals(route.operation, "response");
  assertEquals(content, "Message too large: at most 65536 bytes");
  assertEquals(world.downs, []);
});

Deno.test("Edgehub, cut at random points it comes back each time, one link at a time", () =>
  withHub(async (hub, world) => {
    const random = seededRandom(42);
    await world.edgehub.start();
    let cuts = 0;
    while (cuts < 8) {
      const pauseMs = random() * 12_000;
      await new Promise((resolve) =>
        world.clock.after(pauseMs, () => resolve(0))
      );
      cuts += hub.cut("edge-1");
      assert(hub.sessions().length <= 1);
    }
    const before = world.connects;
    await world.until(
      "the last link",
      () =>
        world.connects > before || world.edgehub.state.state === "connected",
    );
    // Each change was told, in turn.
    const news = world.news;
    assert(news.length >= 3);
    news.forEach((content, i) =>
      assertEquals(
        content,
        i % 2 === 0 ? "cloud_connected" : "cloud_disconnected",
      )
    );
  }, { reconnect: { baseMs: 100, capMs: 1000 } }));

Deno.test("Edgehub, a defect of ours is told, and the link is dialled again", async () => {
  await using hub = new CloudHub();
  await hub.start();
  let defects = 2;
  await using world = new World(hub.url("edge-1"), {}, {
    receive: ({ from }) => {
      if (from === "websocket" && defects-- > 0) throw new Error("defect");
      return true;
    },
  });
  await world.edgehub.start();
  await world.connected(3);
  const told = world.broken.splice(0).map((error) => (error as Error).message);
  assertEquals(told, ["defect", "defect"]);
});

Deno.test("Edgehub, D7: bad credentials are told, and new files mend the link without a restart", async () => {
  const clock = new FastClock(FACTOR);
  const ca = await CertificateAuthority.create(clock);
  const pair = await ca.client("edge-1");
  await using files = await TestFiles.make(ca.cert, pair);
  await files.put({ cert: pair.cert, key: (await ca.client("x")).key });
  await using hub = new CloudHub({ tls: await ca.server() });
  await hub.start();
  await using world = new World(hub.url("edge-1"), { files });
  await world.edgehub.start();
  await world.down(2);
  assertEquals(world.downs[0]?.error.kind, "credentials");
  await files.put(pair);
  await world.connected();
});

Deno.test("Edgehub, F5: a TLS server that is silent for long costs one socket, not one a dial", async () => {
  const clock = new FastClock(FACTOR);
  const ca = await CertificateAuthority.create(clock);
  await using files = await TestFiles.make(ca.cert);
  let open = 0;
  await using silent = new TestServer(async (conn) => {
    open++;
    await swallow(conn);
    open--;
  });
  await using world = new World(`wss://127.0.0.1:${silent.port}/`, {
    files,
    handshakeTimeoutMs: 2000,
  });
  await world.edgehub.start();
  await world.down(5);
  await world.edgehub.stop();
  assert(world.downs.every(({ error }) => error.kind === "timeout"));
  // The cloud may have made a session of what we gave up.
  assert(world.downs.every(({ waitMs }) => waitMs >= 5000));
  assert(silent.accepted >= 5);
  while (open > 1) await new Promise((resolve) => setTimeout(resolve, 1));
  // The server's end frees the last; the check for leaks sees it.
  const sockets = () => [...Deno.readDirSync("/proc/self/fd")].length;
  const before = sockets();
  silent.cut();
  while (sockets() > before - 2) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});

Deno.test("Edgehub, a TLS server that answers again is dialled without a probe", async () => {
  const clock = new FastClock(FACTOR);
  const ca = await CertificateAuthority.create(clock);
  await using files = await TestFiles.make(ca.cert);
  const silent = new TestServer(swallow);
  const { port } = silent;
  await using world = new World(`wss://127.0.0.1:${port}/`, {
    files,
    handshakeTimeoutMs: 40_000,
  });
  await world.edgehub.start();
  await world.down();
  await silent[Symbol.asyncDispose]();
  await using hub = new CloudHub({ tls: await ca.server(), port });
  await hub.start();
  await world.connected();
  hub.cut("edge-1");
  await world.connected(2);
  const accepted = hub.events.entries.filter(({ kind }) => kind === "accepted");
  // A probe, a link, and the next link.
  assertEquals(accepted.length, 3);
});

/** Sockets of this machine to or from a port, unless they only wait out TIME_WAIT. */
function socketsOf(port: number): number {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const [, ...lines] = Deno.readTextFileSync("/proc/net/tcp").trim().split(
    "\n",
  );
  return lines.filter((line) => {
    const [, local, remote, state] = line.trim().split(/\s+/);
    const isOfPort = local?.endsWith(ending) || remote?.endsWith(ending);
    return isOfPort && state !== "06" && state !== "0A";
  }).length;
}

Deno.test("Edgehub, F5 memory_flat_when_link_flaps: as many sockets after 200 links as after the first", () =>
  withHub(async (hub, world) => {
    // Those of this hub only: other tests may run in the same process.
    const sockets = () => socketsOf(Number(new URL(hub.url("edge-1")).port));
    await world.edgehub.start();
    await world.connected();
    const before = sockets();
    for (let count = 1; count <= 200; count++) {
      hub.cut("edge-1");
      await world.down(count);
      world.edgehub.reconnect();
      await world.connected(count + 1);
    }
    // What the hub has not closed yet may still be counted.
    const untilMs = performance.now() + 20_000;
    while (sockets() > before + 2) {
      assert(performance.now() < untilMs, `${sockets()} sockets`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assertEquals(world.dials, 201);
  }));

Deno.test("a dial from outside takes the place of the network", async () => {
  const seen: string[] = [];
  await using world = new World("ws://nowhere.invalid/", {
    dial: ({ headers }) => {
      seen.push(headers.node_id ?? "");
      return Promise.reject(new LinkError("tcp", "no way"));
    },
  });
  await world.edgehub.start();
  await world.until("a dial", () => world.downs.length > 0);
  assertEquals(seen[0], "edge-1");
  assertEquals(world.downs[0]?.error.message, "no way");
});
