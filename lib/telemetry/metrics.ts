import { type MetricKind, renderMetric } from "./exposition.ts";
import { Counter, Histogram, type LabelValues } from "./instruments.ts";

/** Names of labels, in the order in which values are given. */
export type LabelNames = readonly string[];

/** Samples that are read when asked for: label values and number. */
export type GaugeSamples = Iterable<readonly [LabelValues, number]>;

/** What there is of a metric, whether it has samples or not. */
export interface MetricFamily {
  /** Its name. */
  readonly name: string;
  /** Its type. */
  readonly kind: MetricKind;
  /** Names of its labels. */
  readonly labels: LabelNames;
}

/** How samples that are read when asked for are registered. */
export interface ReadOptions {
  /** What it says. */
  readonly help: string;
  /** Names of its labels. */
  readonly labels: LabelNames;
  /** All samples now; beyond 200 the rest is left out. */
  readonly read: () => GaugeSamples;
}

/** A counter or histogram with labels: ask for a child once, keep it, use it. */
export interface Family<T> {
  /**
   * The child with these label values, in the order of the names. Beyond 200
   * children all further ones are one, with every value `other`.
   *
   * @throws {TypeError} If the number of values is wrong.
   */
  with(...values: LabelValues): T;
}

/** Buckets for durations in seconds, from 1 ms to 30 s. */
export const DURATION_BUCKETS: readonly number[] = [
  0.001,
  0.005,
  0.02,
  0.1,
  0.5,
  2,
  10,
  30,
];

/** Most children of one family. */
const CHILDREN_MAX = 200;

/** Ours, and what every exporter says of its process in the same words. */
const NAME_REGEXP = /^(?:metamanager|process)_[a-z][a-z0-9_]*$/;
const LABEL_REGEXP = /^[a-z][a-z0-9_]*$/;

/** One metric name with all its children. */
class Registered {
  readonly kind: MetricKind;
  readonly help: string;
  readonly labels: LabelNames;
  readonly children = new Map<string, [LabelValues, Counter | Histogram]>();
  /** Missing: what was counted in `children`. */
  read: (() => GaugeSamples) | undefined;

  constructor(kind: MetricKind, help: string, labels: LabelNames) {
    this.kind = kind;
    this.help = help;
    this.labels = labels;
  }
}

/**
 * The node's figures, in Prometheus' text format.
 *
 * Register at construction of a part and keep what is returned: counting is
 * then one addition. Registering the same name again returns the same
 * counters, so a part that is built anew goes on counting.
 *
 * @example
 * ```ts ignore
 * const received = metrics.counterFamily(
 *   "metamanager_messages_received_total",
 *   "Messages received by origin",
 *   ["origin"],
 * );
 * const fromCloud = received.with("cloud");
 * fromCloud.inc();
 * ```
 */
export class Metrics {
  readonly #metrics = new Map<string, Registered>();

  /**
   * A counter without labels.
   *
   * @param name `metamanager_..._total`.
   * @throws {TypeError} If the name is not of that form, or is taken by a
   *   metric of other kind, help or labels.
   */
  counter(name: string, help: string): Counter {
    return this.counterFamily(name, help, []).with();
  }

  /** A counter with labels; otherwise as `counter`. */
  counterFamily(
    name: string,
    help: string,
    labels: LabelNames,
  ): Family<Counter> {
    const metric = this.#register(name, "counter", { help, labels });
    return familyOf(name, metric, () => new Counter());
  }

  /**
   * A gauge that is read when asked for; a later registration replaces `read`.
   *
   * @param read The figure now; if it throws, the sample is `NaN`.
   * @throws {TypeError} As for `counter`.
   */
  gauge(name: string, help: string, read: () => number): void {
    const metric = this.#register(name, "gauge", { help, labels: [] });
    metric.read = () => [[[], readOrNaN(read)]];
  }

  /** A gauge with labels: `read` gives all samples; otherwise as `gauge`. */
  gaugeFamily(name: string, options: ReadOptions): void {
    this.#register(name, "gauge", options).read = options.read;
  }

  /**
   * A counter that its owner counts and that is read when asked for: what it
   * reads must only grow. Otherwise as `gaugeFamily`.
   */
  counterReader(name: string, options: ReadOptions): void {
    this.#register(name, "counter", options).read = options.read;
  }

  /**
   * A histogram without labels.
   *
   * @param buckets Upper bounds, rising, without infinity.
   * @throws {TypeError} As for `counter`.
   */
  histogram(
    name: string,
    help: string,
    buckets: readonly number[] = DURATION_BUCKETS,
  ): Histogram {
    return this.histogramFamily(name, { help, labels: [], buckets }).with();
  }

  /** A histogram with labels; otherwise as `histogram`. */
  histogramFamily(
    name: string,
    options: {
      help: string;
      labels: LabelNames;
      buckets?: readonly number[];
    },
  ): Family<Histogram> {
    const metric = this.#register(name, "histogram", options);
    const buckets = options.buckets ?? DURATION_BUCKETS;
    return familyOf(name, metric, () => new Histogram(buckets));
  }

  /**
   * The value of a counter or gauge, or the count of a histogram;
   * `undefined` if there is no such sample.
   */
  value(name: string, ...labels: LabelValues): number | undefined {
    const metric = this.#metrics.get(name);
    if (!metric) return undefined;
    const id = labels.join("\n");
    if (metric.read) {
      return [...samplesOf(metric)].find(([l]) => l.join("\n") === id)?.[1];
    }
    const child = metric.children.get(id)?.[1];
    return child instanceof Histogram ? child.count : child?.value;
  }

  /** All metrics that are registered, by name. */
  get families(): readonly MetricFamily[] {
    return [...this.#metrics].map(([name, { kind, labels }]) => ({
      name,
      kind,
      labels,
    }));
  }

  /** All metrics in Prometheus' text exposition format 0.0.4. */
  render(): string {
    const lines: string[] = [];
    const sorted = [...this.#metrics].sort(([a], [b]) => a < b ? -1 : 1);
    for (const [name, metric] of sorted) {
      const { kind, help, labels } = metric;
      const children = metric.read
        ? samplesOf(metric)
        : metric.children.values();
      renderMetric(lines, { name, kind, help, labels, children });
    }
    return lines.join("\n") + "\n";
  }

  #register(
    name: string,
    kind: MetricKind,
    options: { help: string; labels: LabelNames },
  ): Registered {
    const { help, labels } = options;
    const known = this.#metrics.get(name);
    if (known) {
      if (
        known.kind === kind && known.help === help &&
        known.labels.join() === labels.join()
      ) return known;
      throw new TypeError(
        `Cannot register metric: the name is taken by another one: ${name}`,
      );
    }
    checkNames(name, kind, labels);
    const metric = new Registered(kind, help, labels);
    this.#metrics.set(name, metric);
    return metric;
  }
}

function checkNames(name: string, kind: MetricKind, labels: LabelNames): void {
  const wellNamed = NAME_REGEXP.test(name) &&
    (kind === "counter") === name.endsWith("_total");
  if (!wellNamed) {
    throw new TypeError(
      `Cannot register ${kind}: expected metamanager_... or process_..., and _total for counters only: ${name}`,
    );
  }
  for (const label of labels) {
    if (!LABEL_REGEXP.test(label) || label === "le") {
      throw new TypeError(
        `Cannot register ${name}: expected a label name in snake_case: ${label}`,
      );
    }
  }
}

function familyOf<T extends Counter | Histogram>(
  name: string,
  metric: Registered,
  create: () => T,
): Family<T> {
  const child = (values: LabelValues): T => {
    const id = values.join("\n");
    const known = metric.children.get(id);
    if (known) return known[1] as T;
    const fresh = create();
    metric.children.set(id, [values, fresh]);
    return fresh;
  };
  return {
    with(...values: LabelValues): T {
      if (values.length !== metric.labels.length) {
        throw new TypeError(
          `Cannot label ${name}: expected ${metric.labels.length} values, got ${values.length}`,
        );
      }
      const full = metric.children.size >= CHILDREN_MAX &&
        !metric.children.has(values.join("\n"));
      return child(full ? values.map(() => "other") : values);
    },
  };
}

function samplesOf(metric: Registered): GaugeSamples {
  try {
    return [...metric.read?.() ?? []].slice(0, CHILDREN_MAX);
  } catch {
    // A part that cannot say its figure must not take the others with it.
    return [[metric.labels.map(() => ""), NaN]];
  }
}

function readOrNaN(read: () => number): number {
  try {
    return read();
  } catch {
    return NaN;
  }
}
