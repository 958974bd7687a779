import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LIMITS } from "../../lib/base/mod.ts";
import {
  admit,
  decode,
  encode,
  faultAnswer,
  type Message,
  newResponse,
} from "../../lib/message/mod.ts";
import { TEST_STAMP } from "../support/messages.ts";
import { holds, json } from "./property.ts";

const text = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
const maybe = fc.option(text, { nil: undefined });

/** Leaves out what is not there: JSON knows no `undefined`. */
function defined<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

/** Any message that the wire can carry. */
const messages: fc.Arbitrary<Message> = fc.record({
  header: fc.record({
    msg_id: text,
    parent_msg_id: maybe,
    timestamp: fc.maxSafeInteger(),
    resourceversion: maybe,
    type: maybe,
    sync: fc.option(fc.boolean(), { nil: undefined }),
  }),
  route: fc.record({
    source: maybe,
    destination: maybe,
    group: maybe,
    operation: text,
    resource: text,
  }),
  content: json(),
}).map((message) => defined(message) as Message);

Deno.test("codec: what is encoded is decoded as the same message", () =>
  holds(fc.property(messages, (message) => {
    const decoded = decode(encode(message));
    assert(decoded.ok, decoded.ok ? "" : decoded.fault.text);
    assertEquals(decoded.message, message);
    assertEquals(encode(decoded.message), encode(message));
  })));

Deno.test("codec: any text is a message or a fault, and no fault throws", () =>
  holds(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.string()),
      (any) => {
        const decoded = decode(any);
        if (decoded.ok) return;
        assert(decoded.fault.text.length > 0);
        for (const origin of ["cloud", "edged", "internal"] as const) {
          const answer = faultAnswer(TEST_STAMP, decoded.fault, origin);
          assert(!answer || decode(encode(answer)).ok);
        }
      },
    ),
    2000,
  ));

Deno.test("codec: a message with one field of another type is refused, by its id if that can be read", () =>
  holds(fc.property(
    messages,
    fc.constantFrom("msg_id", "parent_msg_id", "timestamp", "type", "sync"),
    fc.constantFrom(null, [], {}, 0.5),
    (message, field, odd) => {
      const header = { ...message.header, [field]: odd };
      const decoded = decode(JSON.stringify({ ...message, header }));
      assert(!decoded.ok);
      assertEquals(decoded.fault.kind, "bad-header");
      assertEquals(
        decoded.fault.msgId,
        field === "msg_id" ? undefined : message.header.msg_id,
      );
    },
  )));

Deno.test("codec: no fault quotes the content", () =>
  holds(fc.property(
    messages,
    fc.constantFrom(
      '"\\ud800"',
      "1e999",
      '{"__proto__":1}',
      "nul",
      "[".repeat(200),
    ),
    fc.constantFrom("header", "route", "content"),
    (message, odd, where) => {
      const secret = "hunter2-hunter2";
      const content = { ...message, content: { password: secret } };
      const [before, after] = encode(content).split(`"${where}":`, 2);
      const broken = `${before}"${where}":${odd},"x":${after}`;
      const decoded = decode(broken);
      assert(decoded.ok || !JSON.stringify(decoded.fault).includes(secret));
    },
  )));

Deno.test("codec: nesting is refused at its bound, not before and not later", () =>
  holds(fc.property(
    messages,
    fc.oneof(
      fc.integer({ min: 1, max: 2 * LIMITS.messageDepthMax }),
      fc.constantFrom(LIMITS.messageDepthMax - 1, LIMITS.messageDepthMax),
    ),
    (message, depth) => {
      const content = JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);
      const decoded = decode(encode({ ...message, content }));
      // The message itself is the first level.
      assertEquals(decoded.ok, depth < LIMITS.messageDepthMax);
      if (!decoded.ok) assertEquals(decoded.fault.kind, "too-deep");
    },
  )));

Deno.test("codec: an answer names its request and goes back where that came from", () =>
  holds(fc.property(messages, json(), (message, content) => {
    const answer = newResponse(TEST_STAMP, message, content);
    assertEquals(answer.header.parent_msg_id, message.header.msg_id);
    assertEquals(answer.route.resource, message.route.resource);
    const decoded = decode(encode(answer));
    assert(decoded.ok);
    assertEquals(decoded.message.content, content);
  })));

Deno.test("codec: whether a message is admitted does not depend on its source", () =>
  holds(fc.property(messages, text, (message, source) => {
    const route = { ...message.route, source };
    for (const origin of ["cloud", "edged"] as const) {
      assertEquals(
        admit({ ...message, route }, origin)?.kind,
        admit(message, origin)?.kind,
      );
    }
  })));
