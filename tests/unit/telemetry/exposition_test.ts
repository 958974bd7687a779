import { assertEquals, assertThrows } from "@std/assert";
import { Metrics } from "../../../lib/telemetry/mod.ts";
import { parseExposition } from "../../support/exposition.ts";

Deno.test("renderMetric, what is rendered is read again by the letter of the format", () => {
  const metrics = new Metrics();
  const odd = 'a"b\\c\nd,e="f"} 1';
  const help = "Help with \\ and\nanother line";
  metrics.counterFamily("metamanager_a_total", help, ["x", "y"])
    .with(odd, "").inc(3);
  metrics.counterFamily("metamanager_none_total", "None yet", ["x"]);
  const read = () =>
    [[["1"], -1.5e-7], [["2"], NaN], [["3"], Infinity]] as const;
  metrics.gaugeFamily("metamanager_b", { help: "B", labels: ["x"], read });
  const histogram = metrics.histogramFamily("metamanager_c_seconds", {
    help: "C",
    labels: ["x"],
  });
  for (const value of [0.001, 0.5, 40]) histogram.with(odd).observe(value);
  const families = parseExposition(metrics.render());
  assertEquals(families.get("metamanager_a_total"), {
    name: "metamanager_a_total",
    kind: "counter",
    help,
    samples: [
      { name: "metamanager_a_total", labels: { x: odd, y: "" }, value: 3 },
    ],
  });
  assertEquals(families.get("metamanager_none_total")?.samples, []);
  assertEquals(
    families.get("metamanager_b")?.samples.map(({ value }) => value),
    [-1.5e-7, NaN, Infinity],
  );
  const buckets = families.get("metamanager_c_seconds")?.samples ?? [];
  assertEquals(buckets.at(-1)?.value, 3);
  assertEquals(buckets.length, 9 + 2);
});

const HEAD = "# HELP a_total A\n# TYPE a_total counter\n";
const HISTOGRAM = "# HELP h H\n# TYPE h histogram\n";

for (
  const [why, text] of [
    ["no end", `${HEAD}a_total 1`],
    ["no TYPE", "# HELP a_total A\na_total 1\n"],
    ["no HELP", "# TYPE a_total counter\na_total 1\n"],
    ["a family that comes twice", `${HEAD}${HEAD}`],
    ["a series that comes twice", `${HEAD}a_total 1\na_total 2\n`],
    ["a sample of another family", `${HEAD}b_total 1\n`],
    ["an empty line", `${HEAD}\na_total 1\n`],
    ["a raw quote", `${HEAD}a_total{x="a"b"} 1\n`],
    ["an escape that is none", `${HEAD}a_total{x="\\t"} 1\n`],
    ["empty braces", `${HEAD}a_total{} 1\n`],
    ["a label that comes twice", `${HEAD}a_total{x="1",x="2"} 1\n`],
    ["a value that is none", `${HEAD}a_total one\n`],
    ["a counter below 0", `${HEAD}a_total -1\n`],
    ["a counter by another name", "# HELP a A\n# TYPE a counter\na 1\n"],
    ["an le where none belongs", `${HEAD}a_total{le="1"} 1\n`],
    ["no +Inf", `${HISTOGRAM}h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n`],
    [
      "buckets that fall",
      `${HISTOGRAM}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    ],
    [
      "bounds that fall",
      `${HISTOGRAM}h_bucket{le="2"} 1\nh_bucket{le="1"} 1\n` +
      `h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    ],
    [
      "another count",
      `${HISTOGRAM}h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`,
    ],
  ] as const
) {
  Deno.test(`parseExposition, refuses ${why}`, () => {
    assertThrows(() => parseExposition(text), Error);
  });
}
