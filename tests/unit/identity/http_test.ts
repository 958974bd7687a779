import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { once } from "node:events";
import net from "node:net";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority, EnrolmentServer } from "../../../lib/dev/mod.ts";
import type {
  EnrolmentServerOptions,
  KeyPairPem,
} from "../../../lib/dev/mod.ts";
import {
  type HttpsContext,
  HttpsError,
  httpsGet,
  type ServerTrust,
} from "../../../lib/identity/http.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";
import { authoritiesOf } from "../../support/identity.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);
const otherCa = await CertificateAuthority.create(clock, {
  commonName: "Other",
});
// The same name, another key: what a cloud that was set up anew has.
const namesake = await CertificateAuthority.create(clock);

const UNVERIFIED: ServerTrust = { kind: "unverified" };
const trusting = (authority: CertificateAuthority): ServerTrust => ({
  kind: "authorities",
  credentials: authoritiesOf(authority),
});

async function withServer(
  options: Partial<EnrolmentServerOptions>,
  run: (context: HttpsContext, server: EnrolmentServer) => Promise<void>,
) {
  await using server = new EnrolmentServer({ ca, clock, ...options });
  await server.start();
  const at = { host: "127.0.0.1", port: server.port };
  await run({ server: at, clock }, server);
}

/** A plain TCP server that does as it is told. */
async function withTcp(
  serve: (socket: net.Socket) => void,
  run: (port: number) => Promise<void>,
) {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", (error) => void error);
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await run((server.address() as net.AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  }
}

/** A TLS server of this CA that answers with these bytes and closes. */
async function withAnswer(
  text: string,
  run: (context: HttpsContext) => Promise<void>,
) {
  const { cert, key }: KeyPairPem = await ca.server();
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
  });
  const serving = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(4096));
    await connection.write(new TextEncoder().encode(text));
    connection.close();
  })();
  try {
    const server = { host: "127.0.0.1", port: listener.addr.port };
    await run({ server, clock });
    await serving;
  } finally {
    listener.close();
  }
}

Deno.test("httpsGet, sends the body of a GET and its fields", async () => {
  await withServer({}, async (context, server) => {
    const response = await httpsGet({
      path: "/edge.crt",
      headers: { NodeName: "edge-1" },
      body: Uint8Array.of(1, 2, 255),
      trust: trusting(ca),
    }, context);
    assertEquals(response.status, 401);
    const [request] = server.requests;
    assertEquals(request?.method, "GET");
    assertEquals(request?.path, "/edge.crt");
    assertEquals(request?.body.toHex(), "0102ff");
    assertEquals(Object.fromEntries(request?.headers ?? []), {
      host: `127.0.0.1:${context.server.port}`,
      nodename: "edge-1",
      "content-length": "3",
      connection: "close",
    });
  });
});

Deno.test("httpsGet, unverified takes any server; authorities only their own", async () => {
  await withServer({}, async (context) => {
    const request = { path: "/ca.crt" };
    const any = await httpsGet({ ...request, trust: UNVERIFIED }, context);
    assertEquals(any.body.toHex(), ca.certDer.toHex());
    const own = await httpsGet({ ...request, trust: trusting(ca) }, context);
    assertEquals(own.status, 200);
    const error = await assertRejects(
      () => httpsGet({ ...request, trust: trusting(otherCa) }, context),
      HttpsError,
      "UnknownIssuer",
    );
    assertEquals(error.retryable, false);
    assertStringIncludes(error.hint, "not signed by the CA");
    const same = await assertRejects(
      () => httpsGet({ ...request, trust: trusting(namesake) }, context),
      HttpsError,
      "BadSignature",
    );
    assertEquals(same.retryable, false);
  });
});

Deno.test("httpsGet, a server of another name is refused, for names and addresses", async () => {
  const certificate = {
    dnsNames: ["cloud.example"],
    ipAddresses: ["127.0.0.2"],
  };
  await withServer({ certificate }, async (context) => {
    for (const host of ["127.0.0.1", "localhost"]) {
      const server = { ...context.server, host };
      const error = await assertRejects(
        () =>
          httpsGet({ path: "/ca.crt", trust: trusting(ca) }, {
            ...context,
            server,
          }),
        HttpsError,
      );
      assertStringIncludes(error.hint, "advertiseAddress", error.message);
      const any = { path: "/ca.crt", trust: UNVERIFIED };
      assertEquals((await httpsGet(any, { ...context, server })).status, 200);
    }
  });
});

Deno.test("httpsGet, an expired server is refused and the clock named", async () => {
  const certificate = { fromMs: -10_000, untilMs: -5000 };
  await withServer({ certificate }, async (context) => {
    const error = await assertRejects(
      () => httpsGet({ path: "/ca.crt", trust: trusting(ca) }, context),
      HttpsError,
    );
    assertStringIncludes(error.hint, "clock");
  });
});

Deno.test("httpsGet, nobody there may be tried again", async () => {
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr;
  probe.close();
  const error = await assertRejects(
    () =>
      httpsGet({ path: "/", trust: UNVERIFIED }, {
        server: { host: "127.0.0.1", port },
        clock,
      }),
    HttpsError,
    `Cannot reach 127.0.0.1:${port}`,
  );
  assert(error.retryable && !error.isSilent);
  assertStringIncludes(error.hint, "Nothing listens there");
  const server = { host: "::1", port };
  await assertRejects(
    () => httpsGet({ path: "/", trust: UNVERIFIED }, { server, clock }),
    HttpsError,
    `Cannot reach [::1]:${port}`,
  );
});

Deno.test({
  name: "httpsGet, a silent server is given up at the deadline",
  // The runtime does not close a connection that is destroyed within the TLS
  // handshake (Deno 2.7.11).
  sanitizeResources: false,
  fn: async () => {
    const virtual = new VirtualClock();
    const accepted = Promise.withResolvers<void>();
    await withTcp((socket) => {
      socket.once("data", () => accepted.resolve());
    }, async (port) => {
      const asked = httpsGet({ path: "/", trust: UNVERIFIED }, {
        server: { host: "127.0.0.1", port },
        clock: virtual,
        timeoutMs: 5000,
      });
      const failed = assertRejects(() => asked, HttpsError, "within 5000 ms");
      await accepted.promise;
      await virtual.advance(5000);
      const { retryable, isSilent } = await failed;
      assert(retryable && isSilent);
      assertEquals(virtual.pending, 0);
    });
  },
});

Deno.test({
  name: "httpsGet, the caller's signal ends it with its reason",
  // The runtime does not close a connection that is destroyed within the TLS
  // handshake (Deno 2.7.11).
  sanitizeResources: false,
  fn: async () => {
    const reason = new Error("stopped");
    const gone = AbortSignal.abort(reason);
    const context = { server: { host: "127.0.0.1", port: 1 }, clock };
    const request = { path: "/", trust: UNVERIFIED };
    await assertRejects(
      () => httpsGet(request, { ...context, signal: gone }),
      Error,
      "stopped",
    );
    const later = new AbortController();
    await withTcp(() => later.abort(reason), async (port) => {
      await assertRejects(
        () =>
          httpsGet(request, {
            server: { host: "127.0.0.1", port },
            clock,
            signal: later.signal,
          }),
        Error,
        "stopped",
      );
    });
  },
});

Deno.test("httpsGet, what is no TLS or no HTTP is named", async () => {
  await withTcp(
    (socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
    async (port) => {
      const error = await assertRejects(
        () =>
          httpsGet({ path: "/", trust: UNVERIFIED }, {
            server: { host: "127.0.0.1", port },
            clock,
          }),
        HttpsError,
      );
      assertStringIncludes(error.hint, "TLS", error.message);
    },
  );
  await withAnswer("220 mail\r\n\r\n", async (context) => {
    const error = await assertRejects(
      () => httpsGet({ path: "/", trust: trusting(ca) }, context),
      HttpsError,
      "Answer is not HTTP/1.1",
    );
    assertEquals(error.retryable, false);
  });
});

Deno.test("httpsGet, an answer that is cut off is none", async () => {
  await withAnswer(
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
    async (context) => {
      const error = await assertRejects(
        () => httpsGet({ path: "/", trust: trusting(ca) }, context),
        HttpsError,
      );
      assert(error.retryable, error.message);
    },
  );
  await withServer({ intercept: () => "hang up" }, async (context) => {
    const error = await assertRejects(
      () => httpsGet({ path: "/", trust: trusting(ca) }, context),
      HttpsError,
    );
    assert(error.retryable, error.message);
  });
});

Deno.test("httpsGet, an answer that is too large is not held", async () => {
  await withServer({
    intercept: () => ({ status: 200, body: new Uint8Array(1024 * 1024 + 1) }),
  }, async (context) => {
    await assertRejects(
      () => httpsGet({ path: "/", trust: trusting(ca) }, context),
      HttpsError,
      "HTTP body is larger than 1048576 bytes",
    );
  });
});
