import { assertEquals } from "@std/assert";
import { LineRing } from "../../../lib/telemetry/line_ring.ts";

Deno.test("LineRing, keeps the last lines within both bounds", () => {
  const ring = new LineRing({ linesMax: 3, lengthMax: 10 });
  assertEquals(ring.lines, []);
  for (let i = 0; i < 100; i++) {
    ring.push(`${i}`);
    const first = Math.max(0, i - 2);
    assertEquals(
      ring.lines.join(),
      [first, first + 1, first + 2]
        .filter((n) => n <= i).join(),
    );
  }
  ring.push("123456");
  assertEquals(ring.lines, ["98", "99", "123456"]);
  ring.push("x");
  assertEquals(ring.lines, ["99", "123456", "x"]);
  ring.push("0123456789");
  assertEquals(ring.lines, ["0123456789"]);
  ring.push("much longer than that");
  assertEquals(ring.lines, []);
});
