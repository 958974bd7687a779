/**
 * The operator's socket: health, metrics and status of the node, and what an
 * operator can have done; and what of that may be read over loopback TCP.
 *
 * By itself it knows nothing: what it says and does comes from functions that
 * it is given. Open `pages.ts` first, then `action.ts`, `server.ts` and
 * `read_only.ts`.
 *
 * @module
 */
export { type Action, ActionError } from "./action.ts";
export { type LiveSource, LiveStreams, type Stream } from "./live_streams.ts";
export { isAllowed } from "./is_allowed.ts";
export type { AdminSources } from "./pages.ts";
export {
  ReadOnlyListener,
  type ReadOnlyListenerParts,
  type ReadOnlyOptions,
} from "./read_only_listener.ts";
export { type AdminOptions, type AdminParts, AdminServer } from "./server.ts";
export { publicView, type View } from "./view.ts";
