import { assertEquals, assertThrows } from "@std/assert";
import { ActionError } from "../../../lib/admin/mod.ts";
import { actionsOf } from "../../../lib/app/actions.ts";

Deno.test("actionsOf, reconnect dials, but not on a standalone node", () => {
  let dials = 0;
  const node = {
    reconnect: () => void dials++,
    changeOutbox: () => Promise.resolve({ messages: [], missing: [] }),
  };
  let url = "wss://cloud.example:10000";
  const actions = actionsOf(node, () => url);
  assertEquals(actions["/reconnect"]?.({}), { dialling: url });
  // The one in use, not the first of several.
  url = "wss://other.example:10000";
  assertEquals(actions["/reconnect"]?.({}), { dialling: url });
  assertEquals(dials, 2);
  const error = assertThrows(
    () => actionsOf(node, () => "")["/reconnect"]?.({}),
    ActionError,
    "standalone",
  );
  assertEquals([error.status, dials], [409, 2]);
});
