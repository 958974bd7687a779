import { assert, assertEquals } from "@std/assert";
import { RepeatFilter } from "../../../lib/telemetry/fold.ts";

const key = (event: string) => ({ level: "info", room: "r", event }) as const;

Deno.test("RepeatFilter, an exhausted budget holds and counts, and refills", () => {
  const filter = new RepeatFilter();
  assertEquals(filter.admit(key("a"), 0), { kind: "write", repeated: 0 });
  filter.spend(300 * 1024);
  assertEquals(filter.admit(key("b"), 0), { kind: "hold" });
  assertEquals(filter.take(0, false), []);
  assertEquals(filter.admit(key("b"), 600_000), { kind: "write", repeated: 1 });
});

Deno.test("RepeatFilter, memory is bounded and the rest counts as one", () => {
  const filter = new RepeatFilter();
  let written = 0;
  for (let i = 0; i < 1000; i++) {
    if (filter.admit(key(`e${i}`), 0).kind === "write") written++;
  }
  assertEquals(written, 256 + 5);
  const held = filter.take(0, false);
  assertEquals(held, [{
    ...key("other events"),
    room: "log",
    repeated: 1000 - 261,
  }]);
});

Deno.test("RepeatFilter, events that fell silent make room for new ones", () => {
  const filter = new RepeatFilter();
  for (let i = 0; i < 256; i++) filter.admit(key(`old${i}`), 0);
  for (let i = 0; i < 100; i++) {
    const verdict = filter.admit(key(`new${i}`), 61_000);
    assert(verdict.kind === "write", `new${i}`);
  }
  assertEquals(filter.take(200_000, true), []);
});
