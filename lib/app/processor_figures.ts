import type { Counter, Family, Histogram, Metrics } from "../telemetry/mod.ts";
import { beginAtZero, beginFaultsAtZero } from "./error_kinds.ts";

/** What is counted and measured of the processor's work. */
export interface ProcessorFigures {
  /** Messages processed, by operation, source and outcome. */
  readonly processed: Family<Counter>;
  /** Messages that can never succeed, by kind and source. */
  readonly faults: Family<Counter>;
  /** Results that are counted apart. */
  readonly noted: Family<Counter>;
  /** Messages or batches that the store failed, by kind. */
  readonly failures: Family<Counter>;
  /** Messages of the outbox that the cloud refused. */
  readonly refused: Counter;
  /** Messages of the outbox that were parked. */
  readonly parked: Counter;
  /** Deadlines that agents missed. */
  readonly late: Counter;
  /** Messages that found nobody, by receiver. */
  readonly undelivered: Family<Counter>;
  /** Messages of one transaction. */
  readonly batch: Histogram;
  /** Time of COMMIT in seconds. */
  readonly commit: Histogram;
}

/** Batch sizes that the histogram tells apart. */
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/** Commit times that the histogram tells apart, in seconds. */
const COMMIT_BUCKETS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1];

/** Registers the figures of the processor. */
export function processorFigures(metrics: Metrics): ProcessorFigures {
  return {
    processed: metrics.counterFamily(
      "metamanager_messages_processed_total",
      "Messages processed, by operation, source and outcome",
      ["operation", "source", "outcome"],
    ),
    faults: beginFaultsAtZero(metrics.counterFamily(
      "metamanager_message_faults_total",
      "Messages that can never succeed, by kind and source",
      ["kind", "source"],
    )),
    noted: metrics.counterFamily(
      "metamanager_results_total",
      "Results that are counted apart",
      ["result"],
    ),
    failures: beginAtZero(
      metrics.counterFamily(
        "metamanager_store_failures_total",
        "Messages or batches that the store failed, to be repeated, by kind",
        ["kind"],
      ),
      "store",
    ),
    refused: metrics.counter(
      "metamanager_outbox_refused_total",
      "Messages of the outbox that the cloud refused",
    ),
    parked: metrics.counter(
      "metamanager_outbox_parked_total",
      "Messages of the outbox that were left unanswered too often",
    ),
    late: metrics.counter(
      "metamanager_agent_deadlines_missed_total",
      "Changes that an agent did not answer in time",
    ),
    undelivered: metrics.counterFamily(
      "metamanager_undelivered_total",
      "Messages whose receiver was not there or full, by receiver",
      ["receiver"],
    ),
    batch: metrics.histogram(
      "metamanager_batch_messages",
      "Messages of one transaction",
      BATCH_BUCKETS,
    ),
    commit: metrics.histogram(
      "metamanager_commit_seconds",
      "Time of COMMIT",
      COMMIT_BUCKETS,
    ),
  };
}
