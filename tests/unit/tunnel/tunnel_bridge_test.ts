import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { once } from "node:events";
import type net from "node:net";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority, CloudHub } from "../../../lib/dev/mod.ts";
import {
  dial,
  type Dialled,
  type DialOptions,
} from "../../../lib/edgehub/dial.ts";
import { LinkError } from "../../../lib/edgehub/mod.ts";
import { TunnelBridge, TunnelError } from "../../../lib/tunnel/mod.ts";
import { MtlsHub, swallow, TestFiles, TestServer } from "../edgehub/servers.ts";
import { type ProxyAnswer, TestProxy } from "./test_proxy.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);
/** Whoever signed the proxy's certificate is nobody to the cloud, and vice versa. */
const proxyCa = await CertificateAuthority.create(clock);
const proxyTls = await proxyCa.server();
const pair = await ca.client("edge-1");
const caFile = await Deno.makeTempFile({ suffix: ".crt" });
await Deno.writeTextFile(caFile, proxyCa.cert);
addEventListener("unload", () => Deno.removeSync(caFile));
/** A name that nobody but the proxy can resolve. */
const NAME = "cloud.invalid";

function open(
  proxy: URL,
  options: Partial<DialOptions> = {},
): Promise<Dialled> {
  return dial({
    url: new URL(`wss://${NAME}:10000/p/edge-1/events`),
    proxy: { url: proxy, except: [], caFile },
    headers: { node_id: "edge-1", ConnectionUse: "msg" },
    files: { caFile: "", certFile: "", keyFile: "" },
    handshakeTimeoutMs: 10_000,
    messageBytesMax: 1 << 20,
    clock,
    signal: new AbortController().signal,
    ...options,
  });
}

async function failure(
  proxy: URL,
  options: Partial<DialOptions> = {},
): Promise<LinkError> {
  const error = await assertRejects(() => open(proxy, options), LinkError);
  assert(error.hint !== "", error.message);
  return error;
}

async function close(link: Dialled): Promise<void> {
  await using _through = link;
  const { connection } = link;
  const ended = connection.close({ deadlineMs: 1000 });
  await connection.receive();
  await ended;
}

async function withHub(
  run: (hub: CloudHub, files: TestFiles) => Promise<void>,
  by = ca,
): Promise<void> {
  const tls = await by.server({ dnsNames: [NAME] });
  await using hub = new CloudHub({ tls });
  await hub.start();
  await using files = await TestFiles.make(ca.cert);
  await run(hub, files);
}

const tlsProxy = (answer: (head: string) => ProxyAnswer) =>
  new TestProxy(answer, proxyTls);

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
}

Deno.test("TunnelBridge, TLS with the cloud goes within TLS with the proxy", () =>
  withHub(async (hub, files) => {
    await using proxy = tlsProxy(() => ({ port: hub.port }));
    for (let i = 0; i < 3; i++) await close(await open(proxy.url(), { files }));
    assertEquals(
      proxy.requests[0],
      `CONNECT ${NAME}:10000 HTTP/1.1\r\nHost: ${NAME}:10000\r\n\r\n`,
    );
    assert(proxy.tunnelledBytes > 3 * 500, `${proxy.tunnelledBytes}`);
    assertEquals(proxy.accepted, 3);
    await proxy.quiet;
  }));

Deno.test("TunnelBridge, the cloud sees the node's client certificate", async () => {
  await using hub = await MtlsHub.start(ca);
  await using proxy = tlsProxy(() => ({ port: hub.port }));
  await using files = await TestFiles.make(ca.cert, pair);
  const url = new URL("wss://localhost:10000/");
  const link = await open(proxy.url(), { files, url });
  assert(link.certificateNotAfterMs !== undefined);
  await close(link);
  await using bare = await TestFiles.make(ca.cert);
  const error = await failure(proxy.url(), { files: bare, url });
  assertEquals(error.kind, "tls", error.message);
});

Deno.test("TunnelBridge, the cloud is checked against cafile alone, whoever the proxy is", async () => {
  await withHub(async (hub, files) => {
    await using proxy = tlsProxy(() => ({ port: hub.port }));
    const error = await failure(proxy.url(), { files });
    assertEquals(error.kind, "tls", error.message);
    assertMatch(error.hint, /edgehub\.websocket\.cafile/);
    await proxy.quiet;
  }, proxyCa);
});

Deno.test("TunnelBridge, user and password are sent within TLS, and never told", () =>
  withHub(async (hub, files) => {
    const basic = new TextEncoder().encode("user:good-pw").toBase64();
    await using proxy = tlsProxy((head) =>
      head.includes(`Proxy-Authorization: Basic ${basic}\r\n`)
        ? { port: hub.port }
        : { last: "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n" }
    );
    await close(await open(proxy.url("user:good-pw"), { files }));
    for (const info of ["", "user:wrong-pw"]) {
      const error = await failure(proxy.url(info), { files });
      assertEquals([error.kind, error.status], ["proxy", 407]);
      const told = `${error.message} ${error.hint} ${error.stack}`;
      assert(!/wrong-pw|user:|Basic/.test(told), told);
    }
    await proxy.quiet;
  }));

Deno.test("TunnelBridge, a proxy whose certificate is wrong is told nothing", async () => {
  await using files = await TestFiles.make(ca.cert);
  const other = await proxyCa.server({
    dnsNames: ["other.example"],
    ipAddresses: [],
  });
  const past = await proxyCa.server({ fromMs: -2000, untilMs: -1000 });
  const rows: [typeof proxyTls, string, RegExp][] = [
    [proxyTls, "", /edgehub\.proxy-cafile$/],
    [other, caFile, /does not name this host/],
    [past, caFile, /this machine's clock/],
  ];
  for (const [tls, authorities, hint] of rows) {
    await using proxy = new TestProxy(() => ({ text: "" }), tls);
    const url = proxy.url("user:hush");
    const error = await failure(url, {
      files,
      proxy: { url, except: [], caFile: authorities },
    });
    // Not "tls": that would speak of the cloud and of the node's certificate.
    assertEquals(error.kind, "proxy", error.message);
    assertMatch(error.hint, hint, error.message);
    assertStringIncludes(error.message, `proxy 127.0.0.1:${url.port}`);
    assert(!error.message.includes("hush"));
    assertEquals(proxy.requests.join(""), "");
    await proxy.quiet;
  }
});

Deno.test("TunnelBridge, a file of authorities that is none is named", async () => {
  await using files = await TestFiles.make(ca.cert);
  const empty = await Deno.makeTempFile();
  const url = new URL("https://127.0.0.1:1");
  for (const file of [`${empty}.none`, empty]) {
    const error = await failure(url, {
      files,
      proxy: { url, except: [], caFile: file },
    });
    assertEquals(error.kind, "proxy");
    assertStringIncludes(error.message, file);
    assertMatch(error.hint, /edgehub\.proxy-cafile/);
  }
  await Deno.remove(empty);
});

Deno.test("TunnelBridge, a proxy without TLS, without listener, without name", async () => {
  await using files = await TestFiles.make(ca.cert);
  await using plain = new TestServer(async (conn) => {
    await conn.write(new TextEncoder().encode("HTTP/1.1 400 Bad\r\n\r\n"));
    await swallow(conn);
  });
  const rows: [string, string, RegExp][] = [
    [`https://127.0.0.1:${plain.port}`, "proxy", /with http:/],
    ["https://u:hush@127.0.0.1:1", "tcp", /edgehub\.proxy/],
    ["https://u:hush@proxy.invalid", "dns", /edgehub\.proxy/],
  ];
  for (const [url, kind, hint] of rows) {
    const error = await failure(new URL(url), { files });
    assertEquals(error.kind, kind, error.message);
    assertMatch(error.hint, hint);
    assert(!error.message.includes("hush"));
  }
});

Deno.test("TunnelBridge, a proxy that is silent ends at the deadline, before and behind its TLS", async () => {
  await using files = await TestFiles.make(ca.cert);
  await using mute = new TestServer(swallow);
  await using proxy = tlsProxy(() => ({ text: "" }));
  await using half = tlsProxy(() => ({ text: "HTTP/1.1 200 OK\r\n\r\n" }));
  const silent = new URL(`https://127.0.0.1:${mute.port}`);
  for (const url of [silent, proxy.url(), half.url()]) {
    const error = await failure(url, { files, handshakeTimeoutMs: 300 });
    assertEquals(error.kind, "timeout");
    assertMatch(error.message, /through proxy 127\.0\.0\.1:\d+: no answer/);
  }
  await proxy.quiet;
  await half.quiet;
});

Deno.test("TunnelBridge, with a probe a proxy silent in TLS costs nothing", async () => {
  await using files = await TestFiles.make(ca.cert);
  await using mute = new TestServer(swallow);
  const url = new URL(`https://127.0.0.1:${mute.port}`);
  const error = await failure(url, {
    files,
    probe: true,
    handshakeTimeoutMs: 100,
  });
  assertEquals(error.kind, "timeout");
  assertEquals(mute.accepted, 1);
  await mute.quiet;
});

Deno.test("TunnelBridge, with a probe proxy and cloud are asked first, then dialled", () =>
  withHub(async (hub, files) => {
    await using proxy = tlsProxy(() => ({ port: hub.port }));
    await close(await open(proxy.url(), { files, probe: true }));
    assertEquals([proxy.accepted, proxy.requests.length], [3, 2]);
    await proxy.quiet;
  }));

Deno.test("TunnelBridge, a stop ends the dial at each step and leaves nothing", async () => {
  await using files = await TestFiles.make(ca.cert);
  for (const text of ["", "HTTP/1.1 200 OK\r\n\r\n"]) {
    await using proxy = tlsProxy(() => ({ text }));
    const stop = new AbortController();
    const opening = open(proxy.url(), { files, signal: stop.signal });
    const failing = assertRejects(() => opening, Error, "stop");
    await until(() => proxy.requests.length > 0);
    stop.abort(new Error("stop"));
    assert(!(await failing instanceof LinkError));
    await proxy.quiet;
  }
});

Deno.test("TunnelBridge, a proxy that cuts ends dial and link", () =>
  withHub(async (hub, files) => {
    await using half = tlsProxy(() => ({ text: "HTTP/1.1 200 OK\r\n\r\n" }));
    const failing = failure(half.url(), { files });
    await until(() => half.requests.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    half.cut();
    const error = await failing;
    assertMatch(error.message, /proxy 127\.0\.0\.1/);
    await using proxy = tlsProxy(() => ({ port: hub.port }));
    await using link = await open(proxy.url(), { files });
    const { connection } = link;
    proxy.cut();
    assertEquals(await connection.receive(), null);
    connection.abort();
    await connection.ended;
    await link[Symbol.asyncDispose]();
    await proxy.quiet;
  }));

Deno.test("TunnelBridge, plain TCP goes within TLS with the proxy, too", async () => {
  await using hub = new CloudHub();
  await hub.start();
  await using proxy = tlsProxy(() => ({ port: hub.port }));
  await close(await open(proxy.url(), { url: new URL(`ws://${NAME}:80/`) }));
  assertStringIncludes(proxy.requests[0] ?? "", `CONNECT ${NAME}:80 `);
});

/** A bridge to a port of this machine, and the proxy that it goes through. */
async function bridgeTo(
  port: number,
  run: (bridge: TunnelBridge, proxy: TestProxy) => Promise<void>,
): Promise<void> {
  await using proxy = tlsProxy(() => ({ port }));
  const bridge = await TunnelBridge.open({ host: NAME, port: 1 }, {
    proxy: proxy.url(),
    caFile,
    signal: new AbortController().signal,
  });
  try {
    await run(bridge, proxy);
  } finally {
    bridge.close();
    await bridge.ended;
  }
}

/** The only port of this process on loopback that a bridge listens at. */
function portOf(socket: net.Socket): number {
  assert(socket.remotePort !== undefined);
  return socket.remotePort;
}

Deno.test("TunnelBridge, every byte arrives, and who is slow slows the sender down", async () => {
  const size = 24 * 1024 * 1024;
  const at = (i: number) => (i * 7 + (i >> 8)) & 255;
  const gate = Promise.withResolvers<void>();
  let received = 0;
  let isRight = true;
  await using server = new TestServer(async (conn) => {
    await gate.promise;
    const buffer = new Uint8Array(65536);
    for (let n; (n = await conn.read(buffer)) !== null;) {
      for (let i = 0; i < n; i += 61) {
        isRight &&= buffer[i] === at(received + i);
      }
      received += n;
    }
  });
  await bridgeTo(server.port, async (bridge, proxy) => {
    const socket = bridge.connect();
    await once(socket, "connect");
    let written = 0;
    const writing = (async () => {
      const chunk = new Uint8Array(65536);
      while (written < size) {
        for (let i = 0; i < chunk.length; i++) chunk[i] = at(written + i);
        const done = Promise.withResolvers<void>();
        socket.write(chunk.slice(), () => done.resolve());
        await done.promise;
        written += chunk.length;
      }
    })();
    // It comes to a halt, with what some sockets' buffers hold.
    for (let last = -1; last !== written;) {
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert(written < size, "nobody reads, and all was taken");
    gate.resolve();
    await writing;
    socket.destroy();
    // What was said last arrives, although the socket is gone.
    await bridge.release(clock);
    await proxy.quiet;
    await until(() => received >= size);
    assert(isRight);
  });
});

Deno.test("TunnelBridge, what the far side says last arrives before its end", async () => {
  const size = 3_000_000;
  await using server = new TestServer(async (conn) => {
    const bytes = new Uint8Array(size).fill(7);
    for (let i = 0; i < size;) i += await conn.write(bytes.subarray(i));
  });
  await bridgeTo(server.port, async (bridge) => {
    const socket = bridge.connect();
    let received = 0;
    socket.on("data", (chunk: Uint8Array) => received += chunk.length);
    await once(socket, "end");
    assertEquals(received, size);
    assertEquals(bridge.failure, undefined);
    socket.destroy();
    await bridge.ended;
  });
});

Deno.test("TunnelBridge, a stranger who connects first is sent away without a byte", async () => {
  await using server = new TestServer(async (conn) => {
    await conn.read(new Uint8Array(8));
    await conn.write(new TextEncoder().encode("secret"));
    await swallow(conn);
  });
  const listen = Deno.listen;
  let port = 0;
  // The port is known to nobody but who listens there; so listening tells it.
  Deno.listen = ((options: Deno.TcpListenOptions) => {
    const listener = listen(options);
    port = listener.addr.port;
    return listener;
  }) as typeof Deno.listen;
  try {
    await bridgeTo(server.port, async (bridge) => {
      Deno.listen = listen;
      const stranger = await Deno.connect({ hostname: "127.0.0.1", port });
      await stranger.write(new TextEncoder().encode("hello"));
      const socket = bridge.connect();
      socket.write("hello");
      const [chunk] = await once(socket, "data");
      assertEquals(new TextDecoder().decode(chunk), "secret");
      assertEquals(portOf(socket), port);
      await assertRejects(async () => {
        const length = await stranger.read(new Uint8Array(8));
        if (length === null) throw new Error("ended");
      });
      stranger.close();
      // There is nothing to connect to any more.
      await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port }));
      socket.destroy();
      await bridge.ended;
    });
  } finally {
    Deno.listen = listen;
  }
});

Deno.test("TunnelBridge, closed before it was connected, or with nobody reading, it leaves nothing", async () => {
  await using server = new TestServer(async (conn) => {
    await conn.read(new Uint8Array(1));
    await new Promise<void>((resolve) => setTimeout(resolve, 50));
  });
  await bridgeTo(server.port, (bridge) => {
    bridge.close();
    bridge.close();
    return bridge.ended;
  });
  await bridgeTo(server.port, async (bridge) => {
    const socket = bridge.connect();
    socket.on("error", () => {});
    const closed = once(socket, "close");
    await once(socket, "connect");
    // The socket stays: so it is the deadline that frees the bridge.
    await bridge.release({
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      defer: (fn) => clock.defer(fn),
      after: (_delayMs, fn) => clock.after(1, fn),
    });
    socket.resume();
    await closed;
  });
});

Deno.test("TunnelBridge, an aborted signal opens nothing", async () => {
  await using proxy = tlsProxy(() => ({ text: "" }));
  const stop = new AbortController();
  stop.abort(new Error("stop"));
  const error = await assertRejects(() =>
    TunnelBridge.open({ host: NAME, port: 1 }, {
      proxy: proxy.url(),
      caFile,
      signal: stop.signal,
    })
  );
  assert(error instanceof Error && !(error instanceof TunnelError));
  assertEquals(proxy.accepted, 0);
});
