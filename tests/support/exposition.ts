import { assert } from "@std/assert";

/** A sample: full name, labels, value. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric family with its samples. */
export interface ParsedFamily {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
  readonly samples: readonly ParsedSample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const HELP_REGEXP = new RegExp(
  `^# HELP (${NAME}) ((?:[^\\\\\n]|\\\\[\\\\n])*)$`,
);
const TYPE_REGEXP = new RegExp(
  `^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`,
);
const SAMPLE_REGEXP = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL_REGEXP =
  /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const NUMBER_REGEXP = /^(?:NaN|[+-]Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/**
 * Reads Prometheus' text format 0.0.4, stricter than a scraper does: each
 * family has HELP and TYPE once and before its samples, which stand together;
 * no series comes twice; counters end in `_total` and are not negative;
 * buckets rise to `+Inf`, which equals the count.
 *
 * @throws {AssertionError} If any of it does not hold, with the line.
 */
export function parseExposition(text: string): Map<string, ParsedFamily> {
  assert(text.endsWith("\n"), "the last line has no end");
  const families = new Map<
    string,
    ParsedFamily & { samples: ParsedSample[] }
  >();
  const series = new Set<string>();
  let help: RegExpExecArray | null = null;
  let open: { name: string; samples: ParsedSample[]; kind: string } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    if (line.startsWith("# HELP ")) {
      help = HELP_REGEXP.exec(line);
      assert(help, `HELP is malformed: ${line}`);
    } else if (line.startsWith("# TYPE ")) {
      const type = TYPE_REGEXP.exec(line);
      assert(type, `TYPE is malformed: ${line}`);
      const [, name = "", kind = ""] = type;
      assert(help?.[1] === name, `TYPE without its HELP: ${line}`);
      assert(!families.has(name), `family comes twice: ${line}`);
      const family = { name, kind, help: unescape(help[2] ?? ""), samples: [] };
      families.set(name, family);
      open = family;
      help = null;
    } else {
      assert(!help, `HELP without its TYPE: ${help?.[1]}`);
      assert(open, `sample without family: ${line}`);
      const sample = parseSample(line);
      checkName(open, sample, line);
      const id = JSON.stringify([sample.name, sortedLabels(sample)]);
      assert(!series.has(id), `series comes twice: ${line}`);
      series.add(id);
      open.samples.push(sample);
    }
  }
  for (const family of families.values()) checkFamily(family);
  return families;
}

function parseSample(line: string): ParsedSample {
  const match = SAMPLE_REGEXP.exec(line);
  assert(match, `line is no sample: ${line}`);
  const [, name = "", braces, number = ""] = match;
  assert(NUMBER_REGEXP.test(number), `value is no number: ${line}`);
  const labels: Record<string, string> = {};
  LABEL_REGEXP.lastIndex = 0;
  for (let at = 0; braces !== undefined && at < braces.length;) {
    LABEL_REGEXP.lastIndex = at;
    const label = LABEL_REGEXP.exec(braces);
    assert(label, `labels are malformed: ${line}`);
    const [all, key = "", value = ""] = label;
    assert(!Object.hasOwn(labels, key), `label comes twice: ${line}`);
    labels[key] = unescape(value);
    at += all.length;
  }
  assert(braces !== "", `empty braces: ${line}`);
  return { name, labels, value: valueOf(number) };
}

function valueOf(number: string): number {
  if (number === "+Inf") return Infinity;
  return number === "-Inf" ? -Infinity : Number(number);
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, char) => char === "n" ? "\n" : char);
}

function checkName(
  { name, kind }: { name: string; kind: string },
  sample: ParsedSample,
  line: string,
): void {
  const names = kind === "histogram"
    ? [`${name}_bucket`, `${name}_sum`, `${name}_count`]
    : [name];
  assert(names.includes(sample.name), `sample of another family: ${line}`);
  const isBucket = sample.name === `${name}_bucket` && kind === "histogram";
  assert(isBucket === Object.hasOwn(sample.labels, "le"), `le: ${line}`);
}

function checkFamily({ name, kind, help, samples }: ParsedFamily): void {
  assert(help.trim() !== "", `no help: ${name}`);
  assert((kind === "counter") === name.endsWith("_total"), `name: ${name}`);
  if (kind === "counter") {
    for (const { value } of samples) assert(value >= 0, `negative: ${name}`);
  }
  if (kind === "histogram") checkHistogram(name, samples);
}

function checkHistogram(name: string, samples: readonly ParsedSample[]): void {
  const groups = new Map<string, ParsedSample[]>();
  for (const sample of samples) {
    const id = JSON.stringify(
      sortedLabels(sample).filter(([label]) => label !== "le"),
    );
    groups.set(id, [...groups.get(id) ?? [], sample]);
  }
  for (const [labels, group] of groups) {
    const about = `${name} ${labels}`;
    const buckets = group.filter((one) => one.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => valueOf(labels.le ?? ""));
    assert(bounds.at(-1) === Infinity, `no +Inf: ${about}`);
    for (let i = 1; i < buckets.length; i++) {
      assert(bounds[i]! > bounds[i - 1]!, `bounds fall: ${about}`);
      assert(buckets[i]!.value >= buckets[i - 1]!.value, `falls: ${about}`);
    }
    const count = group.find((one) => one.name === `${name}_count`);
    assert(count?.value === buckets.at(-1)?.value, `count: ${about}`);
    assert(group.some((one) => one.name === `${name}_sum`), `sum: ${about}`);
  }
}

function sortedLabels({ labels }: ParsedSample): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1);
}
