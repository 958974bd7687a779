/**
 * The node's keys and certificates: reading, checking that they belong
 * together, and who may sign for the cloud.
 *
 * It opens no sockets and never logs what it reads. Open `credentials.ts`
 * first.
 *
 * @module
 */
export {
  checkServerCertificate,
  type CredentialFiles,
  type Credentials,
  readCredentials,
  type ReadText,
} from "./credentials.ts";
export { IdentityError } from "./errors.ts";
