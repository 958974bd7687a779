import { isRecord } from "../base/mod.ts";
import {
  type Message,
  NO_NAMESPACE,
  parseResource,
  readAnswer,
  resourceOf,
  ResourceType,
} from "../message/mod.ts";
import {
  applicationRequest,
  askAnew,
  isOwnPod,
  PLAN_START,
  type PlanCursor,
  planSlice,
  podListRequest,
  type Question,
  readApplication,
  readPodList,
  refusalOf,
} from "../operations/mod.ts";
import type { Store } from "../store/mod.ts";
import type { End, ResyncAsker } from "./resync_asker.ts";
import type { ResyncTally, Seen } from "./resync_report.ts";

/** What the steps work with. */
export interface StepOptions {
  /** Asks the cloud. */
  readonly asker: ResyncAsker;
  /** What is stored. */
  readonly store: Pick<Store, "get" | "list">;
  /** Name of the node. */
  readonly nodeId: string;
  /** Where results are noted. */
  readonly tally: ResyncTally;
}

/** Resources of the API server by type; what has none is not compared. */
const PLURALS: ReadonlyMap<string, string> = new Map([
  [ResourceType.configmap, "configmaps"],
  [ResourceType.secret, "secrets"],
  [ResourceType.persistentvolume, "persistentvolumes"],
  [ResourceType.persistentvolumeclaim, "persistentvolumeclaims"],
]);

/** Types that the cloud can be asked for. */
export const ASKABLE: readonly string[] = [
  ResourceType.pod,
  ...PLURALS.keys(),
  ResourceType.serviceaccounttoken,
];

/** Questions that may wait for the cloud at a time. */
const IN_FLIGHT_MAX = 8;

const NO_LISTS = "the cloud does not answer such questions: CloudCore does " +
  "with DynamicController only";
const DELIVERED = "the cloud counts its answer as delivered: compared when " +
  "it is taken in, with --apply";

/** What the stored pods name, and tokens near their renewal. */
export async function plan(
  asker: ResyncAsker,
  type: string | undefined,
): Promise<Question[]> {
  const found = new Map<string, Question>();
  for (let next: PlanCursor | undefined = PLAN_START; next;) {
    const cursor: PlanCursor = next;
    const [effect] = await asker.read((tx, context) =>
      planSlice(tx, context, cursor)
    );
    const planned = effect?.kind === "planned" ? effect : undefined;
    for (const question of planned?.questions ?? []) {
      found.set(question.key, question);
    }
    next = planned?.next;
  }
  return [...found.values()].filter((question) =>
    type === undefined || typeOf(question) === type
  );
}

/**
 * Asks as the node always does, and notes what the answers changed.
 *
 * @param again It is the second time: what the cloud does not have goes.
 * @returns What the cloud denied for the first time.
 */
export async function takeIn(
  { asker, store, tally }: StepOptions,
  questions: readonly Question[],
  again: boolean,
): Promise<Question[]> {
  const denied: Question[] = [];
  for (const some of windows(questions)) {
    const befores = some.map(({ key }) => seen(store, key));
    const ends = await asker.ask((tx, context) =>
      askAnew(tx, context, { questions: some, again }).flatMap((effect) =>
        effect.kind === "ask" ? [effect.request] : []
      )
    );
    for (const [i, question] of some.entries()) {
      const about = { key: question.key, type: typeOf(question) };
      const end = ends[i] ?? "disconnected";
      const after = seen(store, question.key);
      if (typeof end === "string") tally.skip(about.type, whyNot(end));
      else if (refusalOf(end).transient) {
        tally.skip(about.type, "the cloud cannot tell now: try again");
      } else if (isDenial(end) && after && !again) denied.push(question);
      else tally.compare(about, befores[i], after);
    }
  }
  return denied;
}

/**
 * Asks as MetaServer does, whose answers want no ack: nothing is taken in.
 *
 * @param isAnswering Whether the cloud answers such questions.
 */
export async function compare(
  { asker, store, tally }: StepOptions,
  questions: readonly Question[],
  isAnswering: boolean,
): Promise<void> {
  const isComparable = (question: Question) =>
    isAnswering && PLURALS.has(typeOf(question));
  for (const question of questions) {
    if (!isComparable(question)) tally.skip(typeOf(question), DELIVERED);
  }
  for (const some of windows(questions.filter(isComparable))) {
    const ends = await asker.ask((tx, context) =>
      some.map((question) => ({
        ...applicationRequest(tx, context, {
          key: apiKeyOf(question),
          verb: "get",
          option: "{}",
        }),
        comparesOnly: true,
      }))
    );
    for (const [i, { key, ...question }] of some.entries()) {
      const about = { key, type: typeOf(question) };
      const end = ends[i] ?? "disconnected";
      if (typeof end === "string") {
        tally.skip(about.type, whyNot(end));
        continue;
      }
      const answer = readApplication(end);
      if (answer.kind === "refused" && !answer.isMissing) {
        tally.skip(about.type, answer.reason);
      } else {
        const cloud = answer.kind === "approved"
          ? seenOf(answer.body)
          : undefined;
        tally.compare(about, seen(store, key), cloud);
      }
    }
  }
}

/**
 * Compares, or applies, the list of the node's pods.
 *
 * @returns Whether the cloud answers such questions.
 */
export async function comparePods(
  { asker, store, nodeId, tally }: StepOptions,
  apply: boolean,
): Promise<boolean> {
  const type = ResourceType.pod;
  const before = ownPods(store, nodeId);
  const [end = "disconnected"] = await asker.ask((tx, context) => [{
    ...podListRequest(tx, context),
    ...(apply ? {} : { comparesOnly: true }),
  }]);
  if (typeof end === "string") {
    const why = end === "expired" ? NO_LISTS : whyNot(end);
    tally.skip(type, why, before.size);
    return false;
  }
  const list = readPodList(end);
  if (list.kind === "refused") {
    tally.skip(type, list.reason, before.size);
    return true;
  }
  const cloud = apply ? ownPods(store, nodeId) : new Map(
    list.items.map((item) => [podKeyOf(item), seenOf(item)]),
  );
  for (const key of new Set([...before.keys(), ...cloud.keys()])) {
    tally.compare({ key, type }, before.get(key), cloud.get(key));
  }
  return true;
}

function ownPods(
  store: StepOptions["store"],
  nodeId: string,
): Map<string, Seen> {
  const rows = store.list(ResourceType.pod)
    .filter(({ value }) => isOwnPod(value, { nodeId }));
  return new Map(
    rows.map(({ key, uid, version }) => [key, { uid, version }]),
  );
}

function seen(store: StepOptions["store"], key: string): Seen | undefined {
  const row = store.get(key);
  return row && { uid: row.uid, version: row.version };
}

function seenOf(object: unknown): Seen {
  const { uid, resourceVersion } = metadataOf(object);
  return { uid: String(uid ?? ""), version: String(resourceVersion ?? "") };
}

function podKeyOf(pod: unknown): string {
  const { namespace, name } = metadataOf(pod);
  return resourceOf(String(namespace), ResourceType.pod, String(name));
}

function metadataOf(object: unknown): Readonly<Record<string, unknown>> {
  return isRecord(object) && isRecord(object.metadata) ? object.metadata : {};
}

function typeOf({ resource }: Pick<Question, "resource">): string {
  return parseResource(resource)?.resType ?? "";
}

/** How the API server calls what EdgeController calls `namespace/type/name`. */
function apiKeyOf(question: Question): string {
  const { namespace = NO_NAMESPACE, resType = "", resId = "" } =
    parseResource(question.resource) ?? {};
  return `/core/v1/${PLURALS.get(resType)}/${namespace}/${resId}`;
}

function isDenial({ content }: Message): boolean {
  const answer = readAnswer(content);
  return answer.kind === "failed" && answer.reason === "NotFound";
}

function whyNot(end: Exclude<End, Message>): string {
  return end === "expired"
    ? "the cloud did not answer in time: try again"
    : "the cloud went away or has too much to do: try again";
}

function windows(questions: readonly Question[]): Question[][] {
  const all: Question[][] = [];
  for (let i = 0; i < questions.length; i += IN_FLIGHT_MAX) {
    all.push(questions.slice(i, i + IN_FLIGHT_MAX));
  }
  return all;
}
