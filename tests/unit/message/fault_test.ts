import { assertEquals } from "@std/assert";
import {
  faultAnswer,
  type MessageFault,
  type Origin,
  PermanentFault,
} from "../../../lib/message/mod.ts";

const STAMP = { newId: () => "new", now: () => 1000 };
const FAULT: MessageFault = {
  kind: "bad-content",
  text: "Object has no name",
  msgId: "asked",
  resource: "default/pod/a",
  operation: "insert",
  source: "edgecontroller",
  group: "resource",
};

function routeFor(fault: MessageFault, origin: Origin) {
  return faultAnswer(STAMP, fault, origin)?.route;
}

Deno.test("faultAnswer, acks the cloud with the text, since an error would be repeated", () => {
  assertEquals(faultAnswer(STAMP, FAULT, "cloud"), {
    header: { msg_id: "new", parent_msg_id: "asked", timestamp: 1000 },
    route: {
      source: "edgecontroller",
      group: "resource",
      operation: "response",
      resource: "default/pod/a",
    },
    content: "Object has no name",
  });
});

Deno.test("faultAnswer, acks a faulty answer of the cloud too", () => {
  const fault = { ...FAULT, operation: "response" };
  assertEquals(routeFor(fault, "cloud")?.operation, "response");
});

Deno.test("faultAnswer, names a volume request's failure as an error", () => {
  for (
    const operation of [
      "createvolume",
      "deletevolume",
      "controllerpublishvolume",
      "controllerunpublishvolume",
    ]
  ) {
    const route = routeFor({ ...FAULT, operation }, "cloud");
    assertEquals([route?.operation, route?.source], ["error", "metamanager"]);
  }
});

Deno.test("faultAnswer, tells an agent by an error", () => {
  for (const origin of ["edged", "internal"] as const) {
    const route = routeFor({ ...FAULT, source: "edged" }, origin);
    assertEquals(route, {
      source: "metamanager",
      group: "resource",
      operation: "error",
      resource: "default/pod/a",
    });
  }
});

Deno.test("faultAnswer, answers no answer of an agent", () => {
  for (const operation of ["response", "error"]) {
    assertEquals(routeFor({ ...FAULT, operation }, "edged"), undefined);
  }
});

Deno.test("faultAnswer, needs the id and nothing else", () => {
  const { msgId: _, ...unknown } = FAULT;
  assertEquals(faultAnswer(STAMP, unknown, "cloud"), undefined);
  assertEquals(
    routeFor({ kind: "bad-route", text: "t", msgId: "asked" }, "cloud"),
    {
      source: "metamanager",
      group: "resource",
      operation: "response",
      resource: "unknown",
    },
  );
});

Deno.test("PermanentFault, carries its kind", () => {
  const fault = new PermanentFault("bad-content", "Object has no name");
  assertEquals(
    [fault.name, fault.kind, fault.message],
    ["PermanentFault", "bad-content", "Object has no name"],
  );
});
