import { assertEquals } from "@std/assert";
import {
  formatBytes,
  formatDuration,
  readBytes,
  readDuration,
} from "../../../lib/config/quantity.ts";

Deno.test("readDuration, numbers are seconds and texts carry a unit", () => {
  const cases: [unknown, number | undefined][] = [
    [60, 60],
    [0.25, 0.25],
    ["60", 60],
    ["60s", 60],
    ["500ms", 0.5],
    ["1.5m", 90],
    ["24h", 86_400],
    [" 2s ", 2],
    ["2d", undefined],
    ["-1s", undefined],
    ["1 s", undefined],
    ["s", undefined],
    ["", undefined],
    [NaN, undefined],
    [true, undefined],
  ];
  for (const [raw, seconds] of cases) {
    assertEquals(readDuration(raw), seconds, JSON.stringify(raw));
  }
});

Deno.test("formatDuration, takes the largest whole unit", () => {
  assertEquals(
    [0, 0.5, 0.0001, 15, 90, 120, 86_400].map(formatDuration),
    ["0s", "500ms", "0.1ms", "15s", "90s", "2m", "24h"],
  );
});

Deno.test("readBytes, numbers are bytes and texts carry a binary unit", () => {
  const cases: [unknown, number | undefined][] = [
    [1024, 1024],
    ["1024", 1024],
    ["10B", 10],
    ["512KiB", 524_288],
    ["32 MiB", 33_554_432],
    [1.5, undefined],
    ["1.5MiB", undefined],
    ["32MB", undefined],
    [null, undefined],
  ];
  for (const [raw, bytes] of cases) {
    assertEquals(readBytes(raw), bytes, JSON.stringify(raw));
  }
});

Deno.test("formatBytes, takes the largest whole unit", () => {
  assertEquals(
    [0, 1000, 65_536, 33_554_432, 1024 ** 3].map(formatBytes),
    ["0", "1000", "64KiB", "32MiB", "1GiB"],
  );
});
