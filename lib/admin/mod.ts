/**
 * The operator's socket: health, metrics and status of the node, and what an
 * operator can have done.
 *
 * It shows no contents: what it says and does comes from functions that it is
 * given. Open `pages.ts` first, then `action.ts` and `server.ts`.
 *
 * @module
 */
export { type Action, ActionError } from "./action.ts";
export { type LiveSource, LiveStreams, type Stream } from "./live_streams.ts";
export type { AdminSources, View } from "./pages.ts";
export { type AdminOptions, type AdminParts, AdminServer } from "./server.ts";
