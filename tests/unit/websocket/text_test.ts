import { assertEquals, assertInstanceOf } from "@std/assert";
import { seededRandom } from "../../../lib/base/mod.ts";
import { ProtocolError } from "../../../lib/websocket/mod.ts";
import { TextReader } from "../../../lib/websocket/text.ts";
import { bytesOf } from "./reference.ts";

const reader = new TextReader();

Deno.test("TextReader.decode, every character comes back, U+FFFD and U+FEFF too", () => {
  for (const text of ["", "a", "\ufeffa", "\ufffd", "é€😀\0\u{10ffff}\ufffd"]) {
    assertEquals(reader.decode(bytesOf(text)), text);
  }
});

function decodeOrCode(bytes: Uint8Array): string | number {
  try {
    return reader.decode(bytes);
  } catch (error) {
    assertInstanceOf(error, ProtocolError);
    return error.code;
  }
}

Deno.test("TextReader.decode, takes and refuses what the fatal decoder does", () => {
  const seed = Number(Deno.env.get("SEED") ?? Date.now() % 2 ** 31);
  const random = seededRandom(seed);
  const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  // Bytes at the borders of UTF-8's classes, so that good text is not rare.
  const bytes = [0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2];
  bytes.push(0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0xbd);
  let good = 0;
  for (let i = 0; i < 20_000; i++) {
    const length = Math.floor(random() * 5);
    const input = Uint8Array.from(
      { length },
      () => bytes[Math.floor(random() * bytes.length)]!,
    );
    let expected: string | undefined;
    try {
      expected = fatal.decode(input);
      good++;
    } catch (error) {
      assertInstanceOf(error, TypeError);
    }
    const note = `SEED=${seed} ${input.join()}`;
    assertEquals(decodeOrCode(input), expected ?? 1007, note);
  }
  assertEquals(good > 1000, true);
});
