import { isRecord } from "../base/mod.ts";
import {
  Group,
  Module,
  newMessage,
  NO_NAMESPACE,
  Operation,
  parseResource,
  resourceOf,
  ResourceType,
} from "../message/mod.ts";
import type { MetaRow, StoreTransaction } from "../store/mod.ts";
import type { Context } from "./context.ts";
import type { Effect, Outcome, PlanCursor, Question } from "./outcome.ts";
import { isTokenFresh } from "./query.ts";
import { referencesOf } from "./references.ts";
import { remoteRequest } from "./remote.ts";
import { tokenQuestionOf } from "./token_request.ts";

/** Rows of one slice: a few milliseconds on a slow board. */
const ROWS_PER_SLICE = 64;

/** Where a plan begins. */
export const PLAN_START: PlanCursor = { type: ResourceType.pod, after: "" };

/**
 * One slice of what the node asks for again after a connect (failures.md C9):
 * the configmaps, secrets and volumes that its pods name, and tokens near
 * their renewal. It only reads.
 */
export function planSlice(
  tx: StoreTransaction,
  context: Context,
  cursor: PlanCursor,
): Outcome {
  const { type, after } = cursor;
  const rows = tx.page(type, after, ROWS_PER_SLICE);
  const effects: Effect[] = [];
  const questions = new Map<string, Question>();
  for (const row of rows) {
    for (const question of questionsOf(row, tx, context)) {
      questions.set(question.key, question);
    }
  }
  effects.push({
    kind: "planned",
    questions: [...questions.values()],
    next: nextOf(cursor, rows),
    revision: tx.revision(),
  });
  return effects;
}

/** What {@link askAnew} asks, and how. */
export interface AskAnewOptions {
  /** What is asked for. */
  readonly questions: readonly Question[];
  /** It is the second time: what the cloud does not have goes. */
  readonly again: boolean;
}

/** Asks the cloud on the node's own account; no agent waits. */
export function askAnew(
  tx: StoreTransaction,
  context: Context,
  { questions, again }: AskAnewOptions,
): Outcome {
  if (!context.connected) return [];
  return questions.map(({ resource, content }) => {
    const message = newMessage(context, {
      source: Module.metamanager,
      group: Group.meta,
      operation: Operation.query,
      resource,
      content,
    });
    const request = remoteRequest(message, tx, {
      ...context,
      // A question like any agent's, but nobody waits for the answer.
      origin: "edged",
      from: Module.metamanager,
    });
    return {
      kind: "ask",
      request: again ? request : { ...request, keepsMissing: true },
    };
  });
}

/**
 * A pod that is new here may name objects that lie here from before: answers
 * whose ack was lost, so that the cloud does not know that it has to tell of
 * their changes. They are asked for again soon.
 *
 * @param pod The pod as it was stored.
 */
export function podCame(
  pod: unknown,
  { key }: { readonly key: string },
  tx: Pick<StoreTransaction, "get">,
  { nodeId }: Pick<Context, "nodeId">,
): Effect[] {
  if (specOf(pod).nodeName !== nodeId) return [];
  const namespace = key.slice(0, key.indexOf("/"));
  const isKnown = referencesOf(pod).some(({ type, name }) =>
    tx.get(resourceOf(namespace, type, name)) !== undefined
  );
  return isKnown ? [{ kind: "pod-came" }] : [];
}

function nextOf(
  { type }: PlanCursor,
  rows: readonly MetaRow[],
): PlanCursor | undefined {
  const last = rows.at(-1);
  if (last && rows.length === ROWS_PER_SLICE) return { type, after: last.key };
  return type === ResourceType.pod
    ? { type: ResourceType.serviceaccounttoken, after: "" }
    : undefined;
}

function questionsOf(
  row: MetaRow,
  tx: StoreTransaction,
  context: Context,
): Question[] {
  const found = row.type === ResourceType.pod
    ? questionsOfPod(row, tx, context)
    : questionsOfToken(row, tx, context);
  return found.filter(({ resource }) => {
    // A name that no object can have must not fail all other questions.
    const type = parseResource(resource)?.resType;
    return type !== undefined && context.remoteTypes.has(type);
  });
}

function questionsOfPod(
  row: MetaRow,
  tx: StoreTransaction,
  context: Context,
): Question[] {
  const pod = parsed(row.value);
  // Pods of others lie here because somebody watches them.
  if (specOf(pod).nodeName !== context.nodeId) return [];
  const namespace = row.key.slice(0, row.key.indexOf("/"));
  const questions: Question[] = [];
  for (const { type, name } of referencesOf(pod)) {
    const key = resourceOf(namespace, type, name);
    questions.push({ key, resource: key, content: null });
    if (type !== ResourceType.persistentvolumeclaim) continue;
    const { volumeName } = specOf(parsed(tx.get(key)?.value ?? ""));
    if (typeof volumeName !== "string" || volumeName === "") continue;
    const volume = resourceOf(
      NO_NAMESPACE,
      ResourceType.persistentvolume,
      volumeName,
    );
    questions.push({ key: volume, resource: volume, content: null });
  }
  return questions;
}

function questionsOfToken(
  row: MetaRow,
  tx: StoreTransaction,
  context: Context,
): Question[] {
  if (row.uid === "" || isTokenFresh(row, context.now())) return [];
  const question = tokenQuestionOf(row.key);
  if (!question) return [];
  const { resource, content, pod } = question;
  const key = resourceOf(resource.namespace, ResourceType.pod, pod);
  if (tx.get(key)?.uid !== row.uid) return [];
  return [{ key: row.key, resource: resource.resKey, content }];
}

function specOf(object: unknown): Readonly<Record<string, unknown>> {
  return isRecord(object) && isRecord(object.spec) ? object.spec : {};
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // A damaged row names nothing; who asks for it is told of the damage.
    return undefined;
  }
}
