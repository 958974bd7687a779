import { assertEquals } from "@std/assert";
import { Gather } from "../../../lib/websocket/gather.ts";

const MIB = 1024 * 1024;

Deno.test("Gather, memory follows what arrives, not what was announced", () => {
  const gather = new Gather();
  gather.announce(1024 * MIB);
  gather.append(new Uint8Array(10));
  assertEquals(gather.take().buffer.byteLength, MIB);
});

Deno.test("Gather, grows by doubling up to what was announced", () => {
  const gather = new Gather();
  gather.announce(3 * MIB);
  const piece = new Uint8Array(MIB / 2).fill(7);
  for (let i = 0; i < 6; i++) gather.append(piece);
  const bytes = gather.take();
  assertEquals(bytes.length, 3 * MIB);
  assertEquals(bytes.buffer.byteLength, 3 * MIB);
  assertEquals(bytes.every((byte) => byte === 7), true);
});

Deno.test("Gather, what was taken is not touched again", () => {
  const gather = new Gather();
  gather.announce(4);
  gather.append(Uint8Array.of(1, 2, 3, 4));
  const first = gather.take();
  assertEquals(gather.announcedBytes, 0);
  gather.announce(4);
  gather.append(Uint8Array.of(5, 6, 7, 8));
  assertEquals(first, Uint8Array.of(1, 2, 3, 4));
  assertEquals(gather.take(), Uint8Array.of(5, 6, 7, 8));
});
