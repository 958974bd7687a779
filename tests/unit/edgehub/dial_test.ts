import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  CertificateAuthority,
  CloudHub,
  type ServerCertificateOptions,
} from "../../../lib/dev/mod.ts";
import {
  dial,
  type Dialled,
  type DialOptions,
} from "../../../lib/edgehub/dial.ts";
import { LinkError } from "../../../lib/edgehub/mod.ts";
import { IdentityError, readCredentials } from "../../../lib/identity/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";
import {
  answering,
  MtlsHub,
  readHead,
  swallow,
  TestFiles,
  TestServer,
} from "./servers.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);
/** Calls itself the same: only its signature differs. */
const stranger = await CertificateAuthority.create(clock);
const pair = await ca.client("edge-1");
const NO_FILES = { caFile: "", certFile: "", keyFile: "" };
const HOUR_MS = 3_600_000;

function open(
  url: string,
  options: Partial<DialOptions> = {},
): Promise<Dialled> {
  return dial({
    url: new URL(url),
    headers: { node_id: "edge-1", ConnectionUse: "msg" },
    files: NO_FILES,
    handshakeTimeoutMs: 10_000,
    messageBytesMax: 1 << 20,
    clock,
    signal: new AbortController().signal,
    ...options,
  });
}

async function close({ connection }: Dialled): Promise<void> {
  const ended = connection.close({ deadlineMs: 1000 });
  await connection.receive();
  await ended;
}

async function failure(
  url: string,
  options: Partial<DialOptions> = {},
): Promise<LinkError> {
  const error = await assertRejects(() => open(url, options), LinkError);
  assertNotEquals(error.hint, "", error.message);
  return error;
}

/** Dials a hub whose server certificate is made like this. */
async function withHub(
  run: (hub: CloudHub, files: TestFiles) => Promise<void>,
  certificate?: ServerCertificateOptions & { by?: CertificateAuthority },
): Promise<void> {
  const { by = ca, ...options } = certificate ?? {};
  await using hub = new CloudHub({ tls: await by.server(options) });
  await hub.start();
  await using files = await TestFiles.make(ca.cert);
  await run(hub, files);
}

Deno.test("dial, ws: by name and by address, with path and headers", async () => {
  await using hub = new CloudHub();
  await hub.start();
  for (const host of ["127.0.0.1", "localhost"]) {
    const link = await open(`ws://${host}:${hub.port}/p/edge-1/events?a=b`);
    assertEquals(link.certificateNotAfterMs, undefined);
    await close(link);
  }
  const { headers } = await hub.events.waitFor(({ kind }) => kind === "open");
  assertEquals(headers?.get("node_id"), "edge-1");
  assertEquals(headers?.get("connectionuse"), "msg");
  assertEquals(headers?.get("host"), `127.0.0.1:${hub.port}`);
  assertEquals(headers?.get("origin"), null);
});

Deno.test("dial, wss: the right authority, by name and by IP address", () =>
  withHub(async (hub, files) => {
    for (const host of ["127.0.0.1", "localhost"]) {
      await close(await open(`wss://${host}:${hub.port}/`, { files }));
    }
  }));

Deno.test("dial, wss: wrong authority, wrong name, expired, not yet valid", async () => {
  const rows: [
    ServerCertificateOptions & { by?: CertificateAuthority },
    string,
    RegExp,
  ][] = [
    [{ by: stranger }, "127.0.0.1", /cafile/],
    [{ dnsNames: ["other.example"] }, "localhost", /does not name this host/],
    [{ ipAddresses: [] }, "127.0.0.1", /does not name this host/],
    [{ ipAddresses: ["10.0.0.1"] }, "127.0.0.1", /does not name this host/],
    [{ fromMs: -2 * HOUR_MS, untilMs: -HOUR_MS }, "localhost", /clock/],
    [{ fromMs: HOUR_MS }, "localhost", /clock/],
  ];
  for (const [certificate, host, hint] of rows) {
    await withHub(async (hub, files) => {
      const error = await failure(`wss://${host}:${hub.port}/`, { files });
      assertEquals(error.kind, "tls", error.message);
      assertMatch(error.hint, hint, error.message);
      assertStringIncludes(error.message, `${host}:${hub.port}`);
      // Nothing was said before the certificate was checked.
      const kinds = hub.events.entries.map(({ kind }) => kind);
      assertEquals(kinds.includes("open"), false);
    }, certificate);
  }
});

Deno.test("dial, an authority that the runtime trusts is refused unless cafile names it", async () => {
  const { cert, key } = await stranger.server();
  await using folder = await TestFiles.make(stranger.cert);
  await using files = await TestFiles.make(ca.cert);
  await using server = new TestServer(swallow, { cert, key });
  const url = `wss://localhost:${server.port}/`;
  const child = (caFile: string) =>
    new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "-A",
        new URL("./dial_once.ts", import.meta.url).href,
        url,
        caFile,
      ],
      env: { DENO_CERT: folder.caFile },
    }).output();
  const { stdout } = await child(files.caFile);
  const told = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(told.kind, "tls");
  assertMatch(told.message, /not signed by the configured authority/);
  assertMatch(told.hint, /edgehub\.websocket\.cafile/);
  // The runtime itself took it: the handshake was complete.
  assertEquals(server.accepted, 1);
});

Deno.test("dial, K4 client_certificate_and_private_ca: the right pair connects, TLS 1.2 and 1.3", async () => {
  for (const flags of [[], ["--tls12"], ["--alpn"], ["--tls12", "--alpn"]]) {
    await using hub = await MtlsHub.start(ca, ...flags);
    await using files = await TestFiles.make(ca.cert, pair);
    const url = `wss://127.0.0.1:${hub.port}/p/edge-1/events`;
    const link = await open(url, { files });
    const said = await hub.next("open");
    const tls12 = flags.includes("--tls12");
    assertEquals(said.protocol, tls12 ? "TLSv1.2" : "TLSv1.3");
    if (tls12) {
      assertEquals(said.cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    }
    // Never h2, which has no upgrade.
    assertEquals(said.alpn, flags.includes("--alpn") ? "http/1.1" : false);
    assertEquals(said.client, { CN: "system:node:edge-1", O: "system:nodes" });
    assertEquals(said.path, "/p/edge-1/events");
    link.connection.send("echo");
    assertEquals(await link.connection.receive(), ["echo"]);
    const lifeMs = (link.certificateNotAfterMs ?? 0) - clock.now();
    assert(lifeMs > 23 * HOUR_MS && lifeMs <= 24 * HOUR_MS);
    await close(link);
  }
});

Deno.test("dial, D7: an mTLS server that refuses our certificate is told as that", async () => {
  const foreign = await stranger.client("edge-1");
  const expired = await ca.client("edge-1", {
    fromMs: -2 * HOUR_MS,
    untilMs: -HOUR_MS,
  });
  for (const flags of [[], ["--tls12"]]) {
    await using hub = await MtlsHub.start(ca, ...flags);
    const url = `wss://127.0.0.1:${hub.port}/`;
    for (
      const [own, hint] of [
        [undefined, /client certificate/],
        [foreign, /refused the node's certificate/],
        [expired, /has expired by this machine's clock/],
      ] as const
    ) {
      await using files = await TestFiles.make(ca.cert, own);
      const error = await failure(url, { files });
      assertEquals(error.kind, "tls", error.message);
      assertMatch(error.hint, hint, error.message);
      assert(!error.message.includes("UNKNOWN"), error.message);
      await hub.next("refused");
    }
  }
});

Deno.test("dial, D6: files are read anew for each dial", async () => {
  await using hub = await MtlsHub.start(ca);
  await using files = await TestFiles.make(ca.cert, pair);
  const url = `wss://127.0.0.1:${hub.port}/`;
  await close(await open(url, { files }));
  await hub.next("open");
  await files.put(await ca.client("other"));
  await close(await open(url, { files }));
  assertEquals((await hub.next("open")).client, {
    CN: "system:node:other",
    O: "system:nodes",
  });
});

Deno.test("dial, half-rotated or missing files fail the dial, before TLS and not the process", async () => {
  await using server = new TestServer(swallow);
  const url = `wss://127.0.0.1:${server.port}/`;
  await using files = await TestFiles.make(ca.cert, pair);
  const { key } = await ca.client("edge-1");
  await Deno.writeTextFile(files.keyFile, key);
  const mismatch = await failure(url, { files });
  assertEquals(mismatch.kind, "credentials");
  assertMatch(mismatch.message, /do not belong together/);
  await Deno.remove(files.keyFile);
  const missing = await failure(url, { files });
  assertEquals(missing.kind, "credentials");
  assertStringIncludes(missing.message, files.keyFile);
  assertEquals(server.accepted, 0);
});

Deno.test("dial, certificate_bound_to_node, I7: credentials that must not be used end it before anything is dialled", async () => {
  await using server = new TestServer(swallow);
  const refused = await failure(`wss://127.0.0.1:${server.port}/`, {
    credentials: () => {
      throw new IdentityError("Not ours", { file: "/crt", hint: "Join" });
    },
  });
  assertEquals([refused.kind, refused.message], ["credentials", "Not ours"]);
  assertEquals(server.accepted, 0);
  await withHub(async (hub, files) => {
    const credentials = () => readCredentials(files);
    await close(await open(hub.url("edge-1"), { credentials }));
  });
});

Deno.test("dial, another answer than the upgrade gives its status", async () => {
  for (const status of [301, 400, 403, 404, 429, 500, 503]) {
    await using hub = new CloudHub();
    await hub.start();
    hub.faults.refuseStatus = status;
    const error = await failure(`ws://127.0.0.1:${hub.port}/`);
    assertEquals([error.kind, error.status], ["upgrade", status]);
    assertStringIncludes(error.message, String(status));
  }
});

Deno.test("dial, garbage instead of HTTP", async () => {
  for (
    const text of [
      "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      "HTTP/2 101 \r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
      "Connection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
      `HTTP/1.1 200 OK\r\nx: ${"y".repeat(20_000)}`,
      "\x15\x03\x01\x00\x02\x02\x46\r\n\r\n",
    ]
  ) {
    await using server = answering(text);
    const error = await failure(`ws://127.0.0.1:${server.port}/`);
    assertEquals(error.kind, "upgrade", text);
    await server.quiet;
  }
});

Deno.test("dial, wss: to a port without TLS and to one that closes", async () => {
  await using files = await TestFiles.make(ca.cert);
  const plain = new TestServer(async (conn) => {
    await conn.write(new TextEncoder().encode("HTTP/1.1 400 Bad\r\n\r\n"));
    await swallow(conn);
  });
  const closing = new TestServer(async () => {});
  for (const server of [plain, closing]) {
    const error = await failure(`wss://127.0.0.1:${server.port}/`, { files });
    assertEquals(error.kind, "tls", error.message);
    assertMatch(error.hint, /TLS port/);
    await server[Symbol.asyncDispose]();
  }
});

Deno.test("dial, ws: to a port with TLS", () =>
  withHub(async (hub) => {
    const error = await failure(`ws://127.0.0.1:${hub.port}/`);
    assertEquals(error.kind, "upgrade", error.message);
    assertMatch(error.hint, /wss:/);
  }));

Deno.test("dial, a server that ends within its answer", async () => {
  await using server = new TestServer(async (conn) => {
    await readHead(conn);
    await conn.write(new TextEncoder().encode("HTTP/1.1 10"));
  });
  const error = await failure(`ws://127.0.0.1:${server.port}/`);
  assertEquals(error.kind, "upgrade");
  assertMatch(error.message, /ended within the HTTP head/);
});

/** Dials a silent server in virtual time until the deadline cuts it. */
async function silence(
  server: TestServer,
  url: string,
  options: Partial<DialOptions> = {},
): Promise<LinkError> {
  const virtual = new VirtualClock();
  const before = server.accepted;
  const dialling = failure(url, { ...options, clock: virtual });
  while (server.accepted === before) await tick();
  await virtual.advance(9999);
  assertEquals(virtual.pending, 1);
  await virtual.advance(1);
  const error = await dialling;
  assertEquals(error.kind, "timeout");
  assertEquals(virtual.pending, 0);
  return error;
}

Deno.test("dial, a server that accepts and is silent ends at the deadline", async () => {
  await using server = new TestServer(swallow);
  const error = await silence(server, `ws://127.0.0.1:${server.port}/`);
  assertMatch(error.message, /^Cannot upgrade at .* 10000 ms$/);
  // Nothing of it stays open.
  await server.quiet;
});

Deno.test("dial, F5: silent in the TLS handshake, the socket goes when the server ends", async () => {
  await using server = new TestServer(swallow);
  await using files = await TestFiles.make(ca.cert);
  const url = `wss://127.0.0.1:${server.port}/`;
  const error = await silence(server, url, { files });
  assertMatch(error.message, /^Cannot connect to .* 10000 ms$/);
  // The runtime cannot end the handshake; the test's own check for leaks
  // sees that it is freed once it is over.
  await released(() => server.cut());
});

Deno.test("dial, F5: with a probe a TLS server that stays silent costs nothing", async () => {
  await using server = new TestServer(swallow);
  await using files = await TestFiles.make(ca.cert);
  const url = `wss://127.0.0.1:${server.port}/`;
  for (let i = 0; i < 3; i++) {
    await silence(server, url, { files, probe: true });
    await server.quiet;
  }
});

Deno.test("dial, with a probe a server that answers is dialled", () =>
  withHub(async (hub, files) => {
    for (const host of ["127.0.0.1", "localhost"]) {
      const url = `wss://${host}:${hub.port}/`;
      await close(await open(url, { files, probe: true }));
    }
    const accepted = () =>
      hub.events.entries.filter(({ kind }) => kind === "accepted").length;
    assertEquals(accepted(), 4);
    // The probe judges nothing: the dial behind it tells what is wrong.
    await using foreign = await TestFiles.make(stranger.cert);
    const error = await failure(`wss://127.0.0.1:${hub.port}/`, {
      files: foreign,
      probe: true,
    });
    assertEquals(error.kind, "tls");
    assertMatch(error.hint, /cafile/);
  }));

Deno.test("dial, with a probe at an mTLS server, a closing one and a dead port", async () => {
  await using files = await TestFiles.make(ca.cert, pair);
  for (const flags of [[], ["--tls12"]]) {
    await using hub = await MtlsHub.start(ca, ...flags);
    const url = `wss://127.0.0.1:${hub.port}/`;
    await close(await open(url, { files, probe: true }));
  }
  const closing = new TestServer(async () => {});
  const url = `wss://127.0.0.1:${closing.port}/`;
  assertEquals((await failure(url, { files, probe: true })).kind, "tls");
  const { port } = closing;
  await closing[Symbol.asyncDispose]();
  const dead = await failure(`wss://127.0.0.1:${port}/`, {
    files,
    probe: true,
  });
  assertEquals(dead.kind, "tcp");
});

Deno.test("dial, connection refused and unknown host", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await using files = await TestFiles.make(ca.cert);
  for (const scheme of ["ws", "wss"]) {
    const refused = await failure(`${scheme}://127.0.0.1:${port}/`, { files });
    assertEquals(refused.kind, "tcp");
    assertMatch(refused.hint, /check host and port/);
    const unknown = await failure(`${scheme}://no-such-host.invalid/`, {
      files,
    });
    assertEquals(unknown.kind, "dns", unknown.message);
  }
});

Deno.test("dial, IPv6 addresses and the default ports", async () => {
  await using files = await TestFiles.make(ca.cert);
  const listener = Deno.listen({ hostname: "::1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const accepted = listener.accept();
  const dialling = failure(`ws://[::1]:${port}/`);
  (await accepted).close();
  assertStringIncludes((await dialling).message, `[::1]:${port}`);
  listener.close();
  // Nothing listens on 127.0.0.2 at the well-known ports.
  for (const [scheme, known] of [["ws", 80], ["wss", 443]]) {
    const error = await failure(`${scheme}://127.0.0.2/`, { files });
    assertStringIncludes(error.message, `127.0.0.2:${known}`);
  }
});

Deno.test("dial, aborted by its signal at any step it leaves no socket", async () => {
  await using server = new TestServer(swallow);
  await using files = await TestFiles.make(ca.cert);
  const reason = new Error("node stops");
  for (
    const [scheme, probe] of [["ws", false], ["wss", true], ["wss", false]]
  ) {
    const url = `${scheme}://127.0.0.1:${server.port}/`;
    const before = server.accepted;
    const controller = new AbortController();
    const dialling = open(url, {
      files,
      signal: controller.signal,
      probe: probe === true,
    });
    const failed = dialling.catch((error: Error) => error);
    while (server.accepted === before) await tick();
    controller.abort(reason);
    assertEquals(await failed, reason);
    if (scheme === "wss" && !probe) await released(() => server.cut());
    await server.quiet;
  }
});

Deno.test("dial, aborted before it began or before it is connected", async () => {
  await using server = new TestServer(swallow);
  const reason = new Error("node stops");
  const before = AbortSignal.abort(reason);
  const url = `ws://127.0.0.1:${server.port}/`;
  assertEquals(await open(url, { signal: before }).catch((e) => e), reason);
  const early = new AbortController();
  const dialling = open(url, { signal: early.signal });
  early.abort(reason);
  assertEquals(await dialling.catch((error: Error) => error), reason);
  // It connects all the same, and is closed then.
  while (server.accepted === 0) await tick();
  await server.quiet;
});

Deno.test("dial, frames that came with the answer are not lost", async () => {
  await using server = new TestServer(async (conn) => {
    const head = await readHead(conn);
    const key = /Sec-WebSocket-Key: (\S+)/i.exec(head)?.[1];
    const digest = await crypto.subtle.digest(
      "SHA-1",
      new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
    );
    const answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
      "Connection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${new Uint8Array(digest).toBase64()}\r\n\r\n`;
    await conn.write(
      new TextEncoder().encode(`${answer}\x00`).map((byte, i, all) =>
        i === all.length - 1 ? 0x81 : byte
      ),
    );
    await conn.write(Uint8Array.of(2, 104, 105));
    await swallow(conn);
  });
  const { connection } = await open(`ws://127.0.0.1:${server.port}/`);
  assertEquals(await connection.receive(), ["hi"]);
  connection.abort();
  await server.quiet;
});

/** Waits until what an action sets free is closed: one socket of ours less. */
async function released(action: () => void): Promise<void> {
  const sockets = () => [...Deno.readDirSync("/proc/self/fd")].length;
  const before = sockets();
  action();
  // The server's end and ours.
  while (sockets() > before - 2) await tick();
}

/** One turn of the event loop. */
function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
