import { assertEquals } from "@std/assert";
import { refusals } from "../../../lib/app/refusals.ts";
import { Health } from "../../../lib/telemetry/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

Deno.test("refusals, health lists what was refused for good, and how many", () => {
  const health = new Health(new VirtualClock());
  const refused = refusals(health);
  refused({ kind: "not-json", text: "Frame is not JSON" });
  assertEquals(health.get("messages")?.reason, "1 refused, the last: not-json");
  refused({
    kind: "too-large",
    text: "Message too large",
    operation: "insert",
    resource: "default/pod/big",
  });
  const check = health.get("messages");
  assertEquals(check?.state, "ok");
  assertEquals(
    check?.reason,
    "2 refused, the last: too-large, insert default/pod/big",
  );
});
