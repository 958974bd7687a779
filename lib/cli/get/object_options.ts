import type { ObjectItem } from "../../app/mod.ts";
import {
  type CommandInput,
  CONFIG_OPTIONS,
  type OptionSpec,
  UsageError,
} from "../command.ts";
import type { Ask } from "../node_or_file.ts";
import { fetchNamed, fetchPages, type Scope } from "./fetch_objects.ts";
import { parseSelector, type Selector } from "./label_selector.ts";
import { fieldsAt, objectOf } from "./object_of.ts";
import type { Request } from "./request.ts";

/** Options of every command that reads stored objects. */
export const OBJECT_OPTIONS: readonly OptionSpec[] = [
  {
    name: "namespace",
    short: "n",
    value: "NAME",
    doc: "Namespace, by default default",
  },
  { name: "all-namespaces", short: "A", doc: "In all namespaces" },
  {
    name: "selector",
    short: "l",
    value: "LABELS",
    doc: "Only objects with these labels, as in app=web,tier!=test," +
      "env in (a,b),!old",
  },
  { name: "show-secrets", doc: "Show what is secret in secrets and tokens" },
  ...CONFIG_OPTIONS,
];

/** Which objects are wanted. */
export interface Wanted {
  /** Where they are. */
  readonly scope: Scope;
  /** Which labels they have. */
  readonly isMeant: (item: ObjectItem) => boolean;
  /** Whether labels were asked for. */
  readonly hasSelector: boolean;
}

/**
 * Reads {@link OBJECT_OPTIONS}.
 *
 * @throws {UsageError} If they are wrong.
 */
export function wantedOf({ flag, value }: CommandInput): Wanted {
  const labels = value("selector");
  const selector = parseSelector(labels ?? "");
  const namespace = value("namespace");
  if (namespace === "" || namespace?.includes("/")) {
    throw new UsageError(
      `Expected a namespace, got: ${namespace || "nothing"}`,
    );
  }
  return {
    scope: {
      showSecrets: flag("show-secrets"),
      ...(flag("all-namespaces") ? {} : { namespace: namespace ?? "default" }),
    },
    hasSelector: labels !== undefined,
    isMeant: (item) => labels === undefined || hasLabels(item, selector),
  };
}

/**
 * Names do not go with labels, nor with all namespaces.
 *
 * @throws {UsageError} If they were given together.
 */
export function checkNames(
  requests: readonly Request[],
  { scope, hasSelector }: Wanted,
): void {
  if (requests.every(({ names }) => names.length === 0)) return;
  if (hasSelector) {
    throw new UsageError("A name cannot be given together with --selector");
  }
  if (scope.namespace === undefined) {
    throw new UsageError(
      "A name cannot be looked for in all namespaces, name one with -n",
    );
  }
}

/** What is asked for, page by page; `missing` are names that are not there. */
export async function* wantedPages(
  ask: Ask,
  { type, names }: Request,
  { scope, isMeant }: Wanted,
): AsyncGenerator<{ items: readonly ObjectItem[]; missing?: string }> {
  if (names.length === 0) {
    for await (const items of fetchPages(ask, type, scope)) {
      yield { items: items.filter(isMeant) };
    }
  }
  for (const name of names) {
    const items = await fetchNamed(ask, { type, name }, scope);
    yield items.length > 0 ? { items } : { items, missing: name };
  }
}

/** That an object is not there, in the words of kubectl. */
export function notFoundText(type: string, name: string): string {
  return `Error from server (NotFound): ${
    pluralOf(type)
  } "${name}" not found\n`;
}

/** That there are none, in the words of kubectl. */
export function noneText({ namespace }: Scope): string {
  const where = namespace === undefined ? "" : ` in ${namespace} namespace`;
  return `No resources found${where}${where && "."}\n`;
}

function pluralOf(type: string): string {
  if (/(?:tatus|ss|x|ch|sh)$/.test(type)) return `${type}es`;
  if (/[^aeiou]y$/.test(type)) return `${type.slice(0, -1)}ies`;
  return type.endsWith("s") ? type : `${type}s`;
}

function hasLabels(item: ObjectItem, selector: Selector): boolean {
  return selector(fieldsAt(objectOf(item), "metadata", "labels"));
}
