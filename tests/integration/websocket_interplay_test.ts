import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket as WsClient, WebSocketServer } from "npm:ws@8.23.0";
import { seededRandom, SystemClock } from "../../lib/base/mod.ts";
import {
  clientHandshake,
  HandshakeRefusedError,
  readUpgrade,
  type Role,
  WebSocketConnection,
  type WebSocketMessage,
} from "../../lib/websocket/mod.ts";

/** Both ends of the wire in one process: ours, and a foreign one on loopback. */
interface Link {
  readonly ours: WebSocketConnection;
  readonly theirs: Foreign;
  /** Ends what was started for it. */
  stop(): Promise<void>;
}

/** The little that all foreign implementations have in common. */
interface Foreign {
  send(data: string | Uint8Array): void;
  /** Messages that have come so far. */
  readonly got: (string | Uint8Array)[];
  /** Settles once this many messages have come. */
  has(count: number): Promise<void>;
  close(code: number, reason: string): void;
  readonly closed: Promise<{ code: number; reason: string }>;
}

const clock = new SystemClock();
const MESSAGE_BYTES_MAX = 1 << 24;

function connect(
  stream: Deno.Conn,
  role: Role,
  leftover: Uint8Array,
): WebSocketConnection {
  const messageBytesMax = MESSAGE_BYTES_MAX;
  return new WebSocketConnection(stream, {
    role,
    clock,
    messageBytesMax,
    leftover,
  });
}

async function dial(port: number): Promise<WebSocketConnection> {
  const stream = await Deno.connect({ hostname: "127.0.0.1", port });
  const { leftover } = await clientHandshake(stream, {
    host: `127.0.0.1:${port}`,
    path: "/p/n/events",
    nonce: () => crypto.getRandomValues(new Uint8Array(16)),
  });
  return connect(stream, "client", leftover);
}

/** A foreign end that collects what comes. */
function collector() {
  const got: (string | Uint8Array)[] = [];
  const waits = new Set<{ count: number; resolve: () => void }>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  return {
    got,
    closed,
    take(message: string | Uint8Array) {
      got.push(message);
      for (const wait of waits) {
        if (got.length < wait.count) continue;
        waits.delete(wait);
        wait.resolve();
      }
    },
    has(count: number): Promise<void> {
      if (got.length >= count) return Promise.resolve();
      return new Promise((resolve) => waits.add({ count, resolve }));
    },
  };
}

function foreignWs(socket: WsClient): Foreign {
  const { got, closed, take, has } = collector();
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    take(isBinary ? new Uint8Array(data) : data.toString());
  });
  socket.on("close", (code: number, reason: Buffer) => {
    closed.resolve({ code, reason: reason.toString() });
  });
  socket.on("error", (error: Error) => closed.reject(error));
  return {
    got,
    has,
    closed: closed.promise,
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
  };
}

function foreignBuiltIn(socket: WebSocket): Foreign {
  const { got, closed, take, has } = collector();
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => {
    take(typeof data === "string" ? data : new Uint8Array(data));
  };
  socket.onclose = ({ code, reason }) => closed.resolve({ code, reason });
  return {
    got,
    has,
    closed: closed.promise,
    send: (data) => socket.send(data as Uint8Array<ArrayBuffer>),
    close: (code, reason) => socket.close(code, reason),
  };
}

/** We are the client of npm `ws`. */
async function toWsServer(): Promise<Link> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.on("listening", resolve));
  const accepted = new Promise<Foreign>((resolve) =>
    server.on("connection", (socket: WsClient) => resolve(foreignWs(socket)))
  );
  const ours = await dial((server.address() as AddressInfo).port);
  return {
    ours,
    theirs: await accepted,
    stop: async () => {
      await ours.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** We are the client of `Deno.serve`. */
async function toDenoServe(): Promise<Link> {
  const accepted = Promise.withResolvers<Foreign>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      const foreign = foreignBuiltIn(socket);
      socket.onopen = () => accepted.resolve(foreign);
      return response;
    },
  );
  const ours = await dial(server.addr.port);
  const theirs = await accepted.promise;
  return {
    ours,
    theirs,
    stop: async () => {
      await ours.close();
      await theirs.closed;
      await server.shutdown();
    },
  };
}

async function listenOnce<T>(
  open: (url: string) => T,
): Promise<{ ours: WebSocketConnection; socket: T }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const socket = open(`ws://127.0.0.1:${listener.addr.port}/attach/edged`);
  const stream = await listener.accept();
  const request = await readUpgrade(stream);
  assertEquals([request.path, request.isUpgrade], ["/attach/edged", true]);
  await request.accept();
  return { ours: connect(stream, "server", request.leftover), socket };
}

/** We are the server of npm `ws`. */
async function toWsClient(): Promise<Link> {
  const { ours, socket } = await listenOnce((url) => {
    const client = new WsClient(url);
    return {
      client,
      open: new Promise((resolve) => client.on("open", resolve)),
    };
  });
  const theirs = foreignWs(socket.client);
  await socket.open;
  return {
    ours,
    theirs,
    stop: async () => {
      await ours.close();
      await theirs.closed;
    },
  };
}

/** We are the server of the built-in client. */
async function toBuiltIn(): Promise<Link> {
  const { ours, socket } = await listenOnce((url) => {
    const client = new WebSocket(url);
    return {
      client,
      open: new Promise((resolve) => client.onopen = resolve),
    };
  });
  const theirs = foreignBuiltIn(socket.client);
  await socket.open;
  return {
    ours,
    theirs,
    stop: async () => {
      await ours.close();
      await theirs.closed;
    },
  };
}

const LINKS: [string, () => Promise<Link>][] = [
  ["client of npm ws", toWsServer],
  ["client of Deno.serve", toDenoServe],
  ["server of npm ws", toWsClient],
  ["server of the built-in client", toBuiltIn],
];

/** Message number `i`: its number, then bytes that follow from it. */
function numbered(i: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(4, length));
  new DataView(bytes.buffer).setUint32(0, i);
  for (let at = 4; at < bytes.length; at += 61) bytes[at] = i + at;
  return bytes;
}

async function receiveCount(
  connection: WebSocketConnection,
  count: number,
): Promise<WebSocketMessage[]> {
  const all: WebSocketMessage[] = [];
  while (all.length < count) {
    const batch = await connection.receive();
    if (batch === null) break;
    all.push(...batch);
  }
  return all;
}

for (const [name, open] of LINKS) {
  Deno.test(`${name}, text and bytes of all length classes both ways`, async () => {
    const { ours, theirs, stop } = await open();
    const messages: (string | Uint8Array)[] = ["grüße €😀"];
    for (const length of [0, 1, 125, 126, 127, 65535, 65536, 1_000_000]) {
      messages.push("x".repeat(length), new Uint8Array(length).fill(length));
    }
    for (const message of messages) {
      assert(ours.send(message));
      theirs.send(message);
    }
    const received = receiveCount(ours, messages.length);
    await theirs.has(messages.length);
    assertEquals(theirs.got, messages);
    assertEquals(await received, messages);
    await stop();
  });

  Deno.test(`${name}, they close`, async () => {
    const { ours, theirs, stop } = await open();
    const received = ours.receive();
    theirs.close(4001, "enough");
    assertEquals(await received, null);
    const { code, reason, by } = await ours.ended;
    assertEquals({ code, reason, by }, {
      code: 4001,
      reason: "enough",
      by: "peer",
    });
    assertEquals((await theirs.closed).code, 4001);
    await stop();
  });

  Deno.test(`${name}, we close`, async () => {
    const { ours, theirs, stop } = await open();
    ours.send("before");
    await ours.close({ code: 4409, reason: "replaced" });
    assertEquals(await theirs.closed, { code: 4409, reason: "replaced" });
    assertEquals(theirs.got, ["before"]);
    const { code, by } = await ours.ended;
    assertEquals([code, by], [4409, "us"]);
    await stop();
  });

  Deno.test(`${name}, our ping is answered`, async () => {
    const { ours, stop } = await open();
    const pong = new Promise<string>((resolve) => {
      ours.onPong = (payload) => resolve(new TextDecoder().decode(payload));
    });
    const received = ours.receive();
    ours.ping(new TextEncoder().encode("alive"));
    assertEquals(await pong, "alive");
    await stop();
    assertEquals(await received, null);
  });

  Deno.test(`${name}, burst_over_socket_is_lossless`, async () => {
    const { ours, theirs, stop } = await open();
    const seed = Date.now() % 2 ** 31;
    const random = seededRandom(seed);
    const count = 10_000;
    // Mostly small, as on the wire, up to 64 KiB.
    const messages = Array.from({ length: count }, (_, i) => {
      const length = i % 20 === 0 ? random() * 65536 : random() * 1500;
      return numbered(i, 1 + Math.floor(length));
    });
    const receiving = receiveCount(ours, count);
    for (const message of messages) {
      assert(ours.send(message));
      theirs.send(message);
    }
    const received = await receiving;
    await theirs.has(count);
    for (const got of [received, theirs.got]) {
      assertEquals(got.length, count, `seed ${seed}`);
      got.forEach((message, i) => {
        const same = Buffer.compare(message as Uint8Array, messages[i]!) === 0;
        assert(same, `message ${i} differs, seed ${seed}`);
      });
    }
    assertEquals(ours.writtenCount, count);
    await stop();
  });
}

Deno.test("client of npm ws, fragments with a ping between them", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.on("listening", resolve));
  const pong = Promise.withResolvers<string>();
  server.on("connection", (socket: WsClient) => {
    socket.on("pong", (data: Buffer) => pong.resolve(data.toString()));
    const bytes = new TextEncoder().encode("grüße €😀".repeat(1000));
    for (let at = 0; at < bytes.length; at += 1001) {
      const last = at + 1001 >= bytes.length;
      // The library sends text as given: the bytes of a character may be split.
      socket.send(bytes.subarray(at, at + 1001), { fin: last, binary: false });
      if (at === 1001) socket.ping("between");
    }
  });
  const ours = await dial((server.address() as AddressInfo).port);
  assertEquals(await receiveCount(ours, 1), ["grüße €😀".repeat(1000)]);
  assertEquals(await pong.promise, "between");
  await ours.close();
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("server of npm ws, a message that is too big is refused with 1009", async () => {
  const { ours, theirs } = await toWsClient();
  const received = ours.receive();
  theirs.send(new Uint8Array(MESSAGE_BYTES_MAX + 1));
  assertEquals((await theirs.closed).code, 1009);
  assertEquals(await received, null);
  const { code, by } = await ours.ended;
  assertEquals([code, by], [1009, "error"]);
});

// Not with npm ws: run by Deno, it stops sending within such a message.
Deno.test("client of Deno.serve, the largest message that is taken", async () => {
  const { ours, theirs, stop } = await toDenoServe();
  const bytes = new Uint8Array(MESSAGE_BYTES_MAX);
  bytes[MESSAGE_BYTES_MAX - 1] = 7;
  theirs.send(bytes);
  ours.send(bytes);
  const [message] = await receiveCount(ours, 1);
  await theirs.has(1);
  assert(Buffer.compare(message as Uint8Array, bytes) === 0);
  assert(Buffer.compare(theirs.got[0] as Uint8Array, bytes) === 0);
  await stop();
});

Deno.test("client of npm ws, terminate is an end without a close frame", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.on("listening", resolve));
  server.on("connection", (socket: WsClient) => socket.terminate());
  const ours = await dial((server.address() as AddressInfo).port);
  assertEquals(await ours.receive(), null);
  assertEquals((await ours.ended).code, 1006);
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("client of node:http, refusals tell status and body", async () => {
  const server = createServer((request, response) => {
    const status = Number(request.headers["x-want"]);
    if (status === 301) response.setHeader("Location", "https://a.example/");
    response.writeHead(status);
    response.end(`because of ${status}`);
  });
  server.on("upgrade", (request, socket) => {
    // As Go's servers do: a plain answer on the raw socket.
    const status = request.headers["x-want"];
    const body = `because of ${status}`;
    socket.end(
      `HTTP/1.1 ${status} Refused\r\nContent-Length: ${body.length}\r\n` +
        `Location: https://a.example/\r\n\r\n${body}`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  for (const status of [301, 403, 500, 503]) {
    const stream = await Deno.connect({ hostname: "127.0.0.1", port });
    const error = await assertRejects(
      () =>
        clientHandshake(stream, {
          host: `127.0.0.1:${port}`,
          path: "/",
          headers: { "X-Want": `${status}` },
          nonce: () => crypto.getRandomValues(new Uint8Array(16)),
        }),
      HandshakeRefusedError,
    );
    assertEquals(error.status, status);
    assertEquals(error.bodyStart, `because of ${status}`);
    assertEquals(error.headers.get("location"), "https://a.example/");
  }
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("client of Deno.serve, a refusal in chunks", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
    () => new Response(new Blob(["not here"]).stream(), { status: 404 }),
  );
  const stream = await Deno.connect({
    hostname: "127.0.0.1",
    port: server.addr.port,
  });
  const error = await assertRejects(
    () =>
      clientHandshake(stream, {
        host: "127.0.0.1",
        path: "/",
        nonce: () => crypto.getRandomValues(new Uint8Array(16)),
      }),
    HandshakeRefusedError,
  );
  assertEquals([error.status, error.bodyStart], [404, "not here"]);
  await server.shutdown();
});
