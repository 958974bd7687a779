import { assertEquals } from "@std/assert";
import {
  keepalive,
  leaseQuery,
  nodeQuery,
} from "../../../lib/edgehub/session_messages.ts";
import { encode } from "../../../lib/message/mod.ts";
import { TEST_STAMP } from "../../support/messages.ts";

Deno.test("session messages are those of the stock edge", () => {
  const { route, content } = keepalive(TEST_STAMP);
  assertEquals(route, {
    source: "websocket",
    group: "resource",
    operation: "keepalive",
    resource: "node",
  });
  assertEquals(content, "ping");
  const asked = { source: "metamanager", group: "meta", operation: "query" };
  assertEquals(nodeQuery(TEST_STAMP, "edge-1").route, {
    ...asked,
    resource: "null/node/edge-1",
  });
  const lease = leaseQuery(TEST_STAMP, "edge-1");
  assertEquals(lease.route, {
    ...asked,
    resource: "kube-node-lease/lease/edge-1",
  });
  assertEquals(encode(lease).length < 300, true);
});
