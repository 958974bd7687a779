import { assert, assertEquals } from "@std/assert";
import { type Message, newMessage } from "../../../lib/message/mod.ts";
import { CLOUD_TIMING } from "../../../lib/dev/cloud_timing.ts";
import { NodeSession, type SessionEnd } from "../../../lib/dev/node_session.ts";
import { ObjectSyncs } from "../../../lib/dev/object_syncs.ts";
import { ManualClock } from "./manual_clock.ts";

/** A session whose frames are kept. */
class Desk {
  readonly clock = new ManualClock();
  readonly syncs = new ObjectSyncs();
  readonly texts: string[] = [];
  readonly ends: SessionEnd[] = [];
  cuts = 0;
  acks = 0;
  onSend: ((message: Message) => void) | undefined;
  readonly session = new NodeSession({
    node: "n",
    clock: this.clock,
    syncs: this.syncs,
    timing: CLOUD_TIMING,
    transport: {
      send: (text) => {
        this.texts.push(text);
        this.onSend?.(JSON.parse(text));
      },
      end: () => this.cuts++,
    },
    onAck: () => this.acks++,
    onEnd: (reason) => this.ends.push(reason),
  });

  /** Names of what was written, in order. */
  get written(): string[] {
    return this.texts.map((text) => {
      const { route, header } = JSON.parse(text);
      const name = route.resource.split("/")[2];
      return `${route.operation} ${name} ${header.resourceversion ?? "-"}`;
    });
  }

  message(name: string, version: string, more: Partial<{
    operation: string;
    uid: string;
    group: string;
    content: unknown;
  }> = {}): Message {
    return newMessage({ newId: () => crypto.randomUUID(), now: () => 0 }, {
      source: "edgecontroller",
      group: more.group ?? "resource",
      operation: more.operation ?? "update",
      resource: `default/pod/${name}`,
      content: more.content ?? { metadata: { uid: more.uid ?? name } },
      ...(version ? { resourceVersion: version } : {}),
    });
  }

  put(...args: Parameters<Desk["message"]>): Message {
    const message = this.message(...args);
    this.session.dispatch(message);
    return message;
  }
}

Deno.test("NodeSession, one in flight, the newest of a uid, in order of objects", () => {
  const desk = new Desk();
  const first = desk.put("a", "1");
  desk.put("a", "2");
  desk.put("b", "1");
  desk.put("a", "3");
  desk.put("a", "2");
  assertEquals(desk.written, ["update a 1"]);
  assert(desk.session.ack(first.header.msg_id));
  assertEquals(desk.written, ["update a 1", "update b 1"]);
  desk.session.ack(JSON.parse(desk.texts[1] ?? "").header.msg_id);
  assertEquals(desk.written.at(-1), "update a 3");
  assertEquals(desk.session.status().waiting, 1);
  assertEquals(desk.syncs.get("n", "a")?.version, "1");
  desk.session.end("cut");
});

Deno.test("NodeSession, a version that was acked is never sent again", () => {
  const desk = new Desk();
  desk.syncs.set("n", {
    uid: "a",
    namespace: "default",
    type: "pod",
    name: "a",
    version: "9",
  });
  desk.put("a", "9");
  desk.put("a", "8");
  assertEquals(desk.written, []);
  // As numbers: 10 is newer than 9.
  const ten = desk.put("a", "10");
  desk.session.ack(ten.header.msg_id);
  desk.put("a", "10");
  assertEquals(desk.written, ["update a 10"]);
  assertEquals(desk.acks, 1);
  desk.session.end("cut");
});

Deno.test("NodeSession, of an object whose note was not finished no version is sent, as in KubeEdge 4925", () => {
  const desk = new Desk();
  const place = { namespace: "default", type: "pod", name: "a" };
  desk.syncs.set("n", { ...place, uid: "a", version: "" });
  desk.put("a", "9");
  assertEquals(desk.written, []);
  desk.session.end("cut");
});

Deno.test("NodeSession, repeats the same text each 5 s and gives up at 25 s", () => {
  const desk = new Desk();
  const slow = desk.put("slow", "1");
  desk.put("other", "1");
  for (let i = 0; i < 4; i++) {
    desk.session.keepalive();
    desk.clock.advance(5000);
    assertEquals(desk.texts.length, i + 2);
  }
  assertEquals(new Set(desk.texts).size, 1);
  assertEquals(desk.session.status().writes, 5);
  desk.session.keepalive();
  desk.clock.advance(4999);
  assertEquals(desk.texts.length, 5);
  desk.clock.advance(1);
  assertEquals(desk.written.at(-1), "update other 1");
  // Given up for now: this ack comes between two turns and is used up.
  assertEquals(desk.session.ack(slow.header.msg_id), false);
  desk.session.ack(JSON.parse(desk.texts.at(-1) ?? "").header.msg_id);
  desk.clock.advance(5);
  assertEquals(desk.texts.at(-1), desk.texts[0]);
  assert(desk.session.ack(slow.header.msg_id));
  assert(desk.session.idle);
  desk.session.end("cut");
  assertEquals(desk.clock.pending, 0);
});

Deno.test("NodeSession, an error is no ack", () => {
  const desk = new Desk();
  desk.put("a", "1");
  desk.session.error();
  assertEquals(desk.session.status().errors, 1);
  desk.clock.advance(5000);
  assertEquals(desk.texts.length, 2);
  desk.session.end("cut");
});

Deno.test("NodeSession, a delete forgets the object, and nothing newer passes it", () => {
  const desk = new Desk();
  const first = desk.put("a", "1");
  desk.session.ack(first.header.msg_id);
  assert(desk.syncs.get("n", "a"));
  const gone = desk.put("a", "", { operation: "delete" });
  desk.put("a", "5");
  assertEquals(desk.written, ["update a 1", "delete a -"]);
  desk.session.ack(gone.header.msg_id);
  assertEquals(desk.syncs.get("n", "a"), undefined);
  assert(desk.session.idle);
  desk.session.end("cut");
});

Deno.test("NodeSession, a delete that waits is not replaced by a newer version", () => {
  const desk = new Desk();
  desk.put("a", "", { operation: "delete" });
  desk.put("a", "5");
  for (let i = 0; i < 5; i++) {
    desk.session.keepalive();
    desk.clock.advance(5001);
  }
  assertEquals(new Set(desk.written), new Set(["delete a -"]));
  assertEquals(desk.texts.length, 6);
  desk.session.end("cut");
});

Deno.test("NodeSession, what wants no ack passes what waits", () => {
  const desk = new Desk();
  desk.put("a", "1");
  desk.put("b", "", { operation: "response", content: "OK" });
  assertEquals(desk.written, ["update a 1", "response b -"]);
  desk.session.end("cut");
  desk.put("c", "", { operation: "response", content: "OK" });
  assertEquals(desk.texts.length, 2);
});

Deno.test("NodeSession, drops what has no version or another group", () => {
  const desk = new Desk();
  desk.put("a", "");
  desk.put("b", "1", { group: "twin" });
  assertEquals(desk.written, []);
  assertEquals(desk.syncs.of("n"), []);
  desk.session.end("cut");
});

Deno.test("NodeSession, a transport that answers at once does not grow the stack", () => {
  const desk = new Desk();
  desk.onSend = ({ header }) => desk.session.ack(header.msg_id);
  const count = 20_000;
  desk.session.dispatch(desk.message("held", "1"));
  desk.onSend = undefined;
  const last = desk.put("first", "1");
  for (let i = 0; i < count; i++) desk.put(`p${i}`, "1");
  desk.onSend = ({ header }) => desk.session.ack(header.msg_id);
  desk.session.ack(last.header.msg_id);
  assert(desk.session.idle);
  assertEquals(desk.texts.length, count + 2);
  desk.session.end("cut");
});

Deno.test("NodeSession, silence of keepalive ends it abruptly, once", () => {
  const desk = new Desk();
  desk.clock.advance(29_999);
  assertEquals(desk.session.ended, undefined);
  desk.session.keepalive();
  desk.put("a", "1");
  desk.clock.advance(30_000);
  assertEquals(desk.session.ended, "keepalive");
  desk.session.end("cut");
  desk.session.keepalive();
  assertEquals([desk.cuts, desk.ends, desk.clock.pending], [1, [
    "keepalive",
  ], 0]);
});
