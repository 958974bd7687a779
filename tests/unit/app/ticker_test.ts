import { assertEquals } from "@std/assert";
import { Ticker } from "../../../lib/app/ticker.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

Deno.test("Ticker, one timer for all who wait, none while nobody does", async () => {
  const clock = new VirtualClock();
  const ticker = new Ticker(clock, 1000);
  const woken: string[] = [];
  const wait = (name: string, signal = new AbortController().signal) =>
    ticker.next(signal).then(() => woken.push(name));
  assertEquals(clock.pending, 0);
  void wait("a");
  await clock.advance(400);
  const leaving = new AbortController();
  void wait("b", leaving.signal);
  void wait("c");
  assertEquals(clock.pending, 1);
  leaving.abort();
  await clock.settle();
  assertEquals(woken, ["b"]);
  await clock.advance(600);
  assertEquals(woken, ["b", "a", "c"]);
  assertEquals(clock.pending, 0);
  // A beat of its own needs no timer; whoever is gone waits for nothing.
  void wait("d");
  ticker.beat();
  await wait("e", leaving.signal);
  assertEquals(woken, ["b", "a", "c", "d", "e"]);
  assertEquals(clock.pending, 0);
});
