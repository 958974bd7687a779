import type { ObjectItem } from "../../app/mod.ts";
import { isRecord } from "../../base/mod.ts";
import { NO_NAMESPACE } from "../../message/mod.ts";
import type { Ask } from "../node_or_file.ts";

/** Where objects are looked for. */
export interface Scope {
  /** Namespace; all if left out. */
  readonly namespace?: string;
  /** Whether secrets are wanted. @default false */
  readonly showSecrets?: boolean;
}

/** What is there, and how far the store is. */
export interface Stored {
  /** Types of which there is an object. */
  readonly types: readonly string[];
  /** Differs after each change of the store. */
  readonly mark: string;
}

/** Asks which types there are. */
export async function fetchStored(ask: Ask): Promise<Stored> {
  const answer = await ask("/objects/types");
  const { types, mark } = isRecord(answer) ? answer : {};
  return {
    types: Array.isArray(types) ? types.map(String) : [],
    mark: String(mark),
  };
}

/**
 * Asks for all objects of a type, a page at a time. As in Kubernetes objects
 * without a namespace are in every one.
 */
export async function* fetchPages(
  ask: Ask,
  type: string,
  { namespace, showSecrets = false }: Scope,
): AsyncGenerator<readonly ObjectItem[]> {
  const secrets = showSecrets ? "show" : undefined;
  for (const one of namespacesOf(namespace)) {
    const parameters = { type, namespace: one, secrets };
    for await (const page of pagesOf(ask, "/objects", parameters)) {
      yield itemsOf(page);
    }
  }
}

/** Asks for one object; several tokens may have one name. */
export async function fetchNamed(
  ask: Ask,
  about: { readonly type: string; readonly name: string },
  { namespace = "default", showSecrets = false }: Scope,
): Promise<readonly ObjectItem[]> {
  const secrets = showSecrets ? "show" : undefined;
  const items: ObjectItem[] = [];
  const parameters = { ...about, namespace, secrets };
  for await (const page of pagesOf(ask, "/objects", parameters)) {
    items.push(...itemsOf(page));
  }
  return items;
}

/** Asks for the object under a key. */
export async function fetchByKey(
  ask: Ask,
  about: { readonly type: string; readonly key: string },
  { showSecrets = false }: Scope,
): Promise<ObjectItem | undefined> {
  const secrets = showSecrets ? "show" : undefined;
  const answer = await ask("/objects", { ...about, secrets });
  return isRecord(answer) ? itemsOf(answer)[0] : undefined;
}

/** Asks where all objects of a type stand: their revisions by key. */
export async function fetchKeys(
  ask: Ask,
  type: string,
  { namespace }: Scope,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const one of namespacesOf(namespace)) {
    const parameters = { type, namespace: one };
    for await (const page of pagesOf(ask, "/objects/keys", parameters)) {
      const keys = Array.isArray(page.keys) ? page.keys : [];
      for (const [key, revision] of keys) found.set(key, revision);
    }
  }
  return found;
}

/** What {@link fetchKeys} says of an object that was fetched. */
export function revisionOf({ revision, statusRevision }: ObjectItem): string {
  return statusRevision === undefined
    ? String(revision)
    : `${revision}.${statusRevision}`;
}

function namespacesOf(namespace?: string): readonly (string | undefined)[] {
  return namespace === undefined || namespace === NO_NAMESPACE
    ? [namespace]
    : [namespace, NO_NAMESPACE];
}

async function* pagesOf(
  ask: Ask,
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  let after: string | undefined;
  do {
    const answer = await ask(path, { ...parameters, after });
    const page = isRecord(answer) ? answer : {};
    yield page;
    after = typeof page.next === "string" ? page.next : undefined;
  } while (after !== undefined);
}

/** The node answers as its own program does; what is no object is left out. */
function itemsOf(page: Readonly<Record<string, unknown>>): ObjectItem[] {
  const items = Array.isArray(page.items) ? page.items : [];
  return items.filter(isItem);
}

function isItem(item: unknown): item is ObjectItem {
  return isRecord(item) && typeof item.key === "string" &&
    typeof item.value === "string" && typeof item.name === "string" &&
    typeof item.namespace === "string" && typeof item.type === "string";
}
