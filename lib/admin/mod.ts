/**
 * The operator's socket: health, metrics and status of the node.
 *
 * It changes nothing and shows no contents: what it says comes from functions
 * that it is given. Open `pages.ts` first, then `server.ts`.
 *
 * @module
 */
export type { AdminSources } from "./pages.ts";
export { type AdminOptions, type AdminParts, AdminServer } from "./server.ts";
