/**
 * The other side of both links, for demos and tests: a model of CloudCore that
 * speaks the real wire, its listener, a simulated pod agent, and throw-away
 * certificates.
 *
 * It is no part of a node in the field and imports none of its rooms but the
 * wire's and, for certificates, the encoder of identity. Open `cloud_core.ts` first, then `node_session.ts` and `answers.ts`;
 * `cloud_hub.ts` puts it on sockets.
 *
 * @module
 */
export {
  CertificateAuthority,
  type ClientCertificateOptions,
  type KeyPairPem,
  type ServerCertificateOptions,
  type Validity,
} from "./certificates.ts";
export { type ApiResult, type ApiStatus } from "./api_status.ts";
export {
  CloudCore,
  type CloudCoreOptions,
  type CloudLink,
} from "./cloud_core.ts";
export {
  CloudHub,
  type CloudHubOptions,
  type HubEvent,
  type HubFrame,
} from "./cloud_hub.ts";
export type {
  CloudObject,
  Manifest,
  ObjectMeta,
  ObjectRef,
  WatchEvent,
} from "./cloud_object.ts";
export { refOf } from "./cloud_object.ts";
export {
  CloudObjects,
  type CloudObjectsOptions,
  type DeleteOptions,
  type UpdateOptions,
} from "./cloud_objects.ts";
export { CLOUD_TIMING, type CloudTiming } from "./cloud_timing.ts";
export {
  DevelopmentHub,
  type DevelopmentHubOptions,
  HUB_FILE,
  type HubAddress,
} from "./development_hub.ts";
export {
  ManifestApi,
  type ManifestApiOptions,
  type ManifestResult,
} from "./manifest_api.ts";
export { ManifestError, readManifests } from "./manifests.ts";
export type { EdgedPodStatus } from "./edged_pod.ts";
export {
  type EdgedTransport,
  SimulatedEdged,
  type SimulatedEdgedOptions,
} from "./simulated_edged.ts";
export {
  type EnrolmentAnswer,
  EnrolmentEndpoint,
  type EnrolmentEndpointOptions,
  type EnrolmentRequest,
} from "./enrolment_endpoint.ts";
export {
  EnrolmentServer,
  type EnrolmentServerOptions,
} from "./enrolment_server.ts";
export { EDGE_LABEL } from "./edge_controller.ts";
export { HubFaults } from "./hub_faults.ts";
export type { HubTls } from "./hub_listener.ts";
export {
  Journal,
  type JournalOptions,
  JournalTimeoutError,
  type WaitOptions,
} from "./journal.ts";
export type {
  CloudTransport,
  SessionEnd,
  SessionStatus,
} from "./node_session.ts";
export { JoinTokens } from "./join_tokens.ts";
export { isNewer, type ObjectSync, ObjectSyncs } from "./object_syncs.ts";
