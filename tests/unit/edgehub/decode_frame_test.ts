import { assert, assertEquals } from "@std/assert";
import { decodeFrame } from "../../../lib/edgehub/decode_frame.ts";
import { encode } from "../../../lib/message/mod.ts";
import { fromCloud } from "../../support/messages.ts";
import { messageOf } from "../message/frames.ts";

const message = fromCloud("insert", "default/configmap/a", {
  data: "é€😀\ufffd",
});
const text = encode(message);

Deno.test("decodeFrame, text and binary are read alike", () => {
  for (const data of [text, new TextEncoder().encode(text)]) {
    assertEquals(messageOf(decodeFrame(data, 10_000)), message);
    const short = decodeFrame(data, 100);
    assert(!short.ok);
    assertEquals(short.fault.kind, "too-large");
  }
});

Deno.test("decodeFrame, a binary frame that is not UTF-8 is a fault with its id, and not changed", () => {
  const bytes = new TextEncoder().encode(text);
  const at = bytes.findIndex((byte) => byte > 0x7f);
  bytes[at] = 0x20;
  const decoded = decodeFrame(bytes, 10_000);
  assert(!decoded.ok);
  assertEquals(decoded.fault.kind, "not-json");
  assertEquals(decoded.fault.text, "Frame is not UTF-8");
  assertEquals(decoded.fault.msgId, message.header.msg_id);
});

Deno.test("decodeFrame, a byte order mark is no JSON, in a binary frame as in a text one", () => {
  const marked = `\ufeff${text}`;
  for (const data of [marked, new TextEncoder().encode(marked)]) {
    const decoded = decodeFrame(data, 10_000);
    assert(!decoded.ok);
    assertEquals(decoded.fault.kind, "not-json");
  }
});
