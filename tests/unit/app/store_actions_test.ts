import { assertEquals, assertThrows } from "@std/assert";
import { ActionError } from "../../../lib/admin/mod.ts";
import { storeActions } from "../../../lib/app/store_actions.ts";
import { type CompactStep, StoreError } from "../../../lib/store/mod.ts";

/** Runs the action on a store that does this. */
function compact(compactStep: () => CompactStep): unknown {
  return storeActions({ compactStep })["/store/compact"]?.(undefined);
}

Deno.test("storeActions, one step of compacting per request, and why not", () => {
  const step = { freePages: 3, bytesBefore: 2, bytes: 1 };
  assertEquals(compact(() => step), step);
  const error = assertThrows(
    () =>
      compact(() => {
        throw new StoreError("full", "Cannot write", { hint: "Free space" });
      }),
    ActionError,
    "Cannot write",
  );
  assertEquals([error.status, error.hint], [503, "Free space"]);
  assertThrows(
    () =>
      compact(() => {
        throw new TypeError("bug");
      }),
    TypeError,
  );
});
