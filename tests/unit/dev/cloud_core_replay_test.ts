import { assert, assertEquals } from "@std/assert";
import { isRecord, seededIds, seededRandom } from "../../../lib/base/mod.ts";
import type { Message } from "../../../lib/message/mod.ts";
import { CloudCore, type CloudLink } from "../../../lib/dev/cloud_core.ts";
import { kindOfPlural } from "../../../lib/dev/kinds.ts";
import { strategicMerge } from "../../../lib/dev/strategic_merge.ts";
import { parse, type Recorded, recording } from "./fixtures.ts";
import { ManualClock } from "./manual_clock.ts";

/** What must be equal between a recorded frame and one of the model. */
function shapeOf(message: Message) {
  const { source, group, operation, resource } = message.route;
  return {
    source,
    group,
    operation,
    resource,
    versioned: Boolean(message.header.resourceversion),
    answers: Boolean(message.header.parent_msg_id),
    content: keysOf(message.content, 0),
  };
}

/** Field names down to the third level, and the texts of errors. */
function keysOf(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return ["list"];
  if (!isRecord(value)) return depth < 2 ? value : typeof value;
  if ("ErrStatus" in value) return maskUids(value);
  if (depth === 3) return "object";
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => key !== "RespBody").map((
      [key, inner],
    ) => [key, keysOf(inner, depth + 1)]).sort(),
  );
}

const UID_REGEXP = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

function maskUids(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(UID_REGEXP, "uid"));
}

/** Runs a recording against the model and holds every cloud frame against it. */
class Replay {
  readonly clock = new ManualClock();
  readonly core = new CloudCore({
    clock: this.clock,
    ids: seededIds(seededRandom(1)),
    dynamicController: true,
  });
  readonly sent: Message[] = [];
  readonly #words = new Map<string, string>();
  readonly #writes = new Map<string, string>();
  readonly #links = new Map<string, CloudLink>();
  readonly #ended = new Set<string>();
  /** Repairs came at this phase in the recording. */
  #nowMs = 3939 - 5000;

  constructor() {
    this.core.start();
  }

  play(line: Recorded): void {
    if (line.t > this.#nowMs) this.#advance(line.t - this.#nowMs);
    if (line.link && line.event) this.#playLink(line);
    else if (line.api) this.#playApi(line);
    else if (line.event === "cloudcore SIGTERM") this.core.stop();
    else if (line.event === "cloudcore listens") this.core.start();
    else if (line.from === "edge") this.#fromEdge(line);
    else if (line.from === "cloud") this.#expect(line);
  }

  /** Nothing was sent that the recording does not have. */
  nothingLeft(step: string): void {
    const left = this.sent.map(({ route }) =>
      `${route.operation} ${route.resource}`
    );
    assertEquals({ step, left }, { step, left: [] });
  }

  #advance(ms: number): void {
    this.clock.advance(ms);
    this.#nowMs += ms;
  }

  #playLink(line: Recorded): void {
    const name = `${line.link} ${line.step}`;
    if (line.event === "open" && line.headers?.ConnectionUse) {
      const node = line.headers.node_id ?? "";
      const link = this.core.connect(node, {
        send: (text) => this.sent.push(parse(text)),
        end: () => this.#ended.add(line.link ?? ""),
      });
      this.#links.set(line.link ?? "", link);
      this.#ended.delete(line.link ?? "");
    } else if (line.event === "closed" && line.code === 1005) {
      this.#links.get(line.link ?? "")?.closed();
    } else if (line.event === "closed") {
      assert(this.#ended.has(line.link ?? ""), `not ended: ${name}`);
    }
  }

  #fromEdge(line: Recorded): void {
    const known = (line.frame ?? "").replaceAll(
      UID_REGEXP,
      (word) => this.#words.get(word) ?? word,
    ).replaceAll(
      /(resourceVersion":")(\d+)/g,
      (_, name, version) => name + (this.#words.get(version) ?? version),
    );
    this.#links.get(line.link ?? "edge-1")?.receive(known);
  }

  #expect(line: Recorded): void {
    const text = line.frame ?? "";
    if (line.step === "no-ack") this.#makeSlowPod();
    const wanted = parse(text);
    assert(text.endsWith("\n"));
    const shape = JSON.stringify(shapeOf(wanted));
    const find = () =>
      this.sent.findIndex((sent) =>
        JSON.stringify(shapeOf(sent)) === shape &&
        (sent.header.parent_msg_id ?? "") ===
          this.#known(wanted.header.parent_msg_id ?? "")
      );
    for (let waited = 0; find() < 0 && waited < 300; waited += 10) {
      if (REPAIRED.has(line.step)) this.#ackAll();
      this.#advance(10);
    }
    const at = find();
    if (at < 0) assertEquals(this.sent.map(shapeOf), [shapeOf(wanted)]);
    const [found] = this.sent.splice(at, 1);
    assert(found);
    this.#learn(wanted, found);
    const repeated = this.#writes.get(wanted.header.msg_id);
    if (repeated) assertEquals(JSON.stringify(found), repeated);
    this.#writes.set(wanted.header.msg_id, JSON.stringify(found));
  }

  /** Repairs come in no order: let them all out, to be found one by one. */
  #ackAll(): void {
    for (const { header, route } of [...this.sent]) {
      const text = JSON.stringify({
        header: { msg_id: "ack", parent_msg_id: header.msg_id, timestamp: 0 },
        route: { operation: "response", resource: route.resource },
        content: "OK",
      });
      this.#links.get("edge-1")?.receive(text);
    }
  }

  /** The recording does not show how this pod was made. */
  #makeSlowPod(): void {
    this.core.objects.create({
      kind: "Pod",
      metadata: { name: "slow", labels: { app: "slow" } },
      spec: { containers: [{ name: "c" }], nodeName: "edge-1" },
    });
  }

  #known(id: string): string {
    return this.#words.get(id) ?? id;
  }

  /** Ids, uids and versions of the recording that stand for ours. */
  #learn(wanted: Message, found: Message): void {
    this.#words.set(wanted.header.msg_id, found.header.msg_id);
    const [theirs, ours] = [wanted, found].map(({ content }) => {
      const object = isRecord(content) && isRecord(content.Object)
        ? content.Object
        : content;
      return isRecord(object) && isRecord(object.metadata)
        ? object.metadata
        : {};
    });
    for (const field of ["uid", "resourceVersion"]) {
      const word = theirs?.[field];
      if (typeof word === "string") {
        this.#words.set(word, String(ours?.[field]));
      }
    }
  }

  #playApi(line: Recorded): void {
    const { method, path, body = {} } = line.api ?? { method: "", path: "" };
    const url = new URL(path, "http://api");
    const parts = url.pathname.split("/").slice(
      path.startsWith("/apis") ? 4 : 3,
    );
    const namespaced = parts[0] === "namespaces";
    const [plural = "", name = "", sub = ""] = namespaced
      ? parts.slice(2)
      : parts;
    const namespace = namespaced ? parts[1] ?? "" : "null";
    const kind = kindOfPlural(plural);
    if (!kind || method === "GET") return;
    const ref = { type: kind.type, namespace, name };
    const metadata = isRecord(body.metadata) ? body.metadata : {};
    const { objects } = this.core;
    if (sub === "binding" && isRecord(body.target)) {
      const nodeName = String(body.target.name);
      objects.update(ref, (pod) => ({
        ...pod,
        spec: { ...isRecord(pod.spec) ? pod.spec : {}, nodeName },
      }));
    } else if (method === "POST") {
      const made = objects.create({
        ...body,
        ...apiDefaults(kind.type, body.spec),
        kind: kind.kind,
        metadata: {
          ...metadata,
          name: String(metadata.name),
          ...(namespaced ? { namespace } : {}),
        },
      });
      assert(made.ok);
    } else if (method === "PATCH") {
      const patched = objects.update(
        ref,
        (object) => ({ ...object, ...strategicMerge(object, body) }),
      );
      assert(patched.ok, path);
    } else if (method === "DELETE") {
      const grace = url.searchParams.get("gracePeriodSeconds");
      objects.delete(
        ref,
        grace === null ? {} : { gracePeriodSeconds: Number(grace) },
      );
    }
  }
}

/** What the API server, or Go's encoder, adds to kinds of no interest here. */
function apiDefaults(type: string, spec: unknown): Record<string, unknown> {
  switch (type) {
    case "secret":
      return { type: "Opaque" };
    case "persistentvolumeclaim":
      return {
        spec: { ...isRecord(spec) ? spec : {}, resources: {} },
        status: {},
      };
    case "persistentvolume":
      return { status: {} };
    case "volumeattachment":
      return { status: { attached: false } };
    default:
      return {};
  }
}

const REPAIRED: ReadonlySet<string> = new Set([
  "reconnect",
  "after-restart",
  "cloudcore-restart-after-deletion",
]);

const SKIPPED: ReadonlySet<string> = new Set([
  // Says only how many characters came.
  "large",
  // Thirty connections whose frames were not recorded.
  "same-node-twice-30-times",
  "no-client-certificate",
  // The hub's business: it does not read such a connection.
  "without-ConnectionUse",
]);

Deno.test("CloudCore, replays a recording of CloudCore v1.15.0 frame by frame", () => {
  const replay = new Replay();
  let step = "";
  let compared = 0;
  const lines = recording("cloudcore-v1.15.0.jsonl");
  for (const line of lines) {
    if (line.step.startsWith("enrol") || line.step === "rotate") continue;
    if (SKIPPED.has(line.step)) continue;
    // A watch and its events are not modelled; what else changed then is.
    if (
      line.step === "metaserver-watch" &&
      /metaserver|dynamiccontroller/.test(line.frame ?? "")
    ) continue;
    if (line.step !== step && !step.startsWith("no-ack")) {
      replay.nothingLeft(step);
    }
    step = line.step;
    try {
      replay.play(line);
    } catch (error) {
      throw new Error(`${step} at ${line.t}`, { cause: error });
    }
    if (line.from === "cloud") compared++;
  }
  replay.nothingLeft(step);
  replay.core.stop();
  assertEquals(replay.clock.pending, 0);
  assert(compared > 100, `${compared}`);
});
