/**
 * The message processor: batches, transactions, COMMIT, and only then the
 * outcomes.
 *
 * It decides nothing about messages (that is `operations`) and opens no
 * sockets. Open `processor.ts` first, then `release.ts`.
 *
 * @module
 */
export type { Item, MessageItem } from "./item.ts";
export type { ProcessorObserver } from "./observer.ts";
export {
  type OutboxOrder,
  type OutboxOrderDone,
  OutboxOrderError,
} from "./outbox_order.ts";
export type { OutboxWork } from "./outbox_sender.ts";
export type { ProcessorOptions } from "./options.ts";
export { Processor } from "./processor.ts";
export type { ReconcileTiming } from "./reconcile_schedule.ts";
export {
  type NotCompared,
  type ResyncDifference,
  ResyncError,
  type Resyncing,
  type ResyncOrder,
  type ResyncReport,
  type ResyncState,
} from "./resync_report.ts";
export type { Reconciliation, SyncStatus } from "./sync_state.ts";
