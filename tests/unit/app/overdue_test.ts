import { assertEquals } from "@std/assert";
import { overdue } from "../../../lib/app/overdue.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

Deno.test("overdue, counts from the look that saw it begin, and anew with each move", async () => {
  const clock = new VirtualClock();
  const doing = { at: "a", limitMs: 1000 };
  const waiting = overdue(clock, () => doing);
  await clock.advance(60_000);
  assertEquals(waiting(), 0);
  await clock.advance(999);
  assertEquals(waiting(), 0);
  await clock.advance(1);
  assertEquals(waiting(), 1);
  doing.at = "b";
  assertEquals(waiting(), 0);
  await clock.advance(1000);
  assertEquals(waiting(), 1);
  doing.limitMs = Infinity;
  assertEquals(waiting(), 0);
});
