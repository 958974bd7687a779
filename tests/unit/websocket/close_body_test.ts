import { assertEquals, assertThrows } from "@std/assert";
import {
  decodeCloseBody,
  encodeCloseBody,
  isCloseCode,
} from "../../../lib/websocket/close_body.ts";
import { TextReader } from "../../../lib/websocket/text.ts";

const text = new TextReader();

Deno.test("isCloseCode, exactly those that may stand in a frame", () => {
  const valid = [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000];
  for (const code of [...valid, 4409, 4999]) {
    assertEquals(isCloseCode(code), true);
  }
  const invalid = [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000];
  for (const code of [...invalid, 65535, 1000.5, NaN]) {
    assertEquals(isCloseCode(code), false, `${code}`);
  }
});

Deno.test("encodeCloseBody, round trip", () => {
  for (
    const body of [
      { code: 1000, reason: "" },
      { code: 4409, reason: "größer €" },
      { code: 1005, reason: "" },
    ]
  ) {
    assertEquals(decodeCloseBody(encodeCloseBody(body), text), body);
  }
});

Deno.test("encodeCloseBody, a long reason is cut at a character within 123 bytes", () => {
  const bytes = encodeCloseBody({ code: 1000, reason: "€".repeat(100) });
  assertEquals(bytes.length, 2 + 123);
  const cut = encodeCloseBody({ code: 1000, reason: "x" + "€".repeat(100) });
  assertEquals(cut.length, 2 + 1 + 40 * 3);
  assertEquals(decodeCloseBody(cut, text).reason, "x" + "€".repeat(40));
});

Deno.test("encodeCloseBody, a code that may not be sent", () => {
  for (const code of [0, 1004, 1006, 1015, 5000]) {
    assertThrows(() => encodeCloseBody({ code, reason: "" }), RangeError);
  }
});
