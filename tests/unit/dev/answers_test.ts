import { assert, assertEquals } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";
import { Asker } from "./asker.ts";

Deno.test("answer, a certificate request is made and found", () => {
  const asker = new Asker();
  const resource = "default/certificatesigningrequest/csr-x";
  assertEquals(asker.reason("query", resource), "NotFound");
  const [made] = asker.ask("insert", resource, { spec: { request: "x" } });
  assert(isRecord(made?.content) && made.content.Err === null);
  const [found] = asker.ask("query", resource);
  assert(isRecord(found?.content));
  assertEquals(found.content.kind, "CertificateSigningRequest");
  assertEquals(asker.reason("insert", resource, {}), "AlreadyExists");
});

Deno.test("answer, a lease that is not there cannot be renewed", () => {
  const lease = "kube-node-lease/lease/edge-1";
  assertEquals(new Asker().reason("update", lease, {}), "NotFound");
});

Deno.test("answer, a node update adds labels and annotations, removes none", () => {
  const asker = new Asker();
  const node = "null/node/edge-1";
  assertEquals(asker.ask("update", node, { metadata: { labels: {} } }), []);
  asker.ask("insert", node, { metadata: { labels: { a: "1" } } });
  const [answer] = asker.ask("update", node, {
    metadata: { labels: { b: "2" }, annotations: { c: "3" } },
  });
  assertEquals([answer?.content, answer?.header.resourceversion], [
    "OK",
    asker.objects.version,
  ]);
  const { metadata } = asker.objects.list("node")[0] ?? {};
  assertEquals(metadata?.labels, { a: "1", b: "2" });
  assertEquals(metadata?.annotations, { c: "3" });
  assertEquals(asker.ask("update", node, {}), []);
});

Deno.test("answer, what makes no sense is dropped", () => {
  const asker = new Asker();
  asker.objects.apply({ kind: "Node", metadata: { name: "edge-1" } });
  const node = "default/node/edge-1";
  assertEquals(asker.ask("insert", node, "junk"), []);
  assertEquals(asker.ask("update", node, "junk"), []);
  assertEquals(asker.ask("insert", "default/pod/a", "junk"), []);
  assertEquals(asker.ask("update", "default/podstatus", "junk"), []);
  assertEquals(asker.ask("update", "default/nodestatus/edge-1", "junk"), []);
  assertEquals(asker.ask("insert", "default/nodestatus/edge-1", "junk"), []);
  assertEquals(asker.ask("update", "kube-node-lease/lease/a", "junk"), []);
  assertEquals(asker.ask("query", ""), []);
  assertEquals(asker.ask("query", node, null, { group: "twin" }), []);
  assertEquals(asker.ask("query", node, null, { source: "cloudhub" }), []);
  assertEquals(asker.ask("query", node).length, 1);
});
