/**
 * Modules and groups by name: `send`, `sendToGroup`, `sendSync`, `respond`.
 *
 * It holds no messages and opens no sockets: queues belong to the modules.
 * Open `router.ts` first.
 *
 * @module
 */
export { type PendingEnd, PendingTable } from "./pending.ts";
export {
  type AgentTraits,
  type Envelope,
  type ModuleSpec,
  NoReceiverError,
  QueueFullError,
  ReplyTimeoutError,
  Router,
  RouterClosedError,
  type RouterObserver,
  type SendSyncOptions,
} from "./router.ts";
