import { assertEquals } from "@std/assert";
import { Mask, MaskSource } from "../../../lib/websocket/mask.ts";

Deno.test("Mask.apply, equals the XOR of RFC 6455 5.3 at every length, alignment and phase", () => {
  const key = Uint8Array.of(9, 0x37, 0xfa, 0x21, 0x3d);
  const mask = new Mask();
  mask.load(key, 1);
  for (let length = 0; length < 200; length += length < 60 ? 1 : 7) {
    for (let offset = 0; offset < 8; offset++) {
      for (let phase = 0; phase < 5; phase++) {
        const memory = new Uint8Array(length + 16).fill(0x55);
        mask.apply(memory.subarray(offset, offset + length), phase);
        const expected = memory.map((_, i) =>
          i < offset || i >= offset + length
            ? 0x55
            : 0x55 ^ key[1 + (phase + i - offset) % 4]!
        );
        assertEquals(memory, expected);
      }
    }
  }
});

Deno.test("MaskSource, every frame gets the next four random bytes", () => {
  let fills = 0;
  const masks = new MaskSource((into) => {
    into.forEach((_, i) => into[i] = (fills * 512 + i) >>> 2);
    fills++;
  });
  const seen: number[] = [];
  const into = new Uint8Array(6);
  for (let i = 0; i < 200; i++) {
    masks.next(into, 1);
    assertEquals(new Set(into.subarray(1, 5)).size, 1);
    seen.push(into[1]!);
  }
  assertEquals(seen, Array.from({ length: 200 }, (_, i) => i));
  assertEquals(fills, 2);
});

Deno.test("MaskSource, default keys are random", () => {
  const masks = new MaskSource();
  const keys = new Set<string>();
  const into = new Uint8Array(4);
  for (let i = 0; i < 1000; i++) {
    masks.next(into, 0);
    keys.add(into.join());
  }
  assertEquals(keys.size > 990, true);
});
