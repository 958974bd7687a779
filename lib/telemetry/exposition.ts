import { Counter, type Histogram, type LabelValues } from "./instruments.ts";

/** Type of a metric, in Prometheus' words. */
export type MetricKind = "counter" | "gauge" | "histogram";

/** What stands behind one set of label values. */
export type Sampled = number | Counter | Histogram;

/** A metric with all its samples. */
export interface MetricSamples {
  /** Its name. */
  readonly name: string;
  /** Its type. */
  readonly kind: MetricKind;
  /** What it counts. */
  readonly help: string;
  /** Names of its labels. */
  readonly labels: readonly string[];
  /** Label values and what stands behind them. */
  readonly children: Iterable<readonly [LabelValues, Sampled]>;
}

/** Appends a metric in Prometheus' text exposition format 0.0.4. */
export function renderMetric(lines: string[], metric: MetricSamples): void {
  const { name, kind, help, labels, children } = metric;
  lines.push(`# HELP ${name} ${escapeHelp(help)}`);
  lines.push(`# TYPE ${name} ${kind}`);
  for (const [values, child] of children) {
    renderChild(lines, name, labelPairs(labels, values), child);
  }
}

function renderChild(
  lines: string[],
  name: string,
  labels: readonly string[],
  child: Sampled,
): void {
  if (typeof child === "number" || child instanceof Counter) {
    const value = typeof child === "number" ? child : child.value;
    lines.push(sample(name, labels, value));
    return;
  }
  for (const [bound, count] of child.cumulative()) {
    const le = `le="${number(bound)}"`;
    lines.push(sample(`${name}_bucket`, [...labels, le], count));
  }
  lines.push(sample(`${name}_sum`, labels, child.sum));
  lines.push(sample(`${name}_count`, labels, child.count));
}

function labelPairs(names: readonly string[], values: LabelValues): string[] {
  return names.map((name, i) => `${name}="${escapeLabel(values[i] ?? "")}"`);
}

function sample(
  name: string,
  labels: readonly string[],
  value: number,
): string {
  const braces = labels.length > 0 ? `{${labels.join(",")}}` : "";
  return `${name}${braces} ${number(value)}`;
}

function number(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function escapeHelp(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replace(/"/g, '\\"');
}
