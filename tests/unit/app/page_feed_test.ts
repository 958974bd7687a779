import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Flow } from "../../../lib/app/flow.ts";
import { PageFeed } from "../../../lib/app/page_feed.ts";
import type { NodeStatus } from "../../../lib/app/status.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

function startBench() {
  const clock = new VirtualClock();
  const flow = new Flow(clock);
  let looks = 0;
  let failure: Error | undefined;
  const feed = new PageFeed({
    clock,
    flow,
    status: () => {
      if (failure) throw failure;
      return { node: "edge-1", looks: ++looks } as unknown as NodeStatus;
    },
  });
  const listen = () => {
    const ending = new AbortController();
    const events = feed.open(new URLSearchParams(), ending.signal);
    return {
      next: async () => {
        const { value, done } = await events.next();
        if (done) return undefined;
        const [, json] = /^data: (.*)\n\n$/.exec(value) ?? [];
        return JSON.parse(json!);
      },
      end: () => ending.abort(),
    };
  };
  return { clock, flow, listen, fail: (error?: Error) => failure = error };
}

Deno.test("PageFeed, an event at once, then each second, made once for all", async () => {
  const { clock, listen } = startBench();
  const [a, b] = [listen(), listen()];
  assertEquals((await a.next()).status.looks, 1);
  assertEquals((await b.next()).status.looks, 1);
  const [nextA, nextB] = [a.next(), b.next()];
  await clock.settle();
  assertEquals(clock.pending, 1, "one timer for both");
  await clock.advance(1000);
  assertEquals((await nextA).status.looks, 2);
  assertEquals((await nextB).status.looks, 2);
  const [lastA, lastB] = [a.next(), b.next()];
  a.end();
  b.end();
  assertEquals([await lastA, await lastB], [undefined, undefined]);
  assertEquals(clock.pending, 0, "nobody listens, nothing is made");
});

Deno.test("PageFeed, what the page draws is in each event", async () => {
  const { flow, listen } = startBench();
  const observer = flow.ofLink({});
  for (let i = 0; i < 25; i++) {
    observer.fault?.({ kind: "not-json", text: "", resource: `r${i}` });
  }
  const event = await listen().next();
  assertEquals(event.status.node, "edge-1");
  assertEquals(event.rates.fromCloud, []);
  assertEquals(event.messages.length, 20);
  assertEquals(event.messages[0].resource, "r24", "the newest first");
  assert(!Number.isNaN(Date.parse(event.now)));
});

Deno.test("PageFeed, a state that cannot be read is told, and comes back", async () => {
  const { clock, listen, fail } = startBench();
  fail(new Error("database disk image is malformed"));
  const { next } = listen();
  assertStringIncludes((await next()).error, "malformed");
  fail();
  const later = next();
  await clock.advance(1000);
  assertEquals((await later).status.node, "edge-1");
});
