import { assertEquals, assertThrows } from "@std/assert";
import { ActionError } from "../../../lib/admin/mod.ts";
import { actionsOf } from "../../../lib/app/actions.ts";

Deno.test("actionsOf, reconnect dials, but not on a standalone node", () => {
  let dials = 0;
  const node = {
    reconnect: () => void dials++,
    changeOutbox: () => Promise.resolve({ messages: [], missing: [] }),
  };
  const url = "wss://cloud.example:10000";
  assertEquals(actionsOf(node, url)["/reconnect"]?.({}), { dialling: url });
  assertEquals(dials, 1);
  const error = assertThrows(
    () => actionsOf(node, "")["/reconnect"]?.({}),
    ActionError,
    "standalone",
  );
  assertEquals([error.status, dials], [409, 1]);
});
