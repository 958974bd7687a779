import { assert, assertEquals, assertThrows } from "@std/assert";
import { Gather } from "../../../lib/websocket/gather.ts";
import { TextReader } from "../../../lib/websocket/text.ts";
import { HeldBytes, ProtocolError } from "../../../lib/websocket/mod.ts";

const MIB = 1024 * 1024;

Deno.test("Gather, memory follows what arrives, not what was announced", () => {
  const gather = new Gather();
  gather.announce(1024 * MIB);
  gather.append(new Uint8Array(10));
  assertEquals(gather.take().buffer.byteLength, MIB / 4);
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

Deno.test("Gather, what several hold beyond their first 256 KiB is bounded together", () => {
  const held = new HeldBytes(3 * MIB);
  const [first, second, small] = [0, 1, 2].map(() => new Gather(held));
  first!.announce(4 * MIB);
  first!.append(new Uint8Array(3 * MIB));
  assertEquals(held.bytes, 2.75 * MIB);
  second!.announce(8 * MIB);
  const error = assertThrows(
    () => second!.append(new Uint8Array(3 * MIB)),
    ProtocolError,
  );
  assertEquals(error.code, 1013);
  small!.announce(MIB / 4);
  small!.append(new Uint8Array(MIB / 4));
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

Deno.test("Gather, what was outgrown, read or forgotten waits for no collection", () => {
  const before = Deno.memoryUsage().external;
  const heldMiB = () => (Deno.memoryUsage().external - before) / MIB;
  const gather = new Gather();
  const piece = new Uint8Array(MIB / 2);
  gather.announce(64 * MIB);
  for (let i = 0; i < 66; i++) gather.append(piece);
  assert(heldMiB() < 66, `${heldMiB()} MiB`);
  assertEquals(gather.takeText(new TextReader()).length, 33 * MIB);
  assert(heldMiB() < 2, `${heldMiB()} MiB`);
  gather.announce(8 * MIB);
  gather.append(piece);
  gather.clear();
  assert(heldMiB() < 2, `${heldMiB()} MiB`);
});
