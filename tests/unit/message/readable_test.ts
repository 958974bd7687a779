import { assertEquals } from "@std/assert";
import {
  quote,
  readableHead,
  readableParts,
} from "../../../lib/message/readable.ts";

Deno.test("readableParts, takes each field that is a usable string and leaves the rest", () => {
  assertEquals(
    readableParts({
      header: { msg_id: "i" },
      route: { resource: "a/b", operation: 7, source: "", group: "g\ud800" },
    }),
    { msgId: "i", resource: "a/b" },
  );
  assertEquals(readableParts({}), {});
  assertEquals(readableParts({ header: [], route: "x" }), {});
  const longest = "x".repeat(1024);
  assertEquals(
    readableParts({
      header: { msg_id: longest },
      route: { source: `${longest}x` },
    }),
    { msgId: longest },
  );
});

Deno.test("readableHead, reads what Go peers write first", () => {
  const head =
    ' { "header" : {"msg_id":"i","timestamp":1},\n"route":{"operation":"insert"}';
  assertEquals(readableHead(head), { msgId: "i", operation: "insert" });
  assertEquals(readableHead(`${head},"content":[[`), {
    msgId: "i",
    operation: "insert",
  });
});

Deno.test("readableHead, reads nothing from any other beginning", () => {
  const others = [
    "",
    '{"route":{},"header":{"msg_id":"i"}}',
    '{"header":{"msg_id":"i","x":{}},"route":{}}',
    '{"header":{"msg_id":"i"},"route":{"operation"',
    '{"header":{"msg_id":i},"route":{}}',
    '{"content":"{\\"header\\":{\\"msg_id\\":\\"i\\"},\\"route\\":{}"}',
    `${" ".repeat(9000)}{"header":{"msg_id":"i"},"route":{}}`,
  ];
  for (const text of others) assertEquals(readableHead(text), {}, text);
});

Deno.test("quote, cuts what is long and mends what is half", () => {
  assertEquals(quote("default/pod/a"), "default/pod/a");
  assertEquals(quote("x".repeat(200)), "x".repeat(200));
  assertEquals(quote("x".repeat(201)), `${"x".repeat(200)}...`);
  assertEquals(quote(`${"x".repeat(199)}😀`), `${"x".repeat(199)}\ufffd...`);
  assertEquals(quote("\ud800"), "\ufffd");
});
