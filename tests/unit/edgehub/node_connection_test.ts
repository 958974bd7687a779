import { assertEquals } from "@std/assert";
import { nodeConnection } from "../../../lib/edgehub/node_connection.ts";
import { TEST_STAMP } from "../../support/messages.ts";

Deno.test("nodeConnection, says to a group whether the cloud is there", () => {
  for (const connected of [true, false]) {
    const { route, content } = nodeConnection(TEST_STAMP, "twin", connected);
    assertEquals(route, {
      source: "edgehub",
      group: "twin",
      operation: "connect",
      resource: "node/connection",
    });
    assertEquals(content, connected ? "cloud_connected" : "cloud_disconnected");
  }
});
