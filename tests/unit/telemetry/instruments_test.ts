import { assertEquals, assertThrows } from "@std/assert";
import { Counter, Histogram, Metrics } from "../../../lib/telemetry/mod.ts";

Deno.test("Counter, counts", () => {
  const counter = new Counter();
  counter.inc();
  counter.inc(4);
  assertEquals(counter.value, 5);
});

Deno.test("Histogram, counts at or below each bound", () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [1, 1.5, 2, 9]) histogram.observe(value);
  assertEquals([...histogram.cumulative()], [[1, 1], [2, 3], [Infinity, 4]]);
  assertEquals([histogram.count, histogram.sum], [4, 13.5]);
});

Deno.test("Histogram, refuses bounds that do not rise", () => {
  assertThrows(() => new Histogram([1, 1]), RangeError, "rising");
});

Deno.test("Histogram, family keeps one child per label values", () => {
  const metrics = new Metrics();
  const family = metrics.histogramFamily("metamanager_x_seconds", {
    help: "X",
    labels: ["op"],
  });
  family.with("a").observe(0.5);
  family.with("a").observe(0.5);
  assertEquals(metrics.value("metamanager_x_seconds", "a"), 2);
});
