import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { once } from "node:events";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority, EnrolmentServer } from "../../../lib/dev/mod.ts";
import {
  type HttpsContext,
  HttpsError,
  httpsGet,
} from "../../../lib/identity/http.ts";
import { openWay, TunnelError } from "../../../lib/tunnel/mod.ts";
import { swallow, TestServer } from "../edgehub/servers.ts";
import { TestProxy } from "./test_proxy.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);
const tls = await ca.server();
const caFile = await Deno.makeTempFile({ suffix: ".crt" });
await Deno.writeTextFile(caFile, ca.cert);
addEventListener("unload", () => Deno.removeSync(caFile));
const server = { host: "cloud.invalid", port: 10_002 };
const REQUEST = { path: "/ca.crt", trust: { kind: "unverified" } } as const;

function through(
  proxy: URL | undefined,
  options: Partial<HttpsContext> = {},
): Promise<number> {
  return httpsGet(REQUEST, {
    server,
    clock,
    proxy: { url: proxy, except: [], caFile },
    ...options,
  }).then(({ status }) => status);
}

async function failure(
  proxy: URL | undefined,
  options: Partial<HttpsContext> = {},
): Promise<HttpsError> {
  const error = await assertRejects(() => through(proxy, options), HttpsError);
  assert(error.hint !== "", error.message);
  return error;
}

Deno.test("openWay, the certificate server is reached through either kind of proxy", async () => {
  await using cloud = new EnrolmentServer({ ca, clock });
  await cloud.start();
  for (const certificate of [undefined, tls]) {
    await using proxy = new TestProxy(
      () => ({ port: cloud.port }),
      certificate,
    );
    assertEquals(await through(proxy.url("u:p")), 200);
    assertMatch(
      proxy.requests[0] ?? "",
      /^CONNECT cloud\.invalid:10002 HTTP\/1\.1\r\n[^]*Proxy-Authorization: /,
    );
    await proxy.quiet;
    const direct = { host: "127.0.0.1", port: cloud.port };
    const except = { url: proxy.url(), except: ["127.0.0.0/8"] };
    const status = await through(undefined, { server: direct, proxy: except });
    assertEquals([status, proxy.accepted], [200, 1]);
  }
});

Deno.test("openWay, what the proxy says tells whether to try again", async () => {
  await using wants = new TestProxy(() => ({
    last: "HTTP/1.1 407 Who\r\n\r\n",
  }));
  await using broken = new TestProxy(() => ({
    last: "HTTP/1.1 502 x\r\n\r\n",
  }));
  await using stranger = new TestProxy(
    () => ({ text: "" }),
    await (await CertificateAuthority.create(clock)).server(),
  );
  const rows: [URL | undefined, boolean, RegExp][] = [
    [wants.url("u:hush"), false, /it answered 407 Who$/],
    [broken.url(), true, /it answered 502 x$/],
    [stranger.url(), false, /Cannot begin TLS with proxy/],
    [new URL("http://127.0.0.1:1"), true, /Cannot connect to proxy/],
    [undefined, false, /Cannot use the proxy of HTTPS_PROXY/],
  ];
  for (const [proxy, isRetryable, words] of rows) {
    const error = await failure(proxy);
    assertMatch(error.message, words);
    assertEquals(error.retryable, isRetryable, error.message);
    assert(!`${error.message} ${error.hint}`.includes("hush"));
    assertEquals(error.isSilent, false);
  }
});

Deno.test("openWay, whoever is silent on the way ends at the deadline", async () => {
  await using mute = new TestServer(swallow);
  await using proxy = new TestProxy(() => ({ text: "" }));
  await using half = new TestProxy(
    () => ({ text: "HTTP/1.1 200 OK\r\n\r\n" }),
    tls,
  );
  const rows: [URL, boolean][] = [
    [new URL(`https://127.0.0.1:${mute.port}`), true],
    [proxy.url(), false],
    [half.url(), true],
  ];
  for (const [url, isSilent] of rows) {
    const error = await failure(url, { timeoutMs: 300 });
    assertMatch(error.message, /^No answer from cloud\.invalid:10002 within/);
    assertEquals([error.retryable, error.isSilent], [true, isSilent]);
  }
  await proxy.quiet;
  await half.quiet;
});

Deno.test("openWay, a stop ends it at each step and leaves nothing", async () => {
  for (const text of ["", "HTTP/1.1 200 OK\r\n\r\n"]) {
    await using proxy = new TestProxy(() => ({ text }), tls);
    const stop = new AbortController();
    const failing = assertRejects(
      () => through(proxy.url(), { signal: stop.signal }),
      Error,
      "stop",
    );
    while (proxy.requests.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    stop.abort(new Error("stop"));
    assert(!(await failing instanceof HttpsError));
    await proxy.quiet;
  }
});

Deno.test("openWay, without a proxy it is a socket to the target", async () => {
  await using target = new TestServer(swallow);
  const { signal } = new AbortController();
  const at = { host: "127.0.0.1", port: target.port };
  const way = await openWay(at, { proxy: undefined, signal });
  await once(way.socket, "connect");
  assertEquals(way.socket.remotePort, target.port);
  way.socket.destroy();
  await way.close();
  await assertRejects(
    () => openWay(at, { proxy: { url: undefined, except: [] }, signal }),
    TunnelError,
  );
});
