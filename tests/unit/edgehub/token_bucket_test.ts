import { assertEquals } from "@std/assert";
import { TokenBucket } from "../../../lib/edgehub/token_bucket.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

function takeAll(bucket: TokenBucket): number {
  let taken = 0;
  while (taken < 10_000 && bucket.take()) taken++;
  return taken;
}

Deno.test("TokenBucket, full at first, then at its rate, never deeper than its burst", async () => {
  const clock = new VirtualClock();
  const bucket = new TokenBucket(clock, { perSecond: 30, burst: 60 });
  assertEquals(bucket.waitMs, 0);
  assertEquals(takeAll(bucket), 60);
  await clock.advance(1000);
  assertEquals(takeAll(bucket), 30);
  await clock.advance(100);
  assertEquals(takeAll(bucket), 3);
  await clock.advance(3_600_000);
  assertEquals(takeAll(bucket), 60);
});

Deno.test("TokenBucket.waitMs, after that long and not before there is a token", async () => {
  const clock = new VirtualClock();
  const bucket = new TokenBucket(clock, { perSecond: 3, burst: 1 });
  takeAll(bucket);
  assertEquals(bucket.waitMs, 334);
  await clock.advance(333);
  assertEquals([bucket.take(), bucket.waitMs], [false, 1]);
  await clock.advance(1);
  assertEquals([bucket.waitMs, bucket.take()], [0, true]);
});

Deno.test("TokenBucket, 0 a second is no bound", () => {
  const bucket = new TokenBucket(new VirtualClock(), {
    perSecond: 0,
    burst: 1,
  });
  assertEquals(takeAll(bucket), 10_000);
  assertEquals(bucket.waitMs, 0);
});
