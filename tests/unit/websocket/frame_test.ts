import { assertEquals } from "@std/assert";
import {
  HEADER_BYTES_MAX,
  headerBytes,
  Opcode,
  writeHeader,
} from "../../../lib/websocket/frame.ts";
import { rawFrame } from "./reference.ts";

Deno.test("writeHeader, the shortest length that holds the payload", () => {
  for (
    const payloadBytes of [
      0,
      1,
      125,
      126,
      255,
      256,
      65535,
      65536,
      2 ** 32,
      2 ** 53 - 1,
    ]
  ) {
    const declared = BigInt(payloadBytes);
    for (const masked of [true, false]) {
      const into = new Uint8Array(20).fill(0xee);
      const end = writeHeader(into, 3, {
        opcode: Opcode.binary,
        payloadBytes,
        masked,
      });
      const expected = rawFrame({
        opcode: 2,
        declared,
        ...(masked ? { key: [] } : {}),
      });
      assertEquals(into.slice(3, end), expected);
      assertEquals(into[end], 0xee);
      const keyBytes = masked ? 4 : 0;
      assertEquals(headerBytes(payloadBytes, masked), end - 3 + keyBytes);
    }
  }
  assertEquals(headerBytes(2 ** 40, true), HEADER_BYTES_MAX);
});
