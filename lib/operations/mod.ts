/**
 * What each message means: one synchronous function per operation, from
 * message, transaction and context to the effects that are to follow.
 *
 * It sends nothing, waits for nothing and opens nothing. Open `policy.ts`
 * first, then `write.ts` and the file of the operation.
 *
 * @module
 */
export type { Context, Operate } from "./context.ts";
export { isClusterScoped, storeKeyOf, withKind } from "./keys.ts";
export type {
  Effect,
  Noted,
  Outcome,
  PlanCursor,
  Question,
  RemoteRequest,
} from "./outcome.ts";
export { isRegistration } from "./own_node.ts";
export { isOwnPod } from "./own_pod.ts";
export {
  type Application,
  type ApplicationAnswer,
  applicationRequest,
  askForPods,
  isPodListRequest,
  type ListAnswer,
  pendingPodsRequest,
  podListRequest,
  readApplication,
  readPodList,
} from "./pod_list.ts";
export { mayLeave, STATE_TYPES, statusKeyOf } from "./pod_status.ts";
export { type Policy, policyFor } from "./policy.ts";
export {
  askAnew,
  type AskAnewOptions,
  PLAN_START,
  planSlice,
} from "./reconcile.ts";
export { concludeSync, knowsAllPods, lacksPods } from "./refill.ts";
export { type Refusal, refusalOf } from "./refusal.ts";
export {
  operationFor,
  OPERATIONS,
  type ProcessedOperation,
} from "./registry.ts";
export { answerFor, noAnswer, unanswered } from "./remote.ts";
export { type TokenQuestion, tokenQuestionOf } from "./token_request.ts";
export { TransientFault } from "./transient_fault.ts";
export { type Identity, identityOf } from "./version.ts";
export { deleteOf, isForAgents } from "./write.ts";
