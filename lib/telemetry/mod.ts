/**
 * Log lines, metrics and health, and the one place for redaction.
 *
 * It knows no messages, opens no sockets and keeps no files: lines go to a
 * sink, figures and health wait to be asked for. Open `redact.ts` first, then
 * `log.ts`.
 *
 * @module
 */
export {
  Health,
  type HealthCheck,
  type HealthOptions,
  type HealthReport,
  type HealthState,
  type Heartbeat,
} from "./health.ts";
export {
  Journal,
  type JournalEntry,
  type JournalNews,
  type JournalOptions,
  type JournalSlot,
} from "./journal.ts";
export type { MetricKind } from "./exposition.ts";
export { Counter, Histogram, type LabelValues } from "./instruments.ts";
export type { ByteSink } from "./line_writer.ts";
export {
  LOG_LEVELS,
  type LogCounts,
  type LogFields,
  type LogFormat,
  Logger,
  type LoggerOptions,
  type LogLevel,
  type LogSink,
  silentLogger,
} from "./log.ts";
export {
  DURATION_BUCKETS,
  type Family,
  type GaugeSamples,
  type LabelNames,
  type MetricFamily,
  Metrics,
  type ReadOptions,
} from "./metrics.ts";
export {
  errorText,
  isSecretName,
  redact,
  REDACTED,
  redactLines,
  redactPage,
  redactText,
} from "./redact.ts";
export { redactContent } from "./redact_content.ts";
