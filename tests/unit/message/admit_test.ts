import { assert, assertEquals } from "@std/assert";
import {
  admit,
  decode,
  isAnswer,
  type Message,
  type Origin,
} from "../../../lib/message/mod.ts";
import { messageOf, recordedFrames } from "./frames.ts";

function message(
  operation: string,
  fields: { resource?: string; group?: string | undefined; parentId?: string } =
    {},
): Message {
  const { resource = "default/pod/a", parentId } = fields;
  const group = "group" in fields ? fields.group : "resource";
  return {
    header: {
      msg_id: "id-1",
      timestamp: 1,
      ...(parentId === undefined ? {} : { parent_msg_id: parentId }),
    },
    route: {
      source: "s",
      ...(group === undefined ? {} : { group }),
      operation,
      resource,
    },
    content: { secret: "CONTENT-MARK" },
  };
}

const ORIGINS: readonly Origin[] = ["cloud", "edged", "internal"];

Deno.test("admit, each side may ask for its own operations only", () => {
  const table: Record<string, readonly Origin[]> = {
    insert: ["cloud", "edged"],
    update: ["cloud", "edged"],
    delete: ["cloud", "edged"],
    query: ["edged"],
    patch: ["edged"],
    response: ["cloud", "edged"],
    error: ["cloud", "edged"],
    connect: ["internal"],
    publish: ["internal"],
    "meta-internal-sync": ["internal"],
    keepalive: [],
    ping: [],
    pong: [],
    config: [],
    createvolume: [],
    controllerunpublishvolume: [],
  };
  for (const [operation, allowed] of Object.entries(table)) {
    for (const origin of ORIGINS) {
      const fault = admit(message(operation), origin);
      if (allowed.includes(origin)) {
        assertEquals(fault, undefined, `${operation} ${origin}`);
        continue;
      }
      assertEquals(fault, {
        kind: "not-allowed",
        text: `Not allowed from here: ${operation}`,
        msgId: "id-1",
        resource: "default/pod/a",
        operation,
        source: "s",
        group: "resource",
      }, `${operation} ${origin}`);
    }
  }
});

Deno.test("admit, an operation that nobody knows is named, short", () => {
  for (const operation of ["upsert", "Insert", "toString", "__proto__"]) {
    for (const origin of ORIGINS) {
      const fault = admit(message(operation), origin);
      assertEquals(fault?.kind, "unknown-operation");
      assertEquals(fault?.text, `Unknown operation: ${operation}`);
    }
  }
  const long = admit(message("x".repeat(1_000_000)), "cloud");
  assertEquals(long?.text, `Unknown operation: ${"x".repeat(200)}...`);
  assertEquals(long?.operation, undefined);
});

Deno.test("admit, only groups whose messages name objects belong here", () => {
  for (const group of ["resource", "func", "meta", "edged", "", undefined]) {
    assertEquals(admit(message("insert", { group }), "cloud"), undefined);
  }
  for (const group of ["twin", "hub", "bus", "user", "taskmanager", "x"]) {
    for (const operation of ["insert", "response"]) {
      const fault = admit(
        message(operation, { group, parentId: "p" }),
        "cloud",
      );
      assertEquals(fault?.kind, "not-allowed");
      assertEquals(fault?.text, `No module here in group: ${group}`);
    }
  }
});

Deno.test("admit, a resource that its group does not allow is refused", () => {
  const refused = [
    "membership",
    "twin",
    "null",
    "node/edge-1/default/pod/a",
    "default/pod/a/b",
    "default//a",
    "default/pod/a\n",
  ];
  for (const resource of refused) {
    for (const origin of ["cloud", "edged"] as const) {
      const fault = admit(message("update", { resource }), origin);
      assertEquals(fault?.kind, "bad-resource");
      assertEquals(
        fault?.text,
        `Resource is not <namespace>/<type>[/<name>]: ${resource}`,
      );
    }
  }
  for (const resource of ["null/node/edge-1", "k8s/ca.crt", "default/pod"]) {
    assertEquals(admit(message("insert", { resource }), "edged"), undefined);
  }
});

Deno.test("admit, an over-long resource is quoted in part and not sent back", () => {
  const resource = `default/pod/${"x".repeat(5000)}`;
  const fault = admit(message("insert", { resource }), "cloud");
  assertEquals(
    fault?.text.length,
    200 + "...".length +
      "Resource is not <namespace>/<type>[/<name>]: ".length,
  );
  assertEquals([fault?.resource, fault?.msgId], [undefined, "id-1"]);
});

Deno.test("admit, an answer is matched by its parent, whatever its resource", () => {
  for (const operation of ["response", "error"]) {
    const answer = { resource: "membership", parentId: "p" };
    assertEquals(admit(message(operation, answer), "cloud"), undefined);
    for (const parentId of [undefined, ""]) {
      const lone = message(operation, {
        resource: "membership",
        ...(parentId === undefined ? {} : { parentId }),
      });
      assertEquals(admit(lone, "cloud")?.kind, "bad-resource");
    }
  }
  const asks = message("insert", { resource: "membership", parentId: "p" });
  assertEquals(admit(asks, "cloud")?.kind, "bad-resource");
});

Deno.test("admit, only the cloud answers what the node asks as a MetaServer", () => {
  const answer = message("applicationResponse", {
    resource: "ignore/Application/ignore",
    parentId: "p",
  });
  assertEquals(admit(answer, "cloud"), undefined);
  assertEquals(admit(answer, "edged")?.kind, "not-allowed");
});

Deno.test("admit, what the node tells itself needs no resource of an object", () => {
  const own = message("meta-internal-sync", {
    resource: "podstatus",
    group: "x",
  });
  assertEquals(admit(own, "internal"), undefined);
});

Deno.test("admit, no fault quotes content", () => {
  for (const operation of ["upsert", "query", "insert"]) {
    const fault = admit(message(operation, { resource: "bad" }), "cloud");
    assert(!JSON.stringify(fault).includes("CONTENT-MARK"));
  }
});

Deno.test("admit, takes every object that a real cloud sent in the recordings", () => {
  const objects = /^(?:insert|update|delete|response)$/;
  let count = 0;
  for (const { at, from, text } of recordedFrames()) {
    const decoded = decode(text);
    if (from !== "cloud" || !decoded.ok) continue;
    const { operation, group } = decoded.message.route;
    if (!objects.test(operation) || group !== "resource") continue;
    assertEquals(admit(messageOf(decoded), "cloud"), undefined, at);
    count++;
  }
  assert(count > 80, `${count}`);
});

Deno.test("isAnswer, knows response and error", () => {
  assertEquals(
    ["response", "error", "applicationResponse", "insert", ""].map(isAnswer),
    [true, true, true, false, false],
  );
});
