/**
 * The link to the cloud: dial with TLS, one session at a time, keepalive,
 * deadlines, reconnect; frames to and from the router.
 *
 * It knows nothing of the store or of what messages mean. Open `edgehub.ts`
 * first, then `cloud_session.ts`.
 *
 * @module
 */
export { Edgehub } from "./edgehub.ts";
export type { Dialled, DialOptions } from "./dial.ts";
export type { EdgehubObserver, EdgehubOptions } from "./edgehub_options.ts";
export type { FailoverOptions } from "./endpoints.ts";
export { LinkError, type LinkErrorKind } from "./link_error.ts";
export type { LinkLoad, LinkState } from "./link_state.ts";
export type { LinkDeadlines } from "./link_watch.ts";
export type { RedialOptions } from "./redial.ts";
export type { TokenBucketOptions } from "./token_bucket.ts";
