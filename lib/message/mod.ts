/**
 * The beehive message: its type, the wire's words, resource keys, decoding
 * and validation, builders of messages and answers.
 *
 * It never sends, stores or logs. Open `message.ts` first, then `names.ts`.
 *
 * @module
 */
export { admit, isAnswer, type Origin } from "./admit.ts";
export {
  type Complaint,
  decode,
  type Decoded,
  type DecodeOptions,
  notUtf8Fault,
  textComplaint,
  tooLargeFault,
} from "./decode.ts";
export {
  faultAnswer,
  type FaultKind,
  type MessageFault,
  PermanentFault,
} from "./fault.ts";
export {
  encode,
  type Header,
  type Message,
  type MessageFields,
  newError,
  newMessage,
  newOk,
  newResponse,
  type Route,
  type Stamp,
} from "./message.ts";
export {
  CLOUD_CONNECTED,
  CLOUD_DISCONNECTED,
  CLOUD_SOURCES,
  Group,
  Module,
  NO_NAMESPACE,
  NODE_CONNECTION_RESOURCE,
  NODE_CONNECTION_SOURCE,
  OK,
  Operation,
  REPLAY_RESOURCE,
  ResourceType,
  VOLUME_OPERATIONS,
} from "./names.ts";
export { compareVersions, isResourceVersion } from "./resource_version.ts";
export { parseResource, type ResourceKey, resourceOf } from "./resource.ts";
export {
  type AnswerContent,
  type ErrStatus,
  errStatus,
  NO_STATUS,
  readAnswer,
  type Status,
  type StatusReason,
} from "./status.ts";
