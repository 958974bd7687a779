import { assert } from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";

Deno.test("LIMITS, each is a whole number that bounds something", () => {
  for (const [name, limit] of Object.entries(LIMITS)) {
    assert(Number.isSafeInteger(limit) && limit > 0, name);
  }
});

Deno.test("LIMITS, what feeds a queue fits into it", () => {
  assert(LIMITS.batchMessagesMax <= LIMITS.inboxMessagesMax);
  // A message of the cloud's may be handed to an agent.
  assert(LIMITS.messageDepthMax > 40);
  assert(LIMITS.resourceLengthMax >= 63 + 253 + 253 + 2);
});
