import { assert, assertEquals } from "@std/assert";
import { answerFault, decodeFrame } from "../../../lib/edged/fault_answer.ts";
import { decode, encode } from "../../../lib/message/mod.ts";
import { stamp, upward } from "../../support/edged_harness.ts";
import { messageOf } from "../message/frames.ts";

Deno.test("decodeFrame, reads text and bytes alike", () => {
  const message = upward("default/pod/ä", { a: "€" });
  const text = encode(message);
  assertEquals(messageOf(decodeFrame(text)), message);
  const bytes = new TextEncoder().encode(text);
  assertEquals(messageOf(decodeFrame(bytes)), message);
});

Deno.test("decodeFrame, a byte order mark is no JSON, in a binary frame as in a text one", () => {
  const marked = `\ufeff${encode(upward("default/pod/a", {}))}`;
  for (const frame of [marked, new TextEncoder().encode(marked)]) {
    const decoded = decodeFrame(frame);
    assert(!decoded.ok);
    assertEquals(decoded.fault.kind, "not-json");
  }
});

Deno.test("decodeFrame, bytes that are no text are a fault", () => {
  const decoded = decodeFrame(new Uint8Array([0xff, 0xfe]));
  assert(!decoded.ok);
  assertEquals(decoded.fault.kind, "not-json");
});

Deno.test("answerFault, names the message and what is wrong with it", () => {
  const decoded = decode(
    `{"header":{"msg_id":"m1"},"route":{"group":"meta","resource":"default/pod/a"}}`,
  );
  assert(!decoded.ok);
  const answer = answerFault(stamp, decoded.fault);
  assertEquals(answer.header.parent_msg_id, "m1");
  assertEquals(answer.route, {
    source: "metamanager",
    group: "meta",
    operation: "error",
    resource: "default/pod/a",
  });
  assertEquals(answer.content, decoded.fault.text);
});

Deno.test("answerFault, without an id still decodes at the agent", () => {
  const answer = answerFault(stamp, {
    kind: "not-json",
    text: "Frame is not JSON",
  });
  assertEquals(answer.header.parent_msg_id, "");
  const decoded = decode(encode(answer));
  assert(decoded.ok);
  assertEquals(decoded.message.content, "Frame is not JSON");
});
