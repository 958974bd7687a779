import { isRecord } from "../base/mod.ts";
import { Group, type Message, Module, newMessage } from "../message/mod.ts";
import type { AnswerContext } from "./answer.ts";
import { type ApiStatus, notFound } from "./api_status.ts";
import type { CloudObject } from "./cloud_object.ts";
import { APPLICATION_RESPONSE } from "./delivery.ts";
import { nodeNameOf } from "./edge_controller.ts";
import { goJson, sorted } from "./go_json.ts";
import { type Kind, kindOfPlural } from "./kinds.ts";

/**
 * Answers a MetaServer-style Application (wire document, 10): `get` and `list`
 * of known kinds with field selectors on name, namespace, `spec.nodeName` and
 * `status.phase`. Other verbs are not modelled.
 *
 * @returns `undefined` where there is no answer.
 */
export function answerApplication(
  message: Message,
  context: AnswerContext,
): Message | undefined {
  const application = message.content;
  if (!isRecord(application)) return undefined;
  const outcome = serve(application, context);
  if (!outcome) return undefined;
  return newMessage(context.stamp, {
    source: Module.dynamiccontroller,
    group: Group.resource,
    operation: APPLICATION_RESPONSE,
    resource: "ignore/Application/ignore",
    parentId: message.header.msg_id,
    content: { ...application, ...outcome },
  });
}

type Outcome = Record<string, unknown>;

function serve(
  application: Readonly<Record<string, unknown>>,
  context: AnswerContext,
): Outcome | undefined {
  const parts = String(application.Key ?? "").split("/");
  const [, , , plural = "", namespace = "", name = ""] = parts;
  const kind = kindOfPlural(plural);
  if (!kind) return undefined;
  switch (application.Verb) {
    case "get": {
      const object = context.objects.get({ type: kind.type, namespace, name });
      return object ? approved(object) : rejected(notFound(kind, name));
    }
    case "list":
      return approved(
        listOf(kind, {
          namespace,
          selector: fieldSelector(application.Option),
          context,
        }),
      );
    default:
      return undefined;
  }
}

function approved(body: unknown): Outcome {
  const text = goJson(sorted(body));
  return {
    RespBody: new TextEncoder().encode(text).toBase64(),
    Status: "Approved",
  };
}

function rejected(status: ApiStatus): Outcome {
  return {
    Status: "Rejected",
    Error: { ErrStatus: { kind: "Status", apiVersion: "v1", ...status } },
  };
}

function listOf(kind: Kind, options: {
  namespace: string;
  selector: ReadonlyMap<string, string>;
  context: AnswerContext;
}): Record<string, unknown> {
  const { namespace, selector, context } = options;
  const items = context.objects
    .list(kind.type, namespace === "null" ? undefined : namespace)
    .filter((object) =>
      [...selector].every(([field, value]) => fieldOf(object, field) === value)
    );
  return {
    apiVersion: kind.apiVersion,
    kind: `${kind.kind}List`,
    metadata: { resourceVersion: context.objects.version },
    items,
  };
}

function fieldOf(object: CloudObject, field: string): string | undefined {
  switch (field) {
    case "metadata.name":
      return object.metadata.name;
    case "metadata.namespace":
      return object.metadata.namespace;
    case "spec.nodeName":
      return nodeNameOf(object);
    case "status.phase":
      return phaseOf(object);
    default:
      return undefined;
  }
}

function phaseOf({ status }: CloudObject): string | undefined {
  return isRecord(status) && typeof status.phase === "string"
    ? status.phase
    : undefined;
}

/** Reads `fieldSelector` out of the base64 of ListOptions. */
function fieldSelector(option: unknown): ReadonlyMap<string, string> {
  const selector = decodeOption(option).fieldSelector;
  if (typeof selector !== "string" || selector === "") return new Map();
  return new Map(
    selector.split(",").map((term) => {
      const [field = "", value = ""] = term.split(/==?/);
      return [field, value] as const;
    }),
  );
}

function decodeOption(option: unknown): Record<string, unknown> {
  if (typeof option !== "string") return {};
  try {
    const text = new TextDecoder().decode(Uint8Array.fromBase64(option));
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    // Options that nobody can read select nothing, as an empty object does.
    return {};
  }
}
