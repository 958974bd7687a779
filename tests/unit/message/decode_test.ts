import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";
import {
  decode,
  encode,
  faultAnswer,
  type FaultKind,
  type MessageFault,
} from "../../../lib/message/mod.ts";
import { TEST_STAMP } from "../../support/messages.ts";
import { messageOf, plainMessage, recordedFrames } from "./frames.ts";

function faultOf(text: string, lengthMax?: number): MessageFault {
  const decoded = decode(text, lengthMax === undefined ? {} : { lengthMax });
  assert(!decoded.ok, `let in: ${text.slice(0, 100)}`);
  return decoded.fault;
}

/** What a fault of {@link plainMessage} carries if all of it is readable. */
const READABLE = {
  msgId: "id-1",
  resource: "default/pod/web-0",
  operation: "insert",
  source: "edgecontroller",
  group: "resource",
};

/** A valid message with one field replaced, or left out for `undefined`. */
function withField(
  part: "header" | "route",
  field: string,
  value: unknown,
): string {
  const message = plainMessage();
  message[part][field] = value;
  return JSON.stringify(message);
}

/** Arrays (or objects) in each other. */
function nested(levels: number, open = "[", close = "]"): string {
  return open.repeat(levels) + close.repeat(levels);
}

/** The plain message with JSON text as its content. */
function withContent(json: string): string {
  const { header, route } = plainMessage();
  return `{"header":${JSON.stringify(header)},"route":${
    JSON.stringify(route)
  },"content":${json}}`;
}

Deno.test("decode, what is not JSON is refused without a word of it", () => {
  const inputs = ["", " ", "SECRET", '{"SECRET', "{'a':1}", "[1,]", "\u0000"];
  for (const text of [...inputs, "NaN", '{"a":01}', '"\t"', "{}{}"]) {
    assertEquals(faultOf(text), {
      kind: "not-json",
      text: "Frame is not JSON",
    });
  }
});

Deno.test("decode, JSON that is no object is refused", () => {
  for (const text of ["null", "true", "7", '"SECRET"', "[]", "[{}]"]) {
    assertEquals(faultOf(text), {
      kind: "not-a-message",
      text: "Frame is no JSON object",
    });
  }
});

Deno.test("decode, a header or route that is no object is refused", () => {
  for (const value of [undefined, null, [], "x", 1, true]) {
    const { header, route, content } = plainMessage();
    const noHeader = faultOf(JSON.stringify({ header: value, route, content }));
    const { msgId: _, ...routeOnly } = READABLE;
    assertEquals(noHeader, {
      kind: "bad-header",
      text: "Message has no header object",
      ...routeOnly,
    });
    const noRoute = faultOf(JSON.stringify({ header, route: value, content }));
    assertEquals(noRoute, {
      kind: "bad-route",
      text: "Message has no route object",
      msgId: "id-1",
    });
  }
});

Deno.test("decode, each header field of a wrong type is refused by its name", () => {
  const wrong: [string, string, readonly unknown[]][] = [
    ["msg_id", "a non-empty string", [undefined, null, "", 7, {}, [], true]],
    [
      "timestamp",
      "an integer",
      [null, "1754464000000", 1.5, 1e300, 2 ** 53, {}, true],
    ],
    ["parent_msg_id", "a string", [null, 7, {}, [], false]],
    ["resourceversion", "a string", [null, 48211, {}, []]],
    ["type", "a string", [null, 1]],
    ["sync", "a boolean", [null, "true", 1, {}]],
  ];
  for (const [field, wanted, values] of wrong) {
    for (const value of values) {
      const fault = faultOf(withField("header", field, value));
      const { msgId, ...rest } = READABLE;
      assertEquals(fault, {
        kind: "bad-header",
        text: `Message field header.${field} is not ${wanted}`,
        ...(field === "msg_id" ? rest : { msgId, ...rest }),
      }, `${field} ${JSON.stringify(value)}`);
    }
  }
});

Deno.test("decode, each route field of a wrong type is refused by its name", () => {
  const wrong: [keyof typeof READABLE, string, readonly unknown[]][] = [
    ["operation", "a non-empty string", [undefined, null, "", 7, {}, []]],
    ["resource", "a non-empty string", [undefined, null, "", 7, {}, []]],
    ["source", "a string", [null, 7, {}, []]],
    ["group", "a string", [null, 7, {}, []]],
  ];
  for (const [field, wanted, values] of wrong) {
    for (const value of values) {
      const { [field]: _, ...rest } = READABLE;
      assertEquals(faultOf(withField("route", field, value)), {
        kind: "bad-route",
        text: `Message field route.${field} is not ${wanted}`,
        ...rest,
      }, `${field} ${JSON.stringify(value)}`);
    }
  }
  const fault = faultOf(withField("route", "destination", 7));
  assertEquals(fault.kind, "bad-route");
});

Deno.test("decode, what real peers leave out is no fault", () => {
  const { header, route } = plainMessage();
  const { source: _, group: __, ...bare } = route;
  const message = messageOf(decode(
    JSON.stringify({ header: { msg_id: header.msg_id }, route: bare }),
  ));
  assertEquals(message.header.timestamp, 0);
  assertEquals(message.content, null);
  assertEquals(message.route.source, undefined);
});

Deno.test("decode, a key __proto__ is refused wherever and however it is written", () => {
  const spellings = [
    "__proto__",
    "\\u005f_proto__",
    "\\u005F\\u005fproto\\u005f_",
  ];
  for (const key of spellings) {
    const bad = `{"${key}":{"SECRET":1}}`;
    for (const content of [bad, `[1,[${bad}]]`, `{"a":{"b":${bad}}}`]) {
      assertEquals(faultOf(withContent(content)), {
        kind: "unsafe-key",
        text: "Message holds the key __proto__",
        ...READABLE,
      });
    }
    const { header, route } = plainMessage();
    const parts = {
      header: JSON.stringify(header),
      route: JSON.stringify(route),
    };
    const inHeader = `{"header":${
      parts.header.slice(0, -1)
    },"${key}":1},"route":${parts.route}}`;
    const inRoute = `{"header":${parts.header},"route":${
      parts.route.slice(0, -1)
    },"${key}":1}}`;
    const onTop =
      `{"${key}":{},"header":${parts.header},"route":${parts.route}}`;
    for (const text of [inHeader, inRoute, onTop]) {
      assertEquals(faultOf(text).kind, "unsafe-key", text);
    }
    // It must not lend its fields to the message either.
    const lent = `{"${key}":{"header":${parts.header}},"route":${parts.route}}`;
    assertEquals(faultOf(lent).kind, "bad-header");
  }
});

Deno.test("decode, __proto__ as a value is an ordinary string", () => {
  const message = messageOf(decode(withContent('{"name":"__proto__"}')));
  assertEquals(message.content, { name: "__proto__" });
});

Deno.test("decode, names of Object's own are ordinary keys", () => {
  const text = withContent('{"constructor":{"prototype":1},"toString":2}');
  assertEquals(encode(messageOf(decode(text))), text);
});

Deno.test("decode, half a surrogate pair is refused, escaped or raw, in keys and values", () => {
  const halves = ["\\ud83d", "\\uDE00", "\\ude00\\ud83d", "\ud83d", "\ude00"];
  for (const half of halves) {
    for (const content of [`"a${half}b"`, `["${half}"]`, `{"${half}":1}`]) {
      assertEquals(faultOf(withContent(content)), {
        kind: "lone-surrogate",
        text:
          "Message holds half a surrogate pair, which no UTF-8 text can carry",
        ...READABLE,
      });
    }
  }
  // A field that cannot be sent back is not readable.
  const fault = faultOf(withField("header", "msg_id", "id-\ud83d"));
  assertEquals([fault.kind, fault.msgId], ["lone-surrogate", undefined]);
  assertEquals(
    faultOf(withField("route", "resource", "a/\udead")).resource,
    undefined,
  );
});

Deno.test("decode, whole surrogate pairs pass, escaped and raw", () => {
  const message = messageOf(decode(withContent('["\\ud83d\\ude00","😀"]')));
  assertEquals(message.content, ["😀", "😀"]);
});

Deno.test("decode, 128 levels pass and 129 do not", () => {
  // The message itself is the first level.
  for (const [open, close] of [["[", "]"], ['{"a":', "}"]] as const) {
    const inner = open === "[" ? "" : "1";
    const content = (levels: number) =>
      open.repeat(levels) + inner + close.repeat(levels);
    assert(decode(withContent(content(127))).ok);
    assertEquals(faultOf(withContent(content(128))), {
      kind: "too-deep",
      text: "Message nested too deeply: at most 128 levels",
      ...READABLE,
    });
  }
});

Deno.test("decode, hundreds of thousands of levels do not overflow the stack", () => {
  assertEquals(faultOf(withContent(nested(400_000))).kind, "too-deep");
  assertEquals(faultOf(nested(400_000)).kind, "not-a-message");
  assertEquals(faultOf(withContent("[".repeat(400_000))).kind, "not-json");
  const objects = '{"a":'.repeat(400_000) + "1" + "}".repeat(400_000);
  assertEquals(faultOf(withContent(objects)).kind, "too-deep");
});

Deno.test("decode, an oversize message is refused before it is parsed, with its id", () => {
  const text = withContent(`"${"SECRET".repeat(100)}"`);
  assertEquals(
    messageOf(decode(text, { lengthMax: text.length })).content,
    "SECRET".repeat(100),
  );
  assertEquals(faultOf(text, text.length - 1), {
    kind: "too-large",
    text: `Message too large: at most ${text.length - 1} bytes`,
    ...READABLE,
  });
  assertEquals(faultOf("[".repeat(100), 99).msgId, undefined);
});

Deno.test("decode, a frame that breaks off is refused with its id if that stood in front", () => {
  const text = withContent('{"marker":"SECRET');
  assertEquals(faultOf(text), {
    kind: "not-json",
    text: "Frame is not JSON",
    ...READABLE,
  });
});

Deno.test("decode, of duplicate keys the last one counts, as in Go", () => {
  const message = messageOf(decode(withContent('{"a":1,"a":2}')));
  assertEquals(message.content, { a: 2 });
  const { header, route } = plainMessage();
  const twice = `{"header":{"msg_id":"first"},"header":${
    JSON.stringify(header)
  },"route":${JSON.stringify(route)}}`;
  assertEquals(messageOf(decode(twice)).header.msg_id, "id-1");
});

Deno.test("decode, a number that no double holds is refused, since it would leave as null", () => {
  for (const number of ["1e999", "-1e999", `1${"0".repeat(400)}`]) {
    assertEquals(faultOf(withContent(`{"a":[${number}]}`)), {
      kind: "bad-content",
      text: "Message holds a number beyond the range of a double",
      ...READABLE,
    });
  }
  const big = messageOf(
    decode(withContent("[1e308,18446744073709551615,1e-400]")),
  );
  assertEquals(big.content, [1e308, 18446744073709552000, 0]);
});

Deno.test("decode, an id or resource that is over-long is not carried along", () => {
  const long = "x".repeat(1025);
  const { msgId: _, ...rest } = READABLE;
  const bad = JSON.parse(withField("header", "msg_id", long));
  bad.header.timestamp = "now";
  assertEquals(faultOf(JSON.stringify(bad)), {
    kind: "bad-header",
    text: "Message field header.timestamp is not an integer",
    ...rest,
  });
});

Deno.test("decode, no fault quotes content or wrong values", () => {
  const secret = "hunter2";
  const inputs = [
    secret,
    `"${secret}"`,
    `{"header":"${secret}"}`,
    withField("header", "timestamp", secret),
    withField("header", "sync", secret),
    withField("route", "group", [secret]),
    withContent(`{"__proto__":"${secret}"}`),
    withContent(`"${secret}\\ud800"`),
    withContent(nested(300, `{"${secret}":[`, "]}")),
    withContent(`{"${secret}":1e999}`),
    withContent(`"${secret}`),
  ];
  for (const text of inputs) {
    assert(!JSON.stringify(faultOf(text)).includes(secret), text);
  }
  assert(
    !JSON.stringify(faultOf(inputs[0] + " ".repeat(99), 10)).includes(secret),
  );
});

Deno.test("decode, unknown fields survive a round trip in header, route, top level and content", () => {
  const text =
    '{"future":{"a":[1,null]},"header":{"msg_id":"i","timestamp":1,"x-new":{"deep":[true]}},' +
    '"route":{"operation":"update","resource":"a/b","zone":7},"content":{"new":{"kept":""}}}';
  assertEquals(encode(messageOf(decode(text))), text);
});

Deno.test("decode, every recorded frame decodes and encodes unchanged in meaning", () => {
  const refused: string[] = [];
  let count = 0;
  for (const { at, text } of recordedFrames()) {
    const decoded = decode(text);
    if (!decoded.ok) {
      refused.push(text.trim());
      continue;
    }
    count++;
    const again = encode(decoded.message);
    assertEquals(JSON.parse(again), JSON.parse(text), at);
    assertEquals(messageOf(decode(again)), decoded.message, at);
  }
  // A probe of CloudCore, and the last word of a stock edge that stops.
  assertEquals(refused, [
    '{"header":{"msg_id":7}}',
    '{"header":{"msg_id":"","timestamp":0},"route":{},"content":null}',
  ]);
  assert(count > 350, `${count}`);
});

Deno.test("decode, Go's newline and escapes are read for what they mean", () => {
  const escaped = recordedFrames().filter(({ text }) =>
    /\\u00(?:3c|3e|26)/.test(text)
  );
  assert(escaped.length > 0);
  for (const { text } of escaped) {
    const again = encode(messageOf(decode(text)));
    assert(!/\\u00(?:3c|3e|26)/.test(again));
    assert(/[<>&]/.test(again));
  }
  const newline = recordedFrames().filter(({ text }) => text.endsWith("\n"));
  assert(newline.length > 0);
  assertStringIncludes(
    encode(
      messageOf(
        decode(withContent('"a\\u003cb \\u0026\\u0026 c\\u003ed"') + "\n"),
      ),
    ),
    '"content":"a<b && c>d"',
  );
});

Deno.test("decode, every fault of the cloud's can be answered if its id was readable", () => {
  const kinds: [FaultKind, string][] = [
    ["bad-header", withField("header", "timestamp", "x")],
    ["bad-route", withField("route", "operation", 7)],
    ["unsafe-key", withContent('{"__proto__":1}')],
    ["lone-surrogate", withContent('"\\ud800"')],
    ["too-deep", withContent(nested(200))],
    ["bad-content", withContent("1e999")],
    ["not-json", withContent("[")],
  ];
  for (const [kind, text] of kinds) {
    const fault = faultOf(text);
    assertEquals(fault.kind, kind);
    const answer = faultAnswer(TEST_STAMP, fault, "cloud");
    assertEquals(answer?.header.parent_msg_id, "id-1");
    assertEquals(answer?.content, fault.text);
    assert(answer && decode(encode(answer)).ok);
  }
});

Deno.test("decode, size_checked_before_allocation, I1: too many values are refused before they are parsed, with the id", () => {
  const bomb = (values: number) =>
    JSON.stringify({ ...plainMessage(), content: "BOMB" })
      .replace('"BOMB"', `[${"[],".repeat(values)}0]`);
  const refused = decode(bomb(LIMITS.messageValuesMax));
  assert(!refused.ok);
  assertEquals(refused.fault.kind, "too-large");
  assertStringIncludes(refused.fault.text, "too many values: at most 500000");
  assertEquals(refused.fault.msgId, "id-1");
  const fits = decode(bomb(LIMITS.messageValuesMax / 2 - 100));
  assert(fits.ok);
  assert(fits.heapBytes > 64 * (LIMITS.messageValuesMax / 2 - 100));
});
