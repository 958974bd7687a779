/**
 * The node's keys and certificates: joining with a token, reading, checking
 * that they belong together and to this node, who may sign for the cloud,
 * replacing them before they end, mending them while the node runs.
 *
 * It dials nothing but the cloud's certificate server and never logs what it
 * reads. Open `credentials.ts` first, then `enrol.ts`,
 * `rotation_timer.ts` and `node_trust.ts`.
 *
 * @module
 */
export {
  type CertificateRequest,
  type NodePair,
  type Proof,
  requestCertificate,
} from "./certificate_request.ts";
export {
  checkServerCertificate,
  type CredentialFiles,
  type Credentials,
  readCredentials,
  type ReadText,
} from "./credentials.ts";
export { createSigningRequest, type SigningRequest } from "./csr.ts";
export * as der from "./der.ts";
export {
  enrol,
  type Enrolled,
  type EnrolmentProgress,
  type EnrolOptions,
} from "./enrol.ts";
export { EnrolmentError, type EnrolmentStep } from "./enrolment_error.ts";
export { IdentityError } from "./errors.ts";
export type { ClientPair, HttpsContext } from "./http.ts";
export {
  formatMessage,
  HttpError,
  type HttpMessage,
  HttpReader,
  type HttpReaderOptions,
} from "./http_message.ts";
export { type KeyFileSystem, SystemKeyFileSystem } from "./key_file_system.ts";
export {
  type NewCredentials,
  recoverCredentials,
  type Recovery,
  writeCredentials,
} from "./key_files.ts";
export type { JoinAttemptsOptions } from "./join_attempts.ts";
export { looseMode } from "./loose_mode.ts";
export { NodeTrust, type NodeTrustOptions } from "./node_trust.ts";
export { checkNodeIdentity } from "./node_identity.ts";
export { pemText } from "./pem.ts";
export {
  type RotationOptions,
  type RotationPoint,
  type RotationState,
  RotationTimer,
} from "./rotation_timer.ts";
export { readServerAddress, type ServerAddress } from "./server_address.ts";
export { JoinToken } from "./token.ts";
export {
  GivenToken,
  NO_FILE,
  TokenFile,
  type TokenSource,
} from "./token_source.ts";
export {
  type Joining,
  type TrustState,
  type TrustText,
  trustText,
} from "./trust_state.ts";
export {
  type CredentialsVerdict,
  judgeCredentials,
  type VerdictOptions,
} from "./verdict.ts";
