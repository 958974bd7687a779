/** How many messages have flowed since the start, by direction. */
export interface FlowCounts {
  /** From the cloud to the node. */
  fromCloud: number;
  /** From the node to the cloud. */
  toCloud: number;
  /** From agents to the node. */
  fromAgents: number;
  /** From the node to agents. */
  toAgents: number;
  /** Transactions that were committed. */
  batches: number;
  /** Messages and tasks in them. */
  processed: number;
}

/** What flowed per second, newest last. */
export interface FlowRates {
  /** Messages from the cloud. */
  readonly fromCloud: readonly number[];
  /** Messages to the cloud. */
  readonly toCloud: readonly number[];
  /** Messages from agents. */
  readonly fromAgents: readonly number[];
  /** Messages to agents. */
  readonly toAgents: readonly number[];
  /** Transactions. */
  readonly batches: readonly number[];
}

/** Seconds that are remembered. */
const SECONDS = 60;

/** Counts of nothing. */
export function flowCounts(): FlowCounts {
  return {
    fromCloud: 0,
    toCloud: 0,
    fromAgents: 0,
    toAgents: 0,
    batches: 0,
    processed: 0,
  };
}

/** Remembers the counts of the last minute, one sample a second. */
export class FlowMeter {
  readonly #counts: FlowCounts;
  readonly #samples: { readonly atMs: number; readonly counts: FlowCounts }[] =
    [];

  /** @param counts Read with each sample. */
  constructor(counts: FlowCounts) {
    this.#counts = counts;
  }

  /** Takes a sample; called about once a second. @param nowMs Monotonic. */
  sample(nowMs: number): void {
    this.#samples.push({ atMs: nowMs, counts: { ...this.#counts } });
    if (this.#samples.length > SECONDS + 1) this.#samples.shift();
  }

  /** What flowed per second between the samples. */
  rates(): FlowRates {
    return {
      fromCloud: this.#perSecond("fromCloud"),
      toCloud: this.#perSecond("toCloud"),
      fromAgents: this.#perSecond("fromAgents"),
      toAgents: this.#perSecond("toAgents"),
      batches: this.#perSecond("batches"),
    };
  }

  /**
   * How much there was per second lately.
   *
   * @param seconds Over how many, as far as there are samples.
   */
  lately(what: keyof FlowCounts, seconds = 10): number {
    const last = this.#samples.at(-1);
    const first = this.#samples.at(-1 - seconds) ?? this.#samples[0];
    if (!first || !last || last.atMs <= first.atMs) return 0;
    const count = last.counts[what] - first.counts[what];
    return rounded(count * 1000 / (last.atMs - first.atMs));
  }

  #perSecond(what: keyof FlowCounts): number[] {
    return this.#samples.slice(1).map(({ atMs, counts }, i) => {
      const before = this.#samples[i];
      if (!before || atMs <= before.atMs) return 0;
      const count = counts[what] - before.counts[what];
      return rounded(count * 1000 / (atMs - before.atMs));
    });
  }
}

function rounded(rate: number): number {
  return rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate);
}
