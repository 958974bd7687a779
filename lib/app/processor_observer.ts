import type { ProcessorObserver } from "../processor/mod.ts";
import { StoreError } from "../store/mod.ts";
import { type Counter, errorText, type Family } from "../telemetry/mod.ts";
import { Check } from "./check.ts";
import type { ObserverParts } from "./observer_parts.ts";
import { processorFigures } from "./processor_figures.ts";
import { refusals } from "./refusals.ts";
import { syncReport } from "./sync_report.ts";

/**
 * Turns what the processor tells into log lines, figures and health.
 *
 * @param progress Called after each batch: the loop moves.
 */
export function processorObserver(
  parts: ObserverParts,
  progress: () => void = () => undefined,
): ProcessorObserver {
  const { health } = parts;
  const log = parts.log.child("processor");
  const figures = processorFigures(parts.metrics);
  const refused = parts.refused ?? refusals(health);
  return {
    processed: processedCounter(figures.processed),
    committed: ({ messages, commitMs }) => {
      progress();
      figures.batch.observe(messages);
      figures.commit.observe(commitMs / 1000);
    },
    fault: (fault, origin) => {
      figures.faults.with(fault.kind, origin).inc();
      refused(fault);
      log.warn("message refused", {
        kind: fault.kind,
        reason: fault.text,
        resource: fault.resource,
        operation: fault.operation,
        msgId: fault.msgId,
        ...(fault.cause ? { error: errorText(fault.cause) } : {}),
      });
    },
    failed: (error, messages) => {
      progress();
      figures.failures.with(failureKind(error)).inc();
      const text = errorText(error);
      // Without a message it was a loop that reads and will try again.
      if (messages > 0) health.set(Check.store, "failed", text);
      log.error("not stored", { messages, error: text });
    },
    recovered: () => {
      health.set(Check.store, "ok");
      log.info("storing again");
    },
    noted: (what, resource) => {
      figures.noted.with(what).inc();
      if (what === "damaged-row") log.error("stored row damaged", { resource });
      if (what === "event-dropped") {
        log.warn("outbox full of events, the oldest went", { resource });
      }
      if (what === "outbox-full") {
        log.warn("outbox full, message refused", { resource });
      }
    },
    refused: (resource, reason) => {
      figures.refused.inc();
      log.warn("cloud refused a report", { resource, reason });
    },
    parked: (resource) => {
      figures.parked.inc();
      log.warn("message parked, the cloud never answered it", { resource });
    },
    reconciled: (status) => {
      const { text, done, total, reason } = syncReport(status);
      const fields = { done, total, ...(reason ? { reason } : {}) };
      log[reason ? "warn" : "info"](text, fields);
    },
    agentLate: (module, resource) => {
      figures.late.inc();
      log.warn("agent did not answer in time", { module, resource });
    },
    undelivered: (to) => figures.undelivered.with(to).inc(),
  };
}

/** Most messages of a batch are of one kind: its counter is looked up once. */
function processedCounter(
  family: Family<Counter>,
): NonNullable<ProcessorObserver["processed"]> {
  let last = { operation: "", origin: "", outcome: "" };
  let counter: Counter | undefined;
  return (event) => {
    const { operation, origin, outcome } = event;
    const isSame = operation === last.operation && origin === last.origin &&
      outcome === last.outcome;
    if (!isSame) counter = undefined;
    counter ??= family.with(operation, origin, outcome);
    last = event;
    counter.inc();
  };
}

/** Of a failure: the store's own kinds, and `other` for a defect of ours. */
function failureKind(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  for (const one of [error, cause]) {
    if (one instanceof StoreError) return one.kind;
  }
  return "other";
}
