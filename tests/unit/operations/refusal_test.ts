import { assertEquals } from "@std/assert";
import { errStatus } from "../../../lib/message/mod.ts";
import { refusalOf } from "../../../lib/operations/refusal.ts";
import { fromCloud, pod } from "../../support/messages.ts";

const of = (content: unknown, operation = "response") =>
  refusalOf(fromCloud(operation, "default/pod/a", content));

Deno.test("refusalOf, OK and an object refuse nothing", () => {
  for (const content of ["OK", pod("a", 1), null]) {
    assertEquals(of(content), { reason: "", transient: false });
  }
});

Deno.test("refusalOf, a definite refusal and one that may pass", () => {
  const refusal = (reason: "NotFound" | "ServiceUnavailable") =>
    of(errStatus(reason, "x"));
  assertEquals(refusal("NotFound").transient, false);
  assertEquals(refusal("ServiceUnavailable").transient, true);
  assertEquals(of("denied"), { reason: "denied", transient: false });
  assertEquals(of({ a: 1 }, "error"), {
    reason: '{"a":1}',
    transient: false,
  });
});

Deno.test("refusalOf, an error of Go that is no status is no definite answer", () => {
  const dial = { Op: "dial", Net: "tcp", Source: null, Addr: {}, Err: {} };
  for (const content of [{}, dial, [{}, {}], { Object: null, Err: {} }]) {
    assertEquals(of(content).transient, true);
  }
});

Deno.test("refusalOf, somebody wrote the pod while CloudCore wrote its status: that goes again, a patch does not", () => {
  const conflict = { ErrStatus: { reason: "Conflict", message: "modified" } };
  const isTransient = (resource: string) =>
    refusalOf(fromCloud("response", resource, conflict)).transient;
  assertEquals(isTransient("default/podstatus/a"), true);
  assertEquals(isTransient("default/nodestatus/edge-1"), true);
  for (const type of ["podpatch", "pod", "lease", "node"]) {
    assertEquals(isTransient(`default/${type}/a`), false, type);
  }
  assertEquals(isTransient("podstatus"), false);
});
