import {
  decode,
  errStatus,
  isAnswer,
  type Message,
  newMessage,
  type Stamp,
} from "../../lib/message/mod.ts";
import type { Chance } from "../simulation/chance.ts";
import type { Wire } from "../simulation/wire.ts";
import type { Corpus, Side } from "./corpus.ts";

/** Messages of the node that are kept to be answered; the oldest go first. */
const OPEN_MAX = 40;

/** What a peer is made of. */
export interface PeerOptions {
  readonly side: Side;
  readonly corpus: Corpus;
  readonly stamp: Stamp;
  /** Told of an answer of the node. */
  readonly answered: (id: string) => void;
  /** Told when its connection has ended. */
  readonly lost: () => void;
  /** Told of what must not happen. */
  readonly broken: (invariant: string, text: string) => void;
}

/** A cloud or an agent: counts the answers it gets, and gives some. */
export class Peer {
  /** What the node asked, or handed over, and has no answer to. */
  readonly open: Message[] = [];
  readonly #options: PeerOptions;
  #wire: Wire | undefined;

  /** @param options Who it is. */
  constructor(options: PeerOptions) {
    this.#options = options;
  }

  /** Whether it has a connection. */
  get connected(): boolean {
    return this.#wire !== undefined && !this.#wire.isOver;
  }

  /** Its connection. */
  get wire(): Wire | undefined {
    return this.connected ? this.#wire : undefined;
  }

  /** Takes a connection. */
  serve(wire: Wire): void {
    this.#wire = wire;
    this.open.length = 0;
    wire.serve({
      message: (text) => this.#take(text),
      closed: () => {
        if (this.#wire !== wire) return;
        this.#wire = undefined;
        this.#options.lost();
      },
    });
  }

  /** Ends its connection. */
  end(): void {
    const wire = this.#wire;
    this.#wire = undefined;
    wire?.end("reset");
    if (wire) this.#options.lost();
  }

  /** Answers what is open, all of it or some. */
  tend(chance: Chance, share: number): void {
    for (const message of this.open.splice(0)) {
      if (!chance.is(share)) continue;
      const answer = this.#answerTo(message, chance);
      this.wire?.send(JSON.stringify(answer));
    }
  }

  #take(text: string): void {
    const decoded = decode(text);
    const { broken, answered } = this.#options;
    if (!decoded.ok) {
      return broken(
        "what the node sends can be read",
        `${decoded.fault.text}: ${text.slice(0, 500)}`,
      );
    }
    const { message } = decoded;
    const { operation, resource } = message.route;
    const parent = message.header.parent_msg_id;
    if (isAnswer(operation)) {
      if (parent) answered(parent);
      return;
    }
    if (operation === "keepalive" || resource === "node/connection") return;
    this.open.push(message);
    if (this.open.length > OPEN_MAX) this.open.shift();
  }

  #answerTo(message: Message, chance: Chance): Message {
    const { stamp, side } = this.#options;
    const { operation, resource } = message.route;
    const isQuestion = side === "cloud" && operation === "query";
    return newMessage(stamp, {
      parentId: message.header.msg_id,
      source: message.route.source ?? "",
      group: side === "cloud" ? "resource" : "meta",
      operation: chance.is(0.97) ? "response" : "error",
      resource,
      content: isQuestion ? this.#objectFor(resource, chance) : "OK",
    });
  }

  #objectFor(resource: string, chance: Chance): unknown {
    const objects = this.#options.corpus.objects.get(
      resource.split("/")[1] ?? "",
    );
    if (objects && chance.is(0.8)) {
      return structuredClone(chance.pick(objects));
    }
    return chance.is(0.7)
      ? errStatus("NotFound", `${resource} not found`)
      : errStatus("ServiceUnavailable", "try again");
  }
}
