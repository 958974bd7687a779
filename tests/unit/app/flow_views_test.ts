import { assert, assertEquals, assertThrows } from "@std/assert";
import { ActionError } from "../../../lib/admin/mod.ts";
import { FlowReader } from "../../../lib/app/flow_reader.ts";
import { flowStreams, flowViews } from "../../../lib/app/flow_views.ts";
import { Journal } from "../../../lib/telemetry/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

function startBench() {
  const clock = new VirtualClock();
  const journal = new Journal({ entriesMax: 16, lengthMax: 1e6 });
  const reader = new FlowReader(journal, clock);
  const view = flowViews(reader, clock)["/messages"]!;
  const stream = flowStreams(reader, clock)["/messages"]!;
  const note = (resource: string, operation = "update", content = "") => {
    const slot = journal.next();
    Object.assign(slot, { resource, operation, content, from: "cloud" });
    Object.assign(slot, { to: "node", id: resource, atMs: clock.monotonic() });
    Object.assign(slot, { bytes: 10, latencyMs: 1.23456, outcome: "stored" });
    journal.written(slot);
  };
  const ask = (query: string) => {
    const page = view(new URLSearchParams(query)) as {
      messages: { resource: string }[];
    };
    return page.messages.map(({ resource }) => resource);
  };
  const follow = (query: string) => {
    const ending = new AbortController();
    const parameters = new URLSearchParams(query);
    const parts = stream.open(parameters, ending.signal)
      [Symbol.asyncIterator]();
    const next = async () => {
      const { value, done } = await parts.next();
      if (done) return undefined;
      return String(value).trim().split("\n").map((line) => JSON.parse(line));
    };
    return { next, end: () => ending.abort(), done: () => parts.return?.() };
  };
  return { clock, journal, note, ask, follow, stream, view };
}

Deno.test("/messages, by resource, operation and age", async () => {
  const { clock, note, ask } = startBench();
  note("default/pod/a");
  await clock.advance(60_000);
  note("default/pod/b", "insert");
  note("default/configmap/c", "delete");
  assertEquals(ask("").length, 3);
  assertEquals(ask("resource=default/pod/*"), [
    "default/pod/a",
    "default/pod/b",
  ]);
  assertEquals(ask("operation=insert,delete&resource=*b"), ["default/pod/b"]);
  assertEquals(ask("since=30s").length, 2);
  assertEquals(ask("since=2m").length, 3);
  const time = new Date(clock.now()).toISOString();
  assertEquals(ask(`since=${time}`).length, 2);
});

Deno.test("/messages, wrong parameters are told, with what is right", () => {
  const { ask, follow, stream } = startBench();
  for (
    const query of [
      "since=yesterday",
      `resource=${"x".repeat(2000)}`,
      "content",
    ]
  ) {
    assertThrows(() => ask(query), ActionError);
  }
  assertThrows(() => follow("since=x"), ActionError, "neither age nor time");
  const asked = (query: string) => stream.isAsked?.(new URLSearchParams(query));
  assertEquals(asked("follow"), true);
  assertEquals(asked("follow=true"), true);
  assertEquals(asked("follow=0"), false);
  assertEquals(asked(""), false);
});

Deno.test("/messages?follow, what flows from now on, at once and in order", async () => {
  const { clock, note, follow } = startBench();
  note("old");
  const follower = follow("follow&resource=default/*");
  const first = follower.next();
  await clock.settle();
  note("default/pod/a");
  note("other");
  note("default/pod/b");
  await clock.advance(200);
  const got = await first;
  assertEquals(got?.map(({ resource }) => resource), [
    "default/pod/a",
    "default/pod/b",
  ]);
  assertEquals([got?.[0].latencyMs, got?.[0].bytes], [1.235, 10]);
  // What nobody wants wakes nobody.
  const second = follower.next();
  note("other");
  await clock.advance(1000);
  note("default/pod/c");
  await clock.advance(200);
  assertEquals((await second)?.[0].resource, "default/pod/c");
  const last = follower.next();
  follower.end();
  assertEquals(await last, undefined);
  assertEquals(clock.pending, 0);
});

Deno.test("/messages?follow, since brings what came before", async () => {
  const { clock, note, follow } = startBench();
  note("old");
  await clock.advance(60_000);
  note("young");
  const follower = follow("follow&since=10s");
  assertEquals((await follower.next())?.[0].resource, "young");
  await follower.done();
});

Deno.test("/messages?follow, a slow reader is told how much it missed", async () => {
  const { note, follow } = startBench();
  const follower = follow("follow");
  const first = follower.next();
  note("1");
  note("2");
  // Half of the ring wakes it without its timer.
  for (let i = 3; i <= 8; i++) note(`${i}`);
  assertEquals((await first)?.length, 8);
  for (let i = 9; i <= 30; i++) note(`${i}`);
  const next = await follower.next();
  assertEquals(next?.[0], { dropped: 6 });
  assertEquals(next?.[1].resource, "15");
  assertEquals(next?.length, 17);
  await follower.done();
});

Deno.test("/messages?follow, contents are kept only while it is followed with them", async () => {
  const { journal, clock, note, follow } = startBench();
  const plain = follow("follow");
  const first = plain.next();
  await clock.settle();
  assert(!journal.wantsContents);
  const open = follow("follow&content");
  const got = open.next();
  await clock.settle();
  assert(journal.wantsContents);
  note("default/pod/a", "update", '{"spec":{}}');
  await clock.advance(200);
  assertEquals((await got)?.[0].content, '{"spec":{}}');
  const rest = open.next();
  open.end();
  assertEquals(await rest, undefined);
  assert(!journal.wantsContents);
  plain.end();
  await first;
});
