import { assertEquals } from "@std/assert";
import { HeldBytes } from "../../../lib/websocket/mod.ts";

Deno.test("HeldBytes, never holds more than its bound, and gives it back", () => {
  const held = new HeldBytes(10);
  assertEquals([held.take(6), held.take(5), held.take(4)], [true, false, true]);
  assertEquals([held.bytes, held.take(1)], [10, false]);
  held.give(6);
  assertEquals([held.bytes, held.take(7), held.take(6)], [4, false, true]);
});
