import { assertEquals, assertThrows } from "@std/assert";
import { Gather } from "../../../lib/websocket/gather.ts";
import { HeldBytes, ProtocolError } from "../../../lib/websocket/mod.ts";

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

Deno.test("Gather, what several hold beyond their first MiB is bounded together", () => {
  const held = new HeldBytes(3 * MIB);
  const [first, second, small] = [0, 1, 2].map(() => new Gather(held));
  first!.announce(4 * MIB);
  first!.append(new Uint8Array(3 * MIB));
  assertEquals(held.bytes, 2 * MIB);
  second!.announce(8 * MIB);
  const error = assertThrows(
    () => second!.append(new Uint8Array(3 * MIB)),
    ProtocolError,
  );
  assertEquals(error.code, 1013);
  small!.announce(MIB);
  small!.append(new Uint8Array(MIB));
  assertEquals(first!.take().length, 3 * MIB);
  assertEquals(held.bytes, 0);
  second!.append(new Uint8Array(3 * MIB));
  second!.clear();
  assertEquals(held.bytes, 0);
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
