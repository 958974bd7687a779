import { isRecord } from "../../lib/base/mod.ts";
import { decode, type Message } from "../../lib/message/mod.ts";

/** One line of a recording; see the fixtures' README for its kinds. */
export interface RecordedLine {
  readonly step?: string;
  /** Milliseconds since the start of the recording. */
  readonly t?: number;
  readonly from?: "edge" | "cloud";
  readonly frame?: string;
  readonly link?: string;
  readonly event?: string;
  readonly api?: {
    readonly method: string;
    readonly path: string;
    readonly resourceVersion?: string;
  };
}

/** Names of the recordings. */
export const RECORDINGS = [
  "edgecore-v1.15.0.jsonl",
  "cloudcore-v1.15.0.jsonl",
  "edgecore-with-cloudcore-v1.15.0.jsonl",
] as const;

const FOLDER = new URL("../fixtures/wire/", import.meta.url);

/** Links of the recordings that belong to other nodes. */
const OTHER_NODES: ReadonlySet<string> = new Set(["edge-2", "no use"]);

/** The lines of a recording that concern its one node. */
export function readRecording(name: string): RecordedLine[] {
  const text = Deno.readTextFileSync(new URL(name, FOLDER));
  return text.trim().split("\n")
    .map((line): RecordedLine => JSON.parse(line))
    .filter(({ link }) => !OTHER_NODES.has(link ?? ""));
}

/** The message of a frame. @throws If it is none. */
export function messageOf(frame: string): Message {
  const decoded = decode(frame);
  if (!decoded.ok) throw new Error(decoded.fault.text);
  return decoded.message;
}

/** Ids that the recorded edge acknowledged, whatever the wire document says. */
export function answeredIds(lines: readonly RecordedLine[]): Set<string> {
  const ids = new Set<string>();
  for (const { from, frame } of lines) {
    if (from !== "edge" || !frame) continue;
    const { header } = JSON.parse(frame);
    if (header.parent_msg_id) ids.add(header.parent_msg_id);
  }
  return ids;
}

const CONTROL: ReadonlySet<string> = new Set(["ping", "pong", "config"]);
const NO_ACK_WORDS =
  /podlist|membership|twin\/cloud_updated|serviceaccounttoken|k8s\/ca\.crt/;
const NO_ACK_OPERATIONS =
  /^(applicationResponse|(create|delete|controllerpublish|controllerunpublish)volume)$/;
const NO_ACK_TYPES: ReadonlySet<string> = new Set([
  "lease",
  "nodepatch",
  "podpatch",
  "podstatus",
  "certificatesigningrequest",
]);

/** Viaduct's own operations, which never reach a module. */
export function isControl({ route }: Message): boolean {
  return CONTROL.has(route.operation);
}

/** Whether CloudHub waits for an ack of a message (wire document, 4.1). */
export function wantsAck(message: Message): boolean {
  const { operation, resource, source, group } = message.route;
  const type = resource.split("/")[1] ?? "";
  if (isControl(message) || NO_ACK_WORDS.test(resource)) return false;
  if (NO_ACK_OPERATIONS.test(operation) || group !== "resource") return false;
  if (operation === "response" && isVerdict(message.content)) return false;
  if (source === "edgecontroller") {
    if (NO_ACK_TYPES.has(type)) return false;
    if (type === "node" && operation !== "update") return false;
    if (type === "pod" && operation === "response") return false;
  }
  return operation === "delete" || Boolean(message.header.resourceversion);
}

function isVerdict(content: unknown): boolean {
  return content === "OK" || (isRecord(content) && "ErrStatus" in content);
}

/** An object as the far side knows it. */
export interface KnownObject {
  readonly uid: string;
  readonly version: string;
}

const PLURALS: Readonly<Record<string, string>> = {
  pods: "pod",
  nodes: "node",
  configmaps: "configmap",
  secrets: "secret",
  persistentvolumes: "persistentvolume",
  persistentvolumeclaims: "persistentvolumeclaim",
  volumeattachments: "volumeattachment",
};
const CLUSTER_SCOPED = /^[^/]+\/(node|persistentvolume|volumeattachment)\//;

/** One key per object: cluster-scoped ones have no namespace. */
export function objectKey(resource: string): string {
  const key = resource.replace(/\/(node|pod)(patch|status)\//, "/$1/");
  return CLUSTER_SCOPED.test(key) ? key.replace(/^[^/]+/, "null") : key;
}

/**
 * Kubernetes as a recording shows it: what its script did there, and the
 * objects that CloudCore sent from there.
 */
export class KubernetesSide {
  readonly #objects = new Map<string, KnownObject>();
  /** Version of the last delete of each key. */
  readonly #deleted = new Map<string, number>();

  /** What is there, by key. */
  get objects(): ReadonlyMap<string, KnownObject> {
    return this.#objects;
  }

  /** Takes one line. */
  take(line: RecordedLine): void {
    if (line.api) this.#takeApi(line.api);
    if (line.from === "cloud" && line.frame) this.#takeFrame(line.frame);
  }

  #takeApi(api: NonNullable<RecordedLine["api"]>): void {
    const { method, path, resourceVersion: version = "" } = api;
    const url = new URL(path, "http://api");
    const parts = url.pathname.split("/");
    const at = parts.findIndex((part) => part in PLURALS);
    const name = parts[at + 1];
    if (at < 0 || !name) return;
    const namespace = parts[at - 2] === "namespaces" ? parts[at - 1] : "null";
    const type = PLURALS[parts[at] ?? ""];
    const key = `${namespace}/${type}/${name}`;
    const known = this.#objects.get(key);
    const graceful = type === "pod" &&
      url.searchParams.get("gracePeriodSeconds") !== "0";
    if (method === "DELETE" && !graceful) {
      this.#objects.delete(key);
      if (version) this.#deleted.set(key, Number(version));
    } else if (known && version) {
      this.#objects.set(key, { ...known, version });
    }
  }

  #takeFrame(frame: string): void {
    const { route, content, header } = messageOf(frame);
    const key = objectKey(route.resource);
    const object = isRecord(content) && isRecord(content.Object)
      ? content.Object
      : content;
    const metadata = isRecord(object) && isRecord(object.metadata)
      ? object.metadata
      : {};
    const { uid, resourceVersion: version } = metadata;
    const known = this.#objects.get(key);
    if (route.operation === "delete") {
      // A cluster-scoped one is only looked up wrongly (wire document, 4.5).
      if (key !== route.resource || (uid && known?.uid !== uid)) return;
      this.#objects.delete(key);
      this.#deleted.set(key, Number(header.resourceversion ?? 0));
      return;
    }
    if (typeof uid !== "string" || typeof version !== "string") return;
    if (Number(version) <= (this.#deleted.get(key) ?? 0)) return;
    if (known && Number(known.version) > Number(version)) return;
    this.#objects.set(key, { uid, version });
  }
}
