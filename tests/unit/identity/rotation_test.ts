import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../lib/base/mod.ts";
import {
  rotationAtMs,
  rotationPauseMs,
} from "../../../lib/identity/rotation.ts";

Deno.test("rotationAtMs, between 70 % and 90 % of the life", () => {
  const life = { notBeforeMs: 1000, notAfterMs: 2000 };
  assertEquals(rotationAtMs(life, 0), 1700);
  assertEquals(Math.round(rotationAtMs(life, 0.5)), 1800);
  const random = seededRandom(1);
  for (let i = 0; i < 100; i++) {
    const at = rotationAtMs(life, random());
    assert(at >= 1700 && at < 1900, `${at}`);
  }
});

Deno.test("rotationPauseMs, 2, 4, 8, 16, then 32 s, up to 10 % longer", () => {
  const pauses = (jitter: number) =>
    [1, 2, 3, 4, 5, 6, 1000].map((failures) =>
      rotationPauseMs(failures, () => jitter)
    );
  assertEquals(pauses(0), [2000, 4000, 8000, 16_000, 32_000, 32_000, 32_000]);
  assertEquals(pauses(1)[0], 2200);
  assertEquals(pauses(1).at(-1), 35_200);
  assertEquals(rotationPauseMs(0, () => 0), 2000);
});
