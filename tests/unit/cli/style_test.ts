import { assertEquals } from "@std/assert";
import { isColored, painter } from "../../../lib/cli/style.ts";
import { FakeIo } from "./fake_io.ts";

Deno.test("painter, colours only a terminal and respects NO_COLOR", () => {
  const paint = (io: FakeIo) => painter(io, "stdout")("red", "x");
  assertEquals(paint(new FakeIo()), "x");
  assertEquals(paint(new FakeIo({ terminal: true })), "\x1b[31mx\x1b[0m");
  const noColor = new FakeIo({ terminal: true, env: { NO_COLOR: "1" } });
  assertEquals(paint(noColor), "x");
  const empty = new FakeIo({ terminal: true, env: { NO_COLOR: "" } });
  assertEquals(isColored(empty, "stderr"), true);
});
