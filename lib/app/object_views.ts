import { ActionError, type View } from "../admin/mod.ts";
import {
  NO_NAMESPACE,
  parseResource,
  resourceOf,
  ResourceType,
} from "../message/mod.ts";
import { statusKeyOf, tokenQuestionOf } from "../operations/mod.ts";
import {
  type MetaRow,
  type OutboxInfo,
  StoreError,
  type StoreView,
} from "../store/mod.ts";
import { hideSecrets } from "./hide_secrets.ts";
import { type OutboxMessage, outboxMessage } from "./outbox_report.ts";

/** A stored object as an operator gets it. */
export interface ObjectItem extends MetaRow {
  /** Namespace; empty for an object without one. */
  readonly namespace: string;
  /** Name; empty for a list of a type. */
  readonly name: string;
  /** Of a pod: the text of the status that its agent reported last. */
  readonly status?: string;
  /** Of a pod: the revision of that status; 0 if there is none. */
  readonly statusRevision?: number;
  /** What of it the cloud has not confirmed; only if asked for by name. */
  readonly outbox?: readonly OutboxMessage[];
}

/** Some objects in the order of their keys. */
export interface ObjectPage {
  /** The objects. */
  readonly items: readonly ObjectItem[];
  /** Key after which to go on; missing after the last. */
  readonly next?: string;
}

/** Where objects stand, without them: a pod's status counts as its own. */
export interface KeyPage {
  /** Key, and the revisions of the object and of its status. */
  readonly keys: readonly (readonly [key: string, revision: string])[];
  /** Key after which to go on; missing after the last. */
  readonly next?: string;
}

/** What the pages read. */
export interface ObjectSource {
  /** The store. */
  readonly view: StoreView;
  /** Differs after each change of it. */
  readonly mark: () => string;
  /** Wall clock, in milliseconds. */
  readonly nowMs: () => number;
}

/** Messages about these types speak of an object of the other type. */
const REPORTS: Readonly<Record<string, readonly string[]>> = {
  [ResourceType.pod]: [ResourceType.podstatus, ResourceType.podpatch],
  [ResourceType.node]: [ResourceType.nodestatus, ResourceType.nodepatch],
};

/**
 * Pages with the stored objects, by path of the admin socket. They carry
 * contents, so they are for the socket of the node's user alone.
 *
 * | path | parameters | answer |
 * |---|---|---|
 * | `/objects/types` | | `types`, `mark` |
 * | `/objects` | `type`, `namespace`, `name`, `key`, `after`, `secrets=show` | {@link ObjectPage} |
 * | `/objects/keys` | `type`, `namespace`, `after` | {@link KeyPage} |
 *
 * The namespace `null` is that of objects without one. Secrets are hidden here
 * already, unless they are asked for: what is not to be shown does not leave.
 */
export function objectViews(
  source: ObjectSource,
): Readonly<Record<string, View>> {
  return {
    "/objects/types": readable(() => ({
      mark: source.mark(),
      types: source.view.types(),
    })),
    "/objects": readable((parameters) => objectPage(source, parameters)),
    "/objects/keys": readable((parameters) => keyPage(source.view, parameters)),
  };
}

/** The operator hears what the store says of itself. */
function readable(view: View): View {
  return (parameters) => {
    try {
      return view(parameters);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new ActionError(503, error.message, {
        hint: error.hint || "See what metamanager store check says",
        cause: error,
      });
    }
  };
}

function objectPage(
  source: ObjectSource,
  parameters: URLSearchParams,
): ObjectPage {
  const query = queryOf(parameters);
  const name = parameters.get("name");
  const show = parameters.get("secrets") === "show";
  const read = (row: MetaRow) => itemOf(source, row, show);
  const one = (row: MetaRow | undefined) =>
    row?.type === query.type
      ? { items: [{ ...read(row), outbox: outboxOf(source, row) }] }
      : { items: [] };
  const key = parameters.get("key");
  if (key !== null) return one(source.view.get(key));
  if (name !== null && query.type !== ResourceType.serviceaccounttoken) {
    const { namespace = NO_NAMESPACE, type } = query;
    return one(
      source.view.get(resourceOf(namespace, type, name)) ??
        source.view.get(resourceOf(NO_NAMESPACE, type, name)),
    );
  }
  const { rows, next } = source.view.page(rangeOf(query));
  const items = rows.map(read).filter((item) =>
    isOf(query, item) && (name === null || item.name === name)
  );
  return { items, ...(next === undefined ? {} : { next }) };
}

function keyPage(view: StoreView, parameters: URLSearchParams): KeyPage {
  const query = queryOf(parameters);
  const { rows, next } = view.keys(rangeOf(query));
  const isPod = query.type === ResourceType.pod;
  const keys = rows
    .filter(({ key }) => isOf(query, placeOf(query.type, key)))
    .map(({ key, revision }) => {
      const status = isPod ? `.${view.revisionOf(statusKeyOf(key))}` : "";
      return [key, `${revision}${status}`] as const;
    });
  return { keys, ...(next === undefined ? {} : { next }) };
}

interface Query {
  readonly type: string;
  readonly namespace?: string;
  readonly after: string;
}

/** @throws {ActionError} Unless it names a type. */
function queryOf(parameters: URLSearchParams): Query {
  const type = parameters.get("type") ?? "";
  if (type === "") {
    throw new ActionError(400, "Expected a type, as in /objects?type=pod");
  }
  const namespace = parameters.get("namespace");
  return {
    type,
    after: parameters.get("after") ?? "",
    ...(namespace === null ? {} : { namespace }),
  };
}

/** The key of a token does not begin with its namespace. */
function rangeOf({ type, after, namespace }: Query) {
  return type === ResourceType.serviceaccounttoken || namespace === undefined
    ? { type, after }
    : { type, after, namespace };
}

function isOf(
  { namespace }: Query,
  place: { readonly namespace: string },
): boolean {
  return namespace === undefined ||
    (place.namespace || NO_NAMESPACE) === namespace;
}

function itemOf(
  { view }: ObjectSource,
  row: MetaRow,
  show: boolean,
): ObjectItem {
  const status = row.type === ResourceType.pod
    ? view.get(statusKeyOf(row.key))
    : undefined;
  return {
    ...row,
    value: show ? row.value : hideSecrets(row.type, row.value),
    ...placeOf(row.type, row.key),
    ...(row.type === ResourceType.pod
      ? { statusRevision: status?.revision ?? 0 }
      : {}),
    ...(status ? { status: status.value } : {}),
  };
}

function placeOf(
  type: string,
  key: string,
): { readonly namespace: string; readonly name: string } {
  const resource = type === ResourceType.serviceaccounttoken
    ? tokenQuestionOf(key)?.resource
    : parseResource(key);
  const { namespace = "", resId: name = key } = resource ?? {};
  return { namespace: namespace === NO_NAMESPACE ? "" : namespace, name };
}

/** What waits for the cloud and speaks of an object. */
function outboxOf(source: ObjectSource, row: MetaRow): OutboxMessage[] {
  const { namespace = "", resId = "" } = parseResource(row.key) ?? {};
  const resources = [
    row.key,
    ...(REPORTS[row.type] ?? []).flatMap((type) => [
      resourceOf(namespace, type, resId),
      // A Node's reports name the namespace that it was registered with.
      ...(namespace === NO_NAMESPACE
        ? [resourceOf("default", type, resId)]
        : []),
    ]),
  ];
  return resources
    .flatMap((resource) => source.view.outboxOf(resource))
    .map((info) => toldOf(info, source.nowMs()));
}

/** Whether it is on its way is known to the processor alone. */
function toldOf(info: OutboxInfo, nowMs: number): OutboxMessage {
  return outboxMessage(info, { nowMs, isSent: false });
}
