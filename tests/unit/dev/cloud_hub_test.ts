import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority } from "../../../lib/dev/certificates.ts";
import { JournalTimeoutError } from "../../../lib/dev/journal.ts";
import { HandshakeRefusedError } from "../../../lib/websocket/mod.ts";
import { POD, registered, withHub } from "./hub_world.ts";
import { TestNode } from "./ws_client.ts";

Deno.test("CloudHub, a node registers, gets its pod and is synced", () =>
  withHub(async (hub) => {
    const edge = await registered(hub);
    assertEquals(
      hub.get({ type: "node", namespace: "", name: "edge-1" })?.kind,
      "Node",
    );
    hub.apply(POD);
    const pod = await edge.find(({ route }) => route.operation === "insert");
    assertEquals(pod.route.resource, "default/pod/web-0");
    await hub.synced("edge-1");
    assertEquals(hub.sessions()[0]?.waiting, 0);
    assertEquals(hub.list("pod", "default").length, 1);
    assert(hub.delete({ type: "pod", namespace: "default", name: "web-0" }, {
      gracePeriodSeconds: 0,
    }));
    await edge.find(({ route }) => route.operation === "delete");
    assertEquals(hub.delete({ type: "pod", namespace: "x", name: "y" }), false);
    const frame = await hub.frames.waitFor(({ from, message }) =>
      from === "edge" && message?.route.operation === "insert"
    );
    assertEquals(frame.node, "edge-1");
    await edge.close();
  }));

Deno.test("CloudHub, over TLS with ALPN as a Go server has it", async () => {
  const ca = await CertificateAuthority.create(new SystemClock());
  await withHub(async (hub) => {
    const edge = await TestNode.dial({ port: hub.port, caCerts: [ca.cert] });
    const answer = await edge.answerTo(edge.send("ping", "anything"));
    assertEquals(answer.content, "ack");
    assertMatch(hub.url("edge-1"), /^wss:.*\/edge-1\/events$/);
    await edge.close();
    // A client that cannot trust the CA fails alone.
    await assertRejects(() => TestNode.dial({ port: hub.port, caCerts: [] }));
    await hub.events.waitFor(({ kind }) => kind === "failed");
    const again = await TestNode.dial({ port: hub.port, caCerts: [ca.cert] });
    await again.close();
  }, { tls: await ca.server() });
});

Deno.test("CloudHub, cut ends without a close frame", () =>
  withHub(async (hub) => {
    const edge = await registered(hub);
    assertEquals(hub.cut("edge-1"), 1);
    assertEquals((await edge.ended).code, 1006);
    assertEquals(hub.sessions(), []);
    assertEquals(hub.cut("edge-1"), 0);
    await edge.close();
  }));

Deno.test("CloudHub, a restart keeps port, objects and what was acked", () =>
  withHub(async (hub) => {
    const edge = await registered(hub);
    hub.apply(POD);
    await hub.synced("edge-1");
    const { port } = hub;
    await hub.stop();
    await edge.ended;
    await edge.close();
    hub.apply({ ...POD, metadata: { name: "web-1" } });
    await hub.start();
    assertEquals(hub.port, port);
    const again = await TestNode.dial({ port });
    const sent = await again.find(({ route }) => route.operation === "update");
    assertEquals(sent.route.resource, "default/pod/web-1");
    await hub.synced("edge-1");
    assertEquals(again.received.length, 1);
    await again.close();
  }));

Deno.test("CloudHub, the newer connection of a node replaces the older", () =>
  withHub(async (hub) => {
    const first = await registered(hub);
    const second = await TestNode.dial({ port: hub.port });
    assertEquals((await first.ended).code, 1006);
    await second.answerTo(second.send("query", "default/node/edge-1"));
    await first.close();
    hub.faults.replaceEndsBoth = true;
    const third = await TestNode.dial({ port: hub.port });
    await Promise.all([second.ended, third.ended]);
    await second.close();
    await third.close();
  }));

Deno.test("CloudHub, without ConnectionUse it never reads and ends by keepalive", () =>
  withHub(async (hub) => {
    const headers = { node_id: "edge-1" };
    const edge = await TestNode.dial({ port: hub.port, headers });
    edge.send("keepalive", "node");
    edge.send("ping", "anything");
    assertEquals((await edge.ended).code, 1006);
    assertEquals(edge.received, []);
    assertEquals(hub.frames.count, 0);
    await edge.close();
  }, { timing: { keepaliveMs: 100 } }));

Deno.test("CloudHub, refuses a foreign Origin, a plain request and by switch", () =>
  withHub(async (hub) => {
    const { port } = hub;
    const refused = async (headers: Record<string, string>) => {
      const error = await assertRejects(
        () => TestNode.dial({ port, headers }),
        HandshakeRefusedError,
      );
      return (error as HandshakeRefusedError).status;
    };
    assertEquals(await refused({ node_id: "a", Origin: "http://evil" }), 403);
    assertEquals(await refused({ node_id: "a", Origin: "null" }), 403);
    const own = { node_id: "a", Origin: `http://127.0.0.1:${port}` };
    await (await TestNode.dial({ port, headers: own })).close();
    hub.faults.refuseStatus = 503;
    assertEquals(await refused({ node_id: "a" }), 503);
    hub.faults.refuseStatus = undefined;
    const plain = await fetch(`http://127.0.0.1:${port}/`);
    assertEquals(plain.status, 400);
    await plain.body?.cancel();
  }));

Deno.test("CloudHub, stops while reads are stalled and nodes hang", () =>
  withHub(async (hub) => {
    const edge = await TestNode.dial({ port: hub.port });
    hub.faults.stallReads = true;
    edge.send("ping", "x");
    using idle = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
    await hub.events.waitFor(({ kind }) => kind === "open");
    await hub.stop();
    assertEquals((await edge.ended).code, 1006);
    assertEquals(await idle.read(new Uint8Array(1)), null);
    await edge.close();
    await assertRejects(
      () => hub.frames.waitFor(() => false, { timeoutMs: 1 }),
      JournalTimeoutError,
    );
  }));
