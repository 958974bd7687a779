import { isRecord } from "../../lib/base/mod.ts";
import {
  type Message,
  newMessage,
  newResponse,
  REPLAY_RESOURCE,
  type Stamp,
} from "../../lib/message/mod.ts";
import type { AgentTraits } from "../../lib/router/mod.ts";
import type { Chance } from "./chance.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Wire } from "./wire.ts";

/** How edged answers what it is handed. */
export type AnswerMode = "at-once" | "late" | "twice" | "never";

/** An object as edged has it. */
export interface HeldObject {
  readonly uid: string;
  readonly version: bigint;
  readonly content: Record<string, unknown>;
  /** When it was handed over last, to tell old answers from new. */
  readonly handedAtMs: number;
}

/** What a model edged is made of. */
export interface ModelEdgedOptions {
  readonly module: string;
  /** It says that it answers. */
  readonly answers: boolean;
  /** It keeps its objects and its position over its own crashes. */
  readonly keeps: boolean;
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly stamp: Stamp;
  /** Opens a wire to the node; `undefined` while that is down. */
  readonly attach: (traits: AgentTraits) => Wire | undefined;
  /** Told of what must not happen. */
  readonly broken: (invariant: string, text: string) => void;
  /** Told of what is worth a line in a story. */
  readonly note: (text: string) => void;
  /** The node said that a request was done. */
  readonly done: (request: Message) => void;
  /** It sees that a pod is to be ended. */
  readonly terminating: (key: string, uid: string) => void;
}

/** A request that waits for its answer, on one attachment. */
interface Asked {
  readonly message: Message;
  readonly atMs: number;
  answers: number;
}

/** An answer that takes longer means a request that nobody answers. */
const DEADLINE_MS = 20_000;
/** Wait before the first tries to attach again, and before later ones. */
const REDIAL_MS = { first: 1000, later: 20_000 };

/**
 * A pod agent at the other end of the local link: keeps what it is handed,
 * answers or not, asks and reports, and checks what only it can see: the order
 * of each object's changes and the answers to its requests.
 */
export class ModelEdged {
  /** How it answers. */
  mode: AnswerMode = "at-once";
  /** What it has. */
  readonly objects = new Map<string, HeldObject>();
  readonly #options: ModelEdgedOptions;
  readonly #buried = new Set<string>();
  readonly #asked = new Map<string, Asked>();
  #wire: Wire | undefined;
  #since: number | undefined;
  #replay: Set<string> | undefined;
  #isSlow = false;
  /** It was slow on this attachment, so its deadlines say nothing. */
  #wasSlow = false;
  #wanted = true;
  #tries = 0;
  /** Only the last wait for another try counts. */
  #turn = 0;

  /** Attaches at once. */
  constructor(options: ModelEdgedOptions) {
    this.#options = options;
  }

  /** Whether it has a wire. */
  get attached(): boolean {
    return this.#wire !== undefined && !this.#wire.isOver;
  }

  /** Attaches, again and again until the node lets it in. */
  attach(): void {
    if (!this.#wanted) return;
    const { answers, attach } = this.#options;
    const wire = attach({
      answers,
      ...(this.#since === undefined ? {} : { since: this.#since }),
    });
    if (!wire) return this.#attachLater();
    this.#tries = 0;
    this.#wire = wire;
    this.#asked.clear();
    this.#replay = undefined;
    this.#wasSlow = this.#isSlow;
    wire.setSlow(this.#isSlow);
    wire.serve({
      message: (text) => {
        if (this.#wire === wire) this.#take(JSON.parse(text));
      },
      closed: () => {
        if (this.#wire !== wire) return;
        this.#wire = undefined;
        this.#attachLater();
      },
    });
  }

  /** Attaches a second time, as a restarted process does whose old socket lives. */
  replace(): void {
    const old = this.#wire;
    this.#wire = undefined;
    this.#restart();
    this.attach();
    // The newer is in before the older is gone.
    if (old) this.#options.scheduler.after(50, () => old.end());
  }

  /** Ends without a word and comes back. */
  crash(downMs: number): void {
    this.#wire?.end("reset");
    this.#wire = undefined;
    this.#wanted = false;
    this.#restart();
    this.#options.scheduler.after(downMs, () => {
      this.#wanted = true;
      if (!this.#wire) this.attach();
    });
  }

  /** Reads nothing while set. */
  setSlow(isSlow: boolean): void {
    this.#isSlow = isSlow;
    this.#wasSlow ||= isSlow;
    this.#wire?.setSlow(isSlow);
  }

  /** Sends a request; `false` if it is not attached. */
  ask(
    operation: string,
    resource: string,
    content: unknown = null,
  ): Message | undefined {
    const wire = this.#wire;
    if (!wire) return undefined;
    const message = newMessage(this.#options.stamp, {
      source: this.#options.module,
      group: "meta",
      operation,
      resource,
      content,
    });
    const { scheduler } = this.#options;
    const asked = { message, atMs: scheduler.nowMs, answers: 0 };
    this.#asked.set(message.header.msg_id, asked);
    scheduler.after(DEADLINE_MS, () => {
      const isStill = this.#wire === wire && !wire.isOver && !this.#wasSlow;
      if (asked.answers > 0 || !isStill) return;
      this.#options.broken(
        "every request is answered",
        `${operation} ${resource} (${message.header.msg_id}) of ` +
          `${this.#options.module} has no answer after ${DEADLINE_MS} ms`,
      );
    });
    wire.send(JSON.stringify(message));
    return message;
  }

  #attachLater(): void {
    const waitMs = ++this.#tries > 10 ? REDIAL_MS.later : REDIAL_MS.first;
    const turn = ++this.#turn;
    this.#options.scheduler.after(waitMs, () => {
      if (turn === this.#turn && !this.#wire) this.attach();
    });
  }

  /** What it had goes with its process, unless it keeps it. */
  #restart(): void {
    if (this.#options.keeps) return;
    this.objects.clear();
    this.#buried.clear();
    this.#since = 0;
  }

  #take(message: Message): void {
    const { operation, resource } = message.route;
    const { parent_msg_id: parentId, revision } = message.header;
    if (operation === "response" || operation === "error") {
      if (parentId) this.#answered(parentId, message);
      return;
    }
    if (resource === "node/connection") return;
    if (resource === REPLAY_RESOURCE) this.#replayMarker(message);
    else if (operation === "delete") this.#delete(message);
    else this.#put(message);
    if (this.#options.keeps && revision !== undefined && !this.#replay) {
      this.#since = Math.max(this.#since ?? 0, revision);
    }
    if (resource !== REPLAY_RESOURCE) this.#answer(message);
  }

  #replayMarker({ content, header }: Message): void {
    const { state, full } = content as { state: string; full: boolean };
    if (state === "started") {
      this.#replay = full ? new Set() : undefined;
      return;
    }
    const seen = this.#replay;
    this.#replay = undefined;
    if (this.#options.keeps) this.#since = header.revision;
    if (!seen) return;
    for (const key of [...this.objects.keys()]) {
      if (!seen.has(key)) this.objects.delete(key);
    }
  }

  #put(message: Message): void {
    const key = message.route.resource;
    const held = heldOf(message.content, this.#options.scheduler.nowMs);
    if (!held) return;
    const before = this.objects.get(key);
    const { module, broken, note, terminating } = this.#options;
    note(`${module} has ${key} ${held.uid} v${held.version}`);
    if (before?.uid === held.uid && held.version < before.version) {
      broken(
        "an older version never wins",
        `${module} had ${key} ${held.uid} in version ${before.version} and ` +
          `is handed ${held.version}`,
      );
    }
    if (before && before.uid !== held.uid && !this.#replay) {
      broken(
        "delete(old) goes before insert(new)",
        `${module} has ${key} as ${before.uid} and is handed ${held.uid}`,
      );
    }
    if (this.#buried.has(held.uid)) {
      broken(
        "no deleted object comes back",
        `${module} was told that ${key} ${held.uid} is deleted and is ` +
          "handed it again",
      );
    }
    this.#replay?.add(key);
    this.objects.set(key, held);
    const metadata = held.content.metadata as Record<string, unknown>;
    if (metadata.deletionTimestamp) terminating(key, held.uid);
  }

  #delete(message: Message): void {
    const key = message.route.resource;
    const { content } = message;
    const metadata = isRecord(content) && isRecord(content.metadata)
      ? content.metadata
      : {};
    const uid = typeof metadata.uid === "string" ? metadata.uid : "";
    const before = this.objects.get(key);
    this.#options.note(`${this.#options.module} drops ${key} ${uid}`);
    if (uid) this.#buried.add(uid);
    if (before && (uid === "" || before.uid === uid)) this.objects.delete(key);
  }

  #answer(message: Message): void {
    if (!this.#options.answers || this.mode === "never") return;
    const wire = this.#wire;
    const { chance, scheduler, stamp } = this.#options;
    const delayMs = this.mode === "late"
      ? chance.between(1500, 6000)
      : chance.between(0, 200);
    const answer = JSON.stringify(newResponse(stamp, message, "OK"));
    const times = this.mode === "twice" ? 2 : 1;
    for (let i = 0; i < times; i++) {
      scheduler.after(delayMs * (i + 1), () => {
        if (this.#wire === wire) wire?.send(answer);
      });
    }
  }

  #answered(id: string, answer: Message): void {
    const asked = this.#asked.get(id);
    const { module, broken, note } = this.#options;
    if (!asked) return;
    const { operation, resource } = asked.message.route;
    note(`${module}: ${operation} ${resource} (${id}): ${brief(answer)}`);
    if (++asked.answers > 1) {
      broken(
        "every request is answered once",
        `${operation} ${resource} (${id}) of ${module} was answered again: ` +
          brief(answer),
      );
    }
    if (answer.content === "OK") this.#options.done(asked.message);
    if (operation === "query") this.#learn(asked, answer);
  }

  /** The answer to a question is an object like one that is handed over. */
  #learn(asked: Asked, answer: Message): void {
    const key = asked.message.route.resource;
    if (key.split("/").length < 3) return;
    let { content } = answer;
    if (Array.isArray(content)) content = JSON.parse(String(content[0]));
    const before = this.objects.get(key);
    if (isRecord(content) && isRecord(content.ErrStatus)) {
      const isNews = before && before.handedAtMs < asked.atMs;
      if (content.ErrStatus.reason === "NotFound" && isNews) {
        this.objects.delete(key);
      }
      return;
    }
    const held = heldOf(content, this.#options.scheduler.nowMs);
    if (!held || this.#buried.has(held.uid)) return;
    if (before?.uid === held.uid && held.version <= before.version) return;
    this.objects.set(key, held);
    this.#replay?.add(key);
  }
}

function heldOf(content: unknown, atMs: number): HeldObject | undefined {
  if (!isRecord(content) || !isRecord(content.metadata)) return undefined;
  const { uid, resourceVersion } = content.metadata;
  if (typeof uid !== "string") return undefined;
  return {
    uid,
    version: BigInt(String(resourceVersion ?? "0")),
    content,
    handedAtMs: atMs,
  };
}

function brief(answer: Message): string {
  const { content } = answer;
  if (isRecord(content) && isRecord(content.ErrStatus)) {
    return `${answer.route.operation} ${String(content.ErrStatus.reason)}`;
  }
  return typeof content === "string" ? content : answer.route.operation;
}
