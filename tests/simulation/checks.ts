import { isRecord, LIMITS } from "../../lib/base/mod.ts";
import type { CloudCore } from "../../lib/dev/mod.ts";
import type { Message } from "../../lib/message/mod.ts";
import type { MetaRow, OutboxRow, Store } from "../../lib/store/mod.ts";

/** What the checks look at. */
export interface ChecksOptions {
  /** Kubernetes and what was acked. */
  readonly core: CloudCore;
  /** What is durable. */
  readonly durable: () => Store;
  /** Told of what must not happen. */
  readonly broken: (invariant: string, text: string) => void;
  /** Told of a bound that was reached. */
  readonly reached: (what: "outbox" | "events") => void;
  /** Told of each row of the outbox, after each commit. */
  readonly waiting: (row: OutboxRow) => void;
}

/** Types of which one message of each object waits, without a bound. */
const STATES = ["podstatus", "nodestatus"];

/** Below that a bound of events is one that a plan reaches. */
const FEW_EVENTS = 100;

interface Held {
  readonly uid: string;
  readonly version: string;
  readonly generation: number;
}

/** Types of objects that the cloud owns. */
const CLOUD_TYPES = ["pod", "configmap"];

/**
 * What must hold after every commit, every ack and every `OK`, and at the end.
 * It knows what the cloud was told and looks at what is durable.
 */
export class Checks {
  readonly #options: ChecksOptions;
  /** Generation of each acked object, by uid. */
  readonly #acked = new Map<string, { key: string; generation: number }>();
  /** Uids of which any version was acked. */
  readonly #everAcked = new Set<string>();
  /** Uids whose delete was acked. */
  readonly #buried = new Set<string>();
  /** Order of creation by uid. */
  readonly #born = new Map<string, number>();
  /** What each key held last. */
  readonly #held = new Map<string, Held>();
  /** Newest status that the cloud got and that an agent was told is safe. */
  readonly #received = new Map<string, number>();
  readonly #promised = new Map<string, { key: string; sequence: number }>();
  /** Ids of events and deletes that an agent was told are safe. */
  readonly #promisedIds = new Set<string>();
  readonly #receivedIds = new Set<string>();
  /** Events that wait, oldest first, and those that went for newer ones. */
  #waitingEvents: readonly string[] = [];
  readonly #trimmedIds = new Set<string>();
  /** Uids that an agent asked to delete and was told `OK`. */
  readonly #ended = new Map<string, string>();

  /** Watches Kubernetes from now on. */
  constructor(options: ChecksOptions) {
    this.#options = options;
    options.core.objects.watch((event) => {
      const { uid } = event.object.metadata;
      if (!this.#born.has(uid)) this.#born.set(uid, this.#born.size);
    });
  }

  /** The cloud noted an ack: what it acks is durable. */
  acked(message: Message): void {
    const { operation, resource } = message.route;
    const metadata = metadataOf(message.content);
    const uid = typeof metadata.uid === "string" ? metadata.uid : "";
    if (!uid || !CLOUD_TYPES.includes(resource.split("/")[1] ?? "")) return;
    if (operation === "delete") {
      this.#buried.add(uid);
      this.#acked.delete(uid);
    } else {
      this.#everAcked.add(uid);
      const generation = generationOf(message.content);
      const before = this.#acked.get(uid)?.generation ?? 0;
      if (generation >= before) {
        this.#acked.set(uid, { key: resource, generation });
      }
    }
    this.store("after an ack");
  }

  /** An agent was told `OK`: its request is durable or has arrived. */
  done(request: Message): void {
    const { operation, resource } = request.route;
    const [namespace, type] = resource.split("/");
    const id = request.header.msg_id;
    if (operation === "insert" && type === "event") {
      this.#promisedIds.add(id);
      // At a small bound it may go within the very batch that brings it.
      if (LIMITS.outboxEventsMax < FEW_EVENTS) this.#trimmedIds.add(id);
      const isKept = this.#receivedIds.has(id) || this.#trimmedIds.has(id);
      if (!isKept && !this.#isWaiting(id)) {
        this.#lost(`event ${id} was answered OK`);
      }
    }
    if (operation === "delete" && type === "pod") {
      const { content } = request;
      const preconditions = isRecord(content) ? content.preconditions : {};
      const uid = isRecord(preconditions) ? String(preconditions.uid) : "";
      this.#ended.set(uid, resource);
    }
    if (type !== "podstatus") return;
    const { content } = request;
    for (const status of Array.isArray(content) ? content : [content]) {
      const { uid, sequence } = statusOf(status);
      const before = this.#promised.get(uid)?.sequence ?? 0;
      const key = `${namespace}/pod/${status.Name}`;
      this.#promised.set(uid, { key, sequence: Math.max(before, sequence) });
      this.#promiseKept(uid, "after an OK");
    }
  }

  /** The cloud got something that is no answer. */
  received(message: Message): void {
    const { resource } = message.route;
    const [, type] = resource.split("/");
    this.#receivedIds.add(message.header.msg_id);
    if (type !== "podstatus") return;
    const { content } = message;
    for (const status of Array.isArray(content) ? content : [content]) {
      const { uid, sequence } = statusOf(status);
      const before = this.#received.get(uid) ?? 0;
      this.#received.set(uid, Math.max(before, sequence));
    }
  }

  /** Looks at everything durable; after commits, acks and restarts. */
  store(when: string): void {
    const { broken } = this.#options;
    const store = this.#options.durable();
    for (const type of CLOUD_TYPES) {
      for (const row of store.list(type)) this.#row(row, when);
    }
    for (const [uid, { key, generation }] of this.#acked) {
      if (!this.#isAlive(key, uid)) continue;
      const row = store.get(key);
      if (row?.uid !== uid || generationOfRow(row) < generation) {
        broken(
          "an acknowledged write stays",
          `${key} ${uid} was acked in generation ${generation}, and ${when} ` +
            `the store has ${rowText(row)}`,
        );
      }
    }
    for (const uid of this.#promised.keys()) this.#promiseKept(uid, when);
    const rows = store.outbox(0, 1000);
    this.#outbox(rows, when);
    for (const row of rows) {
      this.#options.waiting(row);
      if (row.type !== "podstatus") continue;
      const { uid } = statusOf(JSON.parse(row.text).content);
      if (this.#buried.has(uid)) {
        broken(
          "a status goes with its pod",
          `${row.resource} waits in the outbox ${when}, and ${uid} is deleted`,
        );
      }
    }
    const resources = rows
      .filter((row) => row.type === "podstatus").map((row) => row.resource);
    if (new Set(resources).size < resources.length) {
      broken(
        "the outbox holds one status of each object",
        `it has ${resources.join(", ")}`,
      );
    }
  }

  /** What is not as it should be once everything is quiet; empty if all is. */
  unsettled(): string[] {
    const { core } = this.#options;
    const store = this.#options.durable();
    const found: string[] = [];
    const syncs = core.syncs.of("edge-1");
    for (const { uid, type, namespace, name } of syncs) {
      const object = core.objects.get({ type, namespace, name });
      const key = `${namespace}/${type}/${name}`;
      const row = store.get(key);
      if (object?.metadata.uid !== uid) {
        found.push(`the cloud still waits for the delete of ${key} ${uid}`);
      } else if (row?.uid !== uid || !isUpToDate(row, object)) {
        found.push(
          `${key} is ${uid} v${object.metadata.resourceVersion} in the ` +
            `cloud and ${rowText(row)} in the store`,
        );
      }
    }
    for (const type of CLOUD_TYPES) {
      for (const { key, uid } of store.list(type)) {
        // An answer that was stored and whose ack was lost is no subscription:
        // the cloud does not know that the node has the object, and the node
        // asks again only for what its pods name.
        const isKnown = type === "pod" || this.#everAcked.has(uid) ||
          isNamed(store, key);
        if (isKnown && !this.#isAlive(key, uid)) {
          found.push(`${key} ${uid} is stored and not in the cloud`);
        }
      }
    }
    const parked = new Set<string>();
    for (const row of store.outbox(0, 1000)) {
      const { resource, msgId, parkedAtMs } = row;
      if (parkedAtMs > 0) parked.add(msgId).add(resource);
      else found.push(`the outbox still has ${resource} (${msgId})`);
    }
    for (const [uid, { key, sequence }] of this.#promised) {
      // What is parked is the newest, or its promise would be broken.
      if (parked.has(key.replace("/pod/", "/podstatus/"))) continue;
      if (!this.#isAlive(key, uid)) continue;
      const [namespace = "", type = "", name = ""] = key.split("/");
      const object = core.objects.get({ type, namespace, name });
      const shown = statusSequence(object?.status);
      if (shown < sequence) {
        found.push(`${key}: status ${sequence} was OK, the cloud has ${shown}`);
      }
    }
    for (const id of this.#promisedIds) {
      const isOver = this.#trimmedIds.has(id) || parked.has(id);
      if (!this.#receivedIds.has(id) && !isOver) {
        found.push(`event ${id} never arrived`);
      }
    }
    for (const [uid, key] of this.#ended) {
      if (parked.has(key)) continue;
      if (this.#isAlive(key, uid)) found.push(`${key} ${uid} was never ended`);
    }
    return found;
  }

  /** The outbox within its bounds; at that of events the oldest go. */
  #outbox(rows: readonly OutboxRow[], when: string): void {
    const { broken, reached } = this.#options;
    const { outboxMessagesMax, outboxEventsMax } = LIMITS;
    const events = rows.filter(({ type }) => type === "event")
      .map(({ msgId }) => msgId);
    const others = rows.filter(({ type }) => !STATES.includes(type)).length;
    if (rows.length >= outboxMessagesMax) reached("outbox");
    if (others > outboxMessagesMax || events.length > outboxEventsMax) {
      broken(
        "no queue beyond its bound",
        `${others} messages wait ${when}, ${events.length} of them events`,
      );
    }
    const waiting = new Set(events);
    for (const id of this.#waitingEvents) {
      if (waiting.has(id) || this.#receivedIds.has(id)) continue;
      this.#trimmedIds.add(id);
      if (events.length >= outboxEventsMax) reached("events");
      else {
        broken(
          "an event goes unsent only at the bound",
          `${id} went ${when}, ${events.length} wait`,
        );
      }
    }
    this.#waitingEvents = events;
  }

  #row(row: MetaRow, when: string): void {
    const { broken } = this.#options;
    const { key, uid, version } = row;
    const before = this.#held.get(key);
    if (before?.uid === uid && before.version === version) return;
    const generation = generationOfRow(row);
    this.#held.set(key, { uid, version, generation });
    if (this.#buried.has(uid)) {
      broken(
        "no deleted object comes back",
        `the delete of ${key} ${uid} was acked, and ${when} it is stored`,
      );
    }
    if (!before) return;
    // Versions that were only raised may be lost by a crash, contents not.
    if (before.uid === uid && generation < before.generation) {
      broken(
        "an older version never wins",
        `${key} ${uid} was in generation ${before.generation} and is in ` +
          `${generation} ${when}`,
      );
    }
    const born = this.#born.get(uid) ?? 0;
    const bornBefore = this.#born.get(before.uid) ?? 0;
    if (born < bornBefore) {
      broken(
        "no deleted object comes back",
        `${key} was ${before.uid} and is the older ${uid} ${when}`,
      );
    }
  }

  #promiseKept(uid: string, when: string): void {
    const promise = this.#promised.get(uid);
    if (!promise || (this.#received.get(uid) ?? 0) >= promise.sequence) return;
    const store = this.#options.durable();
    const { key, sequence } = promise;
    if (store.get(key)?.uid !== uid) return;
    const status = key.replace("/pod/", "/podstatus/");
    const waits = store.outbox(0, 1000).some((row) =>
      row.resource === status &&
      statusOf(JSON.parse(row.text).content).sequence >= sequence
    );
    if (!waits) {
      this.#lost(`status ${sequence} of ${key} ${uid} was OK, ${when}`);
    }
  }

  #isWaiting(id: string): boolean {
    return this.#options.durable().outbox(0, 1000)
      .some(({ msgId }) => msgId === id);
  }

  #lost(what: string): void {
    this.#options.broken(
      "OK to an agent means stored for the cloud",
      `${what}: it is neither in the outbox nor in the cloud`,
    );
  }

  #isAlive(key: string, uid: string): boolean {
    const [namespace = "", type = "", name = ""] = key.split("/");
    const object = this.#options.core.objects.get({ type, namespace, name });
    return object?.metadata.uid === uid;
  }
}

/** Whether a stored pod names a configmap. */
function isNamed(store: Store, key: string): boolean {
  const name = `"configMap":{"name":"${key.split("/")[2]}"}`;
  return store.list("pod").some(({ value }) => value.includes(name));
}

function metadataOf(content: unknown): Record<string, unknown> {
  return isRecord(content) && isRecord(content.metadata)
    ? content.metadata
    : {};
}

/** The number that every change of a spec by the simulation raises. */
export function generationOf(content: unknown): number {
  if (!isRecord(content)) return 0;
  const part = isRecord(content.spec) ? content.spec : content.data;
  return isRecord(part) ? Number(part.generation ?? 0) : 0;
}

function generationOfRow(row: MetaRow): number {
  return generationOf(JSON.parse(row.value));
}

/**
 * Whether a row is what the cloud has. A version that was only raised may be
 * lost by a crash: nobody has to hear of what is the same.
 */
function isUpToDate(
  row: MetaRow,
  object: { readonly metadata: { readonly resourceVersion: string } },
): boolean {
  return row.version === object.metadata.resourceVersion ||
    bare(JSON.parse(row.value)) === bare(object);
}

/** The text of an object without its version and what a repair leaves out. */
function bare(object: Record<string, unknown>): string {
  const { kind: _, apiVersion: __, metadata, ...rest } = object;
  const { resourceVersion: ___, ...known } = isRecord(metadata) ? metadata : {};
  return JSON.stringify(sorted({ ...rest, metadata: known }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).map(([key, field]) =>
    [key, sorted(field)] as const
  );
  return Object.fromEntries(fields.sort(([a], [b]) => a < b ? -1 : 1));
}

function statusOf(content: unknown): { uid: string; sequence: number } {
  if (!isRecord(content)) return { uid: "", sequence: 0 };
  return {
    uid: String(content.UID),
    sequence: statusSequence(content.Status),
  };
}

function statusSequence(status: unknown): number {
  return isRecord(status) ? Number(status.sequence ?? 0) : 0;
}

function rowText(row: MetaRow | undefined): string {
  if (!row) return "nothing";
  return `${row.uid} v${row.version} generation ${generationOfRow(row)}`;
}
