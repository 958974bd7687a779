import { assertEquals } from "@std/assert";
import { DialWait } from "../../../lib/edgehub/dial_wait.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const NEXT = { waitMs: 9000, leastMs: 5000, failures: 3 };

/** How long a wait lasts if something is done before it, or 1 s into it. */
async function lengthMs(
  act: { before?: (wait: DialWait) => void; within?: (wait: DialWait) => void },
): Promise<number | undefined> {
  const clock = new VirtualClock();
  const wait = new DialWait(clock);
  act.before?.(wait);
  const startMs = clock.monotonic();
  let endMs: number | undefined;
  const passed = wait.pass(NEXT).then(() => endMs = clock.monotonic());
  await clock.advance(1000);
  act.within?.(wait);
  await clock.advance(20_000);
  await passed;
  return endMs === undefined ? undefined : endMs - startMs;
}

Deno.test("DialWait, lasts as long as it was decided if nobody is in a hurry", async () => {
  assertEquals(await lengthMs({}), 9000);
  const reset = (wait: DialWait) => {
    wait.hurry();
    wait.leave();
    wait.reset();
  };
  assertEquals(await lengthMs({ before: reset }), 9000);
});

Deno.test("DialWait, who is in a hurry cuts the random part, before or within", async () => {
  const hurry = (wait: DialWait) => wait.hurry();
  assertEquals(await lengthMs({ before: hurry }), 5000);
  assertEquals(await lengthMs({ within: hurry }), 5000);
  const wait = new DialWait(new VirtualClock());
  assertEquals(wait.lengthMs(NEXT), 9000);
  wait.hurry();
  assertEquals(wait.lengthMs(NEXT), 5000);
});

Deno.test("DialWait, a person cuts all of it, but not after a link that was left", async () => {
  const skip = (wait: DialWait) => wait.skip();
  assertEquals(await lengthMs({ within: skip }), 1000);
  // Asked before, within a dial: that was the link which has failed now.
  assertEquals(await lengthMs({ before: skip }), 5000);
  const leave = (wait: DialWait) => {
    assertEquals([wait.leave(), wait.leave()], [true, false]);
  };
  assertEquals(await lengthMs({ before: leave, within: skip }), 5000);
});

Deno.test("DialWait, the end cuts everything, what comes after it too", async () => {
  const end = (wait: DialWait) => wait.end();
  assertEquals(await lengthMs({ within: end }), 1000);
  assertEquals(await lengthMs({ before: end }), 0);
  const leaveAndEnd = (wait: DialWait) => {
    wait.leave();
    wait.end();
  };
  assertEquals(await lengthMs({ within: leaveAndEnd }), 1000);
});
