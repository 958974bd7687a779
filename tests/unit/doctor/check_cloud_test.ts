import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  CertificateAuthority,
  CloudHub,
  type ServerCertificateOptions,
} from "../../../lib/dev/mod.ts";
import {
  checkSession,
  checkWay,
  type CloudOptions,
} from "../../../lib/doctor/check_cloud.ts";
import { answering, MtlsHub, swallow, TestServer } from "../edgehub/servers.ts";
import { TestProxy } from "../tunnel/test_proxy.ts";
import { CA, heads, Stage, STAMP, texts } from "./stage.ts";

const DAY_MS = 24 * 3_600_000;
const clock = new SystemClock();

async function options(
  stage: Stage,
  url: string,
  more: { sets?: readonly string[] } & Partial<CloudOptions> = {},
): Promise<CloudOptions> {
  const { sets = [], ...rest } = more;
  const tls = url.startsWith("wss:")
    ? stage.tls(url)
    : [`edgehub.websocket.url=${url}`];
  return {
    config: await stage.config(...tls, ...sets),
    hasPair: true,
    clock,
    stamp: STAMP,
    resolve: () => Promise.resolve(["127.0.0.1"]),
    answerTimeoutMs: 100,
    ...rest,
  };
}

async function way(
  stage: Stage,
  url: string,
  more?: Parameters<typeof options>[2],
) {
  const opened = await options(stage, url, more);
  const found = await checkWay(
    new URL(opened.config.edgehub.websocket.url),
    opened,
  );
  for (const { state, remedy } of found.findings) {
    assertEquals(remedy === "", state === "ok");
  }
  return found;
}

Deno.test("checkWay, every step to a cloud that is well, by name and through TLS", async () => {
  await using stage = await Stage.make();
  await stage.writePair();
  await using hub = new CloudHub({
    tls: await CA.server({ untilMs: 90 * DAY_MS }),
  });
  await hub.start();
  const found = await way(stage, `wss://localhost:${hub.port}`);
  assertEquals(heads(found.findings), [
    "ok dns",
    "ok tcp",
    "ok tls",
    "ok http",
  ]);
  assert(found.isOpen);
  assertStringIncludes(texts(found.findings), "localhost is 127.0.0.1");
  const kinds = hub.events.entries.map(({ kind }) => kind);
  assertEquals(kinds.includes("open"), false);
});

Deno.test("checkWay, D6 the cloud's certificate: ends soon, wrong authority, wrong name, ran out", async () => {
  await using stage = await Stage.make();
  await stage.writePair();
  const stranger = await CertificateAuthority.create(clock);
  const rows: [
    ServerCertificateOptions & { by?: CertificateAuthority },
    string,
    string,
  ][] = [
    [{ untilMs: 13 * DAY_MS }, "warn tls", "Renew the certificate"],
    [{ by: stranger }, "fail tls", "cafile"],
    [{ ipAddresses: [] }, "fail tls", "does not name this host"],
    [{ fromMs: -2000, untilMs: -1000 }, "fail tls", "clock"],
  ];
  for (const [{ by = CA, ...made }, head, hint] of rows) {
    await using hub = new CloudHub({ tls: await by.server(made) });
    await hub.start();
    const { findings } = await way(stage, `wss://127.0.0.1:${hub.port}`);
    assertEquals(heads(findings).slice(0, 3), ["ok dns", "ok tcp", head]);
    assertStringIncludes(texts(findings), hint);
  }
});

Deno.test("checkWay, a cloud that wants the node's certificate: with it, without it, with a wrong one", async () => {
  await using stage = await Stage.make();
  await stage.writePair();
  await using hub = await MtlsHub.start(CA);
  const url = `wss://127.0.0.1:${hub.port}`;
  assert((await way(stage, url)).isOpen);
  const none = await way(stage, url, { hasPair: false });
  assertEquals(heads(none.findings).at(-1), "fail client certificate");
  assertStringIncludes(texts(none.findings), "wants a client certificate");
  const by = await CertificateAuthority.create(clock);
  await stage.writePair({ by });
  const wrong = await way(stage, url);
  assertEquals(heads(wrong.findings).at(-1), "fail client certificate");
  assertStringIncludes(texts(wrong.findings), "refused the node's certificate");
});

Deno.test("checkWay, no name, a name server that is silent, no port, no TLS, no HTTP, silence", async () => {
  await using stage = await Stage.make();
  await stage.writePair();
  const last = async (...args: [string, Parameters<typeof options>[2]?]) => {
    const { findings, isOpen } = await way(stage, ...args);
    assertEquals(isOpen, false);
    return heads(findings).at(-1);
  };
  const quick = { sets: ["edgehub.websocket.handshake-timeout=100ms"] };
  const nowhere = () => Promise.reject(new Error("ENOTFOUND"));
  assertEquals(
    await last("ws://cloud.invalid:1", { resolve: nowhere }),
    "fail dns",
  );
  const never = () => new Promise<never>(() => {});
  assertEquals(
    await last("ws://cloud.invalid:1", { ...quick, resolve: never }),
    "fail dns",
  );
  assertEquals(await last("ws://127.0.0.1:1"), "fail tcp");
  await using junk = answering("SSH-2.0-x\r\n\r\n");
  assertEquals(await last(`ws://127.0.0.1:${junk.port}`), "fail http");
  await using silent = new TestServer(swallow);
  assertEquals(await last(`ws://127.0.0.1:${silent.port}`, quick), "fail http");
  assertEquals(await last(`wss://127.0.0.1:${silent.port}`, quick), "fail tls");
});

Deno.test("checkWay, the cloud's clock, if it tells", async () => {
  await using stage = await Stage.make();
  const date = new Date(clock.now() - 3_600_000).toUTCString();
  await using cloud = answering(`HTTP/1.1 404 x\r\nDate: ${date}\r\n\r\n`);
  const { findings } = await way(stage, `ws://127.0.0.1:${cloud.port}`);
  assertEquals(heads(findings), [
    "ok dns",
    "ok tcp",
    "ok http",
    "fail cloud clock",
  ]);
});

Deno.test("checkWay, through a proxy: open, refusing, wrong, none", async () => {
  await using stage = await Stage.make();
  await using hub = new CloudHub();
  await hub.start();
  const url = `ws://127.0.0.1:${hub.port}`;
  await using proxy = new TestProxy(() => ({ port: hub.port }));
  const through = (at: string) =>
    way(stage, url, { sets: [`edgehub.proxy=${at}`] });
  const open = await through(proxy.url("user:s3cret").href);
  assertEquals(heads(open.findings), [
    "ok dns",
    "ok tcp",
    "ok proxy",
    "ok http",
  ]);
  assertStringIncludes(proxy.requests.join(), `CONNECT 127.0.0.1:${hub.port}`);
  assertEquals(texts(open.findings).includes("s3cret"), false);
  await using refusing = answering("HTTP/1.1 407 No\r\n\r\n");
  const refused = await through(`http://127.0.0.1:${refusing.port}`);
  assertEquals(heads(refused.findings).at(-1), "fail proxy");
  assertStringIncludes(texts(refused.findings), "wants user and password");
  const none = await through("http://127.0.0.1:1");
  assertEquals(heads(none.findings).at(-1), "fail tcp");
});

Deno.test("checkSession, taken and answered, mute, refused", async () => {
  await using stage = await Stage.make();
  await using hub = new CloudHub();
  await hub.start();
  const url = `ws://127.0.0.1:${hub.port}`;
  const session = async () => {
    const opened = await options(stage, url);
    return await checkSession(
      new URL(opened.config.edgehub.websocket.url),
      opened,
    );
  };
  assertEquals(heads(await session()), ["ok upgrade", "ok answer"]);
  hub.faults.mute = true;
  const mute = await session();
  assertEquals(heads(mute), ["ok upgrade", "fail answer"]);
  assertStringIncludes(texts(mute), "CloudHub leaves nodes without an answer");
  hub.faults.refuseStatus = 503;
  assertEquals(heads(await session()), ["fail upgrade"]);
});
