import {
  assert,
  assertEquals,
  assertMatch,
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
import { TunnelError } from "../../../lib/tunnel/mod.ts";
import { proxyFor } from "../../../lib/tunnel/proxy.ts";
import { openTunnel } from "../../../lib/tunnel/tunnel.ts";
import { bytePipe } from "../../support/byte_pipe.ts";
import { MtlsHub, TestFiles } from "../edgehub/servers.ts";
import { TestProxy } from "./test_proxy.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);
const stranger = await CertificateAuthority.create(clock);
const pair = await ca.client("edge-1");
/** A name that nobody but the proxy can resolve. */
const NAME = "cloud.invalid";

function open(
  proxy: URL,
  options: Partial<DialOptions> = {},
): Promise<Dialled> {
  return dial({
    url: new URL(`wss://${NAME}:10000/p/edge-1/events`),
    proxy: { url: proxy, except: [] },
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
  certificate: ServerCertificateOptions & { by?: CertificateAuthority } = {},
): Promise<void> {
  const { by = ca, ...options } = certificate;
  const tls = await by.server({ dnsNames: [NAME], ...options });
  await using hub = new CloudHub({ tls });
  await hub.start();
  await using files = await TestFiles.make(ca.cert);
  await run(hub, files);
}

const basic = (pair: string) =>
  `Proxy-Authorization: Basic ${new TextEncoder().encode(pair).toBase64()}`;

Deno.test("openTunnel, TLS with the cloud goes through the proxy and nothing past it", () =>
  withHub(async (hub, files) => {
    await using proxy = new TestProxy(() => ({ port: hub.port }));
    for (let i = 0; i < 5; i++) {
      // The name has no address: past the proxy it could not be reached.
      await close(await open(proxy.url(), { files }));
    }
    assertEquals(
      proxy.requests[0],
      `CONNECT ${NAME}:10000 HTTP/1.1\r\nHost: ${NAME}:10000\r\n\r\n`,
    );
    assertEquals(proxy.requests.length, 5);
    assert(proxy.tunnelledBytes > 5 * 500, `${proxy.tunnelledBytes}`);
    const { headers } = await hub.events.waitFor(({ kind }) => kind === "open");
    assertEquals(headers?.get("host"), `${NAME}:10000`);
    assertEquals(headers?.get("proxy-authorization"), null);
  }));

Deno.test("openTunnel, a client certificate is shown behind the proxy", async () => {
  await using hub = await MtlsHub.start(ca);
  await using proxy = new TestProxy(() => ({ port: hub.port }));
  await using files = await TestFiles.make(ca.cert, pair);
  const link = await open(proxy.url(), {
    files,
    url: new URL("wss://localhost:10000/"),
  });
  assert(link.certificateNotAfterMs !== undefined);
  await close(link);
});

Deno.test("openTunnel, chain and name of the cloud are checked behind the proxy", async () => {
  const rows: [
    ServerCertificateOptions & { by?: CertificateAuthority },
    RegExp,
  ][] = [
    [{ by: stranger }, /cafile/],
    [{ dnsNames: ["127.0.0.1", "other.example"] }, /does not name this host/],
  ];
  for (const [certificate, hint] of rows) {
    await withHub(async (hub, files) => {
      await using proxy = new TestProxy(() => ({ port: hub.port }));
      const error = await failure(proxy.url(), { files });
      assertEquals(error.kind, "tls", error.message);
      assertMatch(error.hint, hint, error.message);
    }, certificate);
  }
});

Deno.test("openTunnel, user and password are sent as they are meant, and never told", () =>
  withHub(async (hub, files) => {
    await using proxy = new TestProxy((head) =>
      head.includes(basic("us:er:pä ss%"))
        ? { port: hub.port }
        : { last: "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n" }
    );
    await close(
      await open(proxy.url("us%3Aer:p%C3%A4%20ss%25"), { files }),
    );
    for (const info of ["", "us%3Aer:wrong-pw", "only-name"]) {
      const error = await failure(proxy.url(info), { files });
      assertEquals([error.kind, error.status], ["proxy", 407]);
      assertMatch(error.hint, /edgehub\.proxy/);
      const told = `${error.message} ${error.hint} ${error.stack}`;
      assertStringIncludes(told, `127.0.0.1:${proxy.url().port}`);
      assertStringIncludes(told, `${NAME}:10000`);
      assert(!/wrong-pw|us%3Aer|only-name|Basic/.test(told), told);
    }
  }));

Deno.test("openTunnel, a proxy that refuses, talks nonsense or ends says so", async () => {
  await using files = await TestFiles.make(ca.cert);
  const rows: [string, RegExp][] = [
    ["HTTP/1.1 403 Forbidden\r\n\r\n", /it answered 403 Forbidden$/],
    ["HTTP/1.0 502 Bad\r\n\r\n", /it answered 502 Bad$/],
    ["HTTP/1.1 301\r\nLocation: http://x/\r\n\r\n", /it answered 301$/],
    ["SSH-2.0-OpenSSH_9.6\r\n\r\n", /not HTTP\/1\.1$/],
    ["HTTP/1.1 2", /Stream ended within the HTTP head/],
    ["", /Stream ended within the HTTP head/],
    ["HTTP/1.1 200 OK\r\n\r\nhello", /sent something behind its answer$/],
    ["HTTP/1.1 103 Early\r\n\r\n".repeat(20), /no final answer$/],
    [`HTTP/1.1 200 OK\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, /larger than/],
  ];
  for (const [last, words] of rows) {
    await using proxy = new TestProxy(() => ({ last }));
    for (const probe of [false, true]) {
      const error = await failure(proxy.url(), { files, probe });
      assertEquals(error.kind, "proxy", `${last}: ${error.message}`);
      assertMatch(error.message, words);
    }
    await proxy.quiet;
  }
});

Deno.test("openTunnel, a proxy that is silent ends at the deadline, and its socket goes", async () => {
  await using files = await TestFiles.make(ca.cert);
  for (const text of ["", "HTTP/1.1 200 OK\r\n"]) {
    await using proxy = new TestProxy(() => ({ text }));
    const error = await failure(proxy.url(), {
      files,
      handshakeTimeoutMs: 100,
    });
    assertEquals(error.kind, "timeout");
    assertMatch(error.message, /through proxy 127\.0\.0\.1:\d+: no answer/);
    await proxy.quiet;
  }
});

Deno.test("openTunnel, a stop ends the wait for the proxy", async () => {
  await using files = await TestFiles.make(ca.cert);
  await using proxy = new TestProxy(() => ({ text: "" }));
  const stop = new AbortController();
  const opening = open(proxy.url(), { files, signal: stop.signal });
  while (proxy.requests.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  stop.abort(new Error("stop"));
  const error = await assertRejects(() => opening, Error, "stop");
  assert(!(error instanceof LinkError));
  await proxy.quiet;
});

Deno.test("openTunnel, a proxy that cuts within the TLS handshake", async () => {
  await using files = await TestFiles.make(ca.cert);
  await using proxy = new TestProxy(() => ({
    text: "HTTP/1.1 200 OK\r\n\r\n",
  }));
  const failing = failure(proxy.url(), { files });
  while (proxy.requests.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  proxy.cut();
  const error = await failing;
  assertEquals(error.kind, "tls", error.message);
  assertMatch(error.message, /through proxy/);
});

Deno.test("openTunnel, no proxy listens there, or it has no address", async () => {
  await using files = await TestFiles.make(ca.cert);
  const refused = await failure(new URL("http://u:secret-pw@127.0.0.1:1"), {
    files,
  });
  assertEquals(refused.kind, "tcp");
  assertMatch(refused.message, /through proxy 127\.0\.0\.1:1: /);
  assertMatch(refused.hint, /edgehub\.proxy/);
  assert(!refused.message.includes("secret-pw"));
  const unknown = await failure(new URL("http://proxy.invalid:3128"), {
    files,
  });
  assertEquals(unknown.kind, "dns");
});

Deno.test("openTunnel, with a probe a TLS server behind the proxy is dialled", () =>
  withHub(async (hub, files) => {
    await using proxy = new TestProxy(() => ({ port: hub.port }));
    await close(await open(proxy.url(), { files, probe: true }));
    assertEquals(proxy.accepted, 2);
  }));

Deno.test("openTunnel, plain TCP goes through it, too", async () => {
  await using hub = new CloudHub();
  await hub.start();
  await using proxy = new TestProxy(() => ({ port: hub.port }));
  await close(await open(proxy.url(), { url: new URL(`ws://${NAME}:80/`) }));
  assertStringIncludes(proxy.requests[0] ?? "", `CONNECT ${NAME}:80 `);
});

Deno.test("openTunnel, an address of IPv6 stands in brackets", async () => {
  await using files = await TestFiles.make(ca.cert);
  await using proxy = new TestProxy(() => ({
    last: "HTTP/1.1 403 No\r\n\r\n",
  }));
  await failure(proxy.url(), { files, url: new URL("wss://[fd00::1]/") });
  assertStringIncludes(proxy.requests[0] ?? "", "CONNECT [fd00::1]:443 ");
});

Deno.test("proxyFor, a host that is excepted is dialled directly", () =>
  withHub(async (hub, files) => {
    await using proxy = new TestProxy(() => ({ port: 1 }));
    const link = await open(proxy.url(), {
      files,
      url: new URL(`wss://127.0.0.1:${hub.port}/`),
      proxy: { url: proxy.url(), except: ["127.0.0.0/8"] },
    });
    await close(link);
    assertEquals(proxy.accepted, 0);
    const target = { host: "h", port: 1 };
    assertEquals(proxyFor(target, undefined), undefined);
    const options = { url: proxy.url(), except: ["h:2"] };
    assertEquals(proxyFor(target, options), options.url);
  }));

Deno.test("openTunnel, I3 secrets_never_logged: a proxy that says the request back", async () => {
  const proxy = new URL("http://us%40er:p%3Ahush@proxy.example:3128");
  const basic = btoa("us@er:p:hush");
  for (
    const said of [
      `HTTP/1.1 407 Basic ${basic} of us@er with p:hush and p%3Ahush`,
      `HTTP/1.1 200 ok\r\nbad header p:hush ${basic}`,
    ]
  ) {
    const [near, far] = bytePipe();
    const opened = openTunnel(near, { host: "h", port: 1 }, proxy);
    await far.write(new TextEncoder().encode(`${said}\r\n\r\n`));
    const error = await assertRejects(() => opened, TunnelError);
    for (let cause: unknown = error; cause instanceof Error;) {
      for (const secret of [basic, "hush", "us@er"]) {
        assert(!cause.message.includes(secret), cause.message);
      }
      cause = cause.cause;
    }
  }
});
