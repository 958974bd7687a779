import { assert, assertEquals, assertRejects } from "@std/assert";
import { SystemClock, systemIds } from "../../../lib/base/mod.ts";
import { CertificateAuthority, CloudHub } from "../../../lib/dev/mod.ts";
import type { DialOptions, DialStep } from "../../../lib/edgehub/dial.ts";
import { examine, tryOut } from "../../../lib/edgehub/examine.ts";
import { LinkError, sessionHeaders } from "../../../lib/edgehub/mod.ts";
import { readUpgrade } from "../../../lib/websocket/mod.ts";
import { answering, readHead, TestFiles, TestServer } from "./servers.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);

function options(
  url: string,
  more: Partial<DialOptions> = {},
): DialOptions {
  return {
    url: new URL(url),
    headers: sessionHeaders({ nodeId: "edge-1", projectId: "p" }),
    files: { caFile: "", certFile: "", keyFile: "" },
    handshakeTimeoutMs: 10_000,
    messageBytesMax: 1 << 20,
    clock,
    signal: new AbortController().signal,
    ...more,
  };
}

const trial = (url: string, answerTimeoutMs: number) =>
  tryOut({
    ...options(url),
    nodeId: "edge-1",
    stamp: { newId: systemIds, now: () => clock.now() },
    answerTimeoutMs,
  });

Deno.test("examine, comes as far as HTTP, tells each step, and begins no session", async () => {
  await using hub = new CloudHub({ tls: await ca.server() });
  await hub.start();
  await using files = await TestFiles.make(ca.cert);
  const steps: DialStep[] = [];
  const url = `wss://127.0.0.1:${hub.port}/p/edge-1/events`;
  const { status } = await examine(
    options(url, { files, onStep: (step) => steps.push(step) }),
  );
  assertEquals(status, 400);
  assertEquals(steps.map(({ kind }) => kind), ["connected", "secured"]);
  const kinds = hub.events.entries.map(({ kind }) => kind);
  assertEquals(kinds.includes("open"), false);
});

Deno.test("examine, names no node and tells the cloud's clock", async () => {
  const heads: string[] = [];
  await using server = new TestServer(async (conn) => {
    heads.push(await readHead(conn));
    await conn.write(new TextEncoder().encode(
      "HTTP/1.1 404 Not Found\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n\r\n",
    ));
  });
  const url = `ws://127.0.0.1:${server.port}/p/edge-1/events`;
  assertEquals(await examine(options(url)), {
    status: 404,
    dateMs: Date.parse("2026-11-22T10:00:00Z"),
  });
  assert(!/edge-1|upgrade|node_id/i.test(heads.join()), heads.join());
});

Deno.test("examine, what is no HTTP and what is no server are link errors", async () => {
  await using junk = answering("SSH-2.0-x\r\n\r\n");
  for (
    const [port, kind] of [[junk.port, "upgrade"], [1, "tcp"]] as const
  ) {
    const error = await assertRejects(
      () => examine(options(`ws://127.0.0.1:${port}/`)),
      LinkError,
    );
    assertEquals(error.kind, kind);
    assert(error.hint);
  }
});

Deno.test("tryOut, a cloud that answers, one that is mute, one that hangs up", async () => {
  await using hub = new CloudHub();
  await hub.start();
  const answered = await trial(hub.url("edge-1"), 10_000);
  assertEquals(answered, { isAnswered: true });
  await using mute = new CloudHub();
  await mute.start();
  mute.faults.mute = true;
  assertEquals(await trial(mute.url("edge-1"), 50), { isAnswered: false });
  await using ending = new TestServer(async (conn) => {
    const upgrade = await readUpgrade({
      read: (into) => conn.read(into),
      write: (bytes) => conn.write(bytes),
      close: () => {},
    });
    await upgrade.accept();
  });
  const error = await assertRejects(
    () => trial(`ws://127.0.0.1:${ending.port}/`, 10_000),
    LinkError,
  );
  assertEquals(error.kind, "ended");
});
