import type { Random } from "../../lib/base/mod.ts";
import type { StoreImage } from "../support/store_image.ts";

/** A change of an object, as the cloud sends it. */
export interface Change {
  /** Rises over all changes: the object's version, too. */
  readonly seq: number;
  /** Key of the object. */
  readonly key: string;
  /** Its uid. */
  readonly uid: string;
  /** What happens to it. */
  readonly operation: "insert" | "update" | "delete";
  /** The message's content. */
  readonly content: Record<string, unknown>;
}

/** What is known of one key. */
interface Entry {
  /** The object; `undefined` after its delete. */
  now: Change | undefined;
  /** Changes of which no ack has come, one for each uid. */
  readonly owed: Map<string, Change>;
  /** The change that must be on the disk: that one, or a later one. */
  floor: number;
  /** The last delete that was sent. */
  deleted: number;
  /** When the object was made. */
  created: string;
  /** What happened last, for whoever has to find out why something is lost. */
  readonly story: string[];
}

/** Lines kept of a story. */
const STORY_LINES = 20;

/** Keys under load. */
const PODS = 40;
const CONFIGS = 24;

/**
 * The cloud's objects, and what left the node about each: an ack, an answer,
 * a message to an agent. All of that must be on the disk ever after.
 */
export class Ledger {
  /** Uids and versions that were compared with a file. */
  compared = 0;
  readonly #random: Random;
  readonly #entries = new Map<string, Entry>();
  /** What the pod status of a uid is: told by the agent, by the cloud. */
  readonly reports = new Map<string, Report>();
  #seq = 1000;

  /** @param random Chooses what changes. */
  constructor(random: Random) {
    this.#random = random;
  }

  /** Makes the next change of some object: the messages in their order. */
  change(): Change[] {
    const n = Math.floor(this.#random() * (PODS + CONFIGS));
    const key = n < PODS
      ? `default/pod/pod-${n}`
      : `default/configmap/config-${n - PODS}`;
    const entry = this.#entry(key);
    const chance = this.#random();
    const { now } = entry;
    if (!now) return [this.#insert(key, entry)];
    if (chance < 0.9) return [this.#next(entry, now, "update")];
    const gone = this.#next(entry, now, "delete");
    if (chance < 0.96) return [gone];
    // The name is taken anew at once; then the delete may come late.
    const anew = this.#insert(key, entry);
    return chance < 0.98 ? [gone, anew] : [anew, gone];
  }

  /** Everything of which no ack has come, oldest first. */
  owed(): Change[] {
    return [...this.#entries.values()].flatMap(({ owed }) => [...owed.values()])
      .sort((a, b) => a.seq - b.seq);
  }

  /** An ack came. */
  acked({ key, uid, seq }: Change): void {
    const entry = this.#entry(key);
    this.#raise(entry, seq);
    this.#tell(entry, `acked ${seq}`);
    if ((entry.owed.get(uid)?.seq ?? Infinity) <= seq) entry.owed.delete(uid);
  }

  /** The node said to somebody that it has a version of an object. */
  told(key: string, version: unknown): void {
    const entry = this.#entries.get(key);
    const seq = Number(version);
    if (!entry || !Number.isSafeInteger(seq)) return;
    this.#raise(entry, seq);
    this.#tell(entry, `told ${seq}`);
  }

  /**
   * From now on, whether the node may have said that there is no such object:
   * it was deleted before or since.
   */
  absence(key: string): () => boolean {
    const entry = this.#entries.get(key);
    const { deleted = 0, floor = 0 } = entry ?? {};
    return () =>
      deleted >= floor || !entry || entry.deleted > deleted ||
      this.#mayBeGone(entry);
  }

  /** The object that there is now. */
  object(key: string): Record<string, unknown> | undefined {
    return this.#entries.get(key)?.now?.content;
  }

  /** The objects that there are now, by key. */
  objects(): Map<string, { uid: string; version: string }> {
    return new Map(
      [...this.#entries].flatMap(([key, { now }]) =>
        now ? [[key, { uid: now.uid, version: String(now.seq) }]] : []
      ),
    );
  }

  /** The report of a pod; a new one if there was none. */
  report(uid: string): Report {
    let report = this.reports.get(uid);
    if (!report) {
      report = { tried: 0, taken: 0, confirmed: 0 };
      this.reports.set(uid, report);
    }
    return report;
  }

  /** Compares a file with what left the node; a line for each difference. */
  compare(image: StoreImage): string[] {
    const wrong: string[] = [];
    if (image.integrity !== "ok") wrong.push(`integrity: ${image.integrity}`);
    for (const [key, entry] of this.#entries) {
      const row = image.rows.get(key);
      this.compared++;
      if (!row) {
        if (this.#mayBeGone(entry)) continue;
        wrong.push(
          `${key} is missing, ${entry.floor} was acknowledged: ` +
            entry.story.join(", "),
        );
      } else if (Number(row.version) < entry.floor) {
        wrong.push(
          `${key} is ${row.version}, older than ${entry.floor}: ` +
            entry.story.join(", "),
        );
      } else {
        const { metadata } = JSON.parse(row.value);
        const isTrue = metadata.uid === row.uid &&
          metadata.labels.n === row.version;
        if (!isTrue) wrong.push(`${key} ${row.version} has another's content`);
        // What is durable now has to stay so.
        this.#raise(entry, Number(row.version));
      }
    }
    return [...wrong, ...this.#compareReports(image)];
  }

  #compareReports(image: StoreImage): string[] {
    const waiting = image.reports();
    const wrong: string[] = [];
    const here = new Set([...image.rows.values()].map(({ uid }) => uid));
    for (const [uid, { taken, confirmed }] of this.reports) {
      // Nobody wants the status of a pod that is gone.
      if (!here.has(uid)) continue;
      this.compared++;
      const known = Math.max(waiting.get(uid) ?? 0, confirmed);
      if (known < taken) wrong.push(`status ${taken} of ${uid}, has ${known}`);
    }
    for (const uid of this.reports.keys()) {
      if (!here.has(uid) && !this.#isCurrent(uid)) this.reports.delete(uid);
    }
    return wrong;
  }

  #mayBeGone({ floor, deleted }: Entry): boolean {
    return floor === 0 || deleted >= floor;
  }

  #isCurrent(uid: string): boolean {
    return this.#entries.values().some(({ now }) => now?.uid === uid);
  }

  #raise(entry: Entry, seq: number): void {
    entry.floor = Math.max(entry.floor, seq);
  }

  #entry(key: string): Entry {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = {
        now: undefined,
        owed: new Map(),
        floor: 0,
        deleted: 0,
        created: "",
        story: [],
      };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  #insert(key: string, entry: Entry): Change {
    entry.created = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const uid = crypto.randomUUID();
    return this.#note(
      entry,
      this.#made({ key, uid, operation: "insert" }, entry.created),
    );
  }

  #next(
    entry: Entry,
    { key, uid }: Change,
    operation: "update" | "delete",
  ): Change {
    return this.#note(
      entry,
      this.#made({ key, uid, operation }, entry.created),
    );
  }

  #note(entry: Entry, change: Change): Change {
    const { operation, seq, uid } = change;
    entry.now = operation === "delete" ? undefined : change;
    if (operation === "delete") entry.deleted = seq;
    // Of one object only the newest is sent again.
    entry.owed.set(uid, change);
    this.#tell(entry, `${operation} ${seq} ${uid.slice(0, 4)}`);
    return change;
  }

  #tell(entry: Entry, line: string): void {
    entry.story.push(line);
    if (entry.story.length > STORY_LINES) entry.story.shift();
  }

  #made(
    { key, uid, operation }: Pick<Change, "key" | "uid" | "operation">,
    creationTimestamp: string,
  ): Change {
    const seq = ++this.#seq;
    const [namespace, type, name] = key.split("/");
    const metadata = {
      name,
      namespace,
      uid,
      creationTimestamp,
      resourceVersion: String(seq),
      labels: { n: String(seq) },
    };
    const pad = "x".repeat(Math.floor(this.#random() ** 3 * 8000));
    const content = type === "pod"
      ? {
        kind: "Pod",
        apiVersion: "v1",
        metadata,
        spec: {
          nodeName: "edge-1",
          containers: [{ name: "c", image: "nginx", args: [pad] }],
        },
      }
      : { kind: "ConfigMap", apiVersion: "v1", metadata, data: { pad } };
    return { seq, key, uid, operation, content };
  }
}

/** How far the reports of one pod's status are. */
export interface Report {
  /** Number of the last one sent. */
  tried: number;
  /** The last one that the node answered with `OK`. */
  taken: number;
  /** The last one that reached the cloud. */
  confirmed: number;
}
