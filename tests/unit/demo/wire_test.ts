import { assertEquals, assertStringIncludes } from "@std/assert";
import { type HubFrame, Journal } from "../../../lib/dev/mod.ts";
import { Wire } from "../../../lib/demo/wire.ts";
import type { Hop } from "../../../lib/demo/event.ts";
import { type Message, newMessage } from "../../../lib/message/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const DOWN: Hop = {
  from: "cloud",
  to: "node",
  operation: "insert",
  resource: "default/pod/a",
};

function messageOf(content: unknown, operation = "insert"): Message {
  return newMessage({ newId: () => "id", now: () => 0 }, {
    source: "edgecontroller",
    group: "resource",
    operation,
    resource: "default/pod/a",
    content,
  });
}

function begin(entriesMax = 100) {
  const frames = new Journal<HubFrame>({
    clock: new VirtualClock(),
    entriesMax,
    describe: () => "",
  });
  const pass = (from: HubFrame["from"], message: Message | undefined) =>
    frames.add({ atMs: 0, node: "n", from, text: "", message });
  return { wire: new Wire({ frames }), pass };
}

Deno.test("Wire, finds messages by hop, mark and content", () => {
  const { wire, pass } = begin();
  pass("cloud", messageOf(1));
  pass("edge", messageOf(2));
  pass("cloud", undefined);
  const mark = wire.count;
  pass("cloud", messageOf(3));
  pass("cloud", messageOf(4));
  pass("cloud", messageOf(5, "update"));
  wire.note({ from: "node", to: "edged", message: messageOf(6) });
  const contents = (hop: Hop, after: number, where?: (m: Message) => boolean) =>
    wire.seen(hop, { after, ...(where ? { where } : {}) })
      .map(({ content }) => content);
  assertEquals(contents(DOWN, 0), [1, 3, 4]);
  assertEquals(contents(DOWN, mark), [3, 4]);
  assertEquals(contents(DOWN, mark, ({ content }) => content === 4), [4]);
  assertEquals(contents({ ...DOWN, from: "node", to: "cloud" }, 0), [2]);
  assertEquals(contents({ ...DOWN, from: "node", to: "edged" }, mark), [6]);
  assertEquals(contents({ ...DOWN, resource: "default/pod/b" }, 0), []);
  assertEquals(wire.count, 6);
});

Deno.test("Wire, reads on where it was although the journal forgets", () => {
  const { wire, pass } = begin(2);
  for (const content of [1, 2]) pass("cloud", messageOf(content));
  assertEquals(wire.count, 2);
  for (const content of [3, 4]) pass("cloud", messageOf(content));
  assertEquals(
    wire.seen(DOWN, { after: 0 }).map(({ content }) => content),
    [1, 2, 3, 4],
  );
});

Deno.test("Wire, describes the last messages of a link for a failure", () => {
  const { wire, pass } = begin();
  assertEquals(wire.describe(DOWN, 0), "nothing from cloud to node");
  pass("cloud", messageOf("x".repeat(500)));
  const text = wire.describe(DOWN, 0);
  assertStringIncludes(text, 'insert default/pod/a "xxx');
  assertEquals(text.length < 200, true);
});
