import { CloudCore, type CloudLink, EDGE_LABEL } from "../../lib/dev/mod.ts";
import type { Message } from "../../lib/message/mod.ts";
import type { Chance } from "./chance.ts";
import type { ProcessClock } from "./scheduler.ts";
import { NODE_ID } from "./sim_node.ts";
import type { Wire } from "./wire.ts";

/** Acked messages kept. */
const ACKED_MAX = 30;

/** What a model cloud is made of. */
export interface ModelCloudOptions {
  readonly clock: ProcessClock;
  readonly chance: Chance;
  readonly newId: () => string;
  /** Whether Nodes are pushed. */
  readonly pushNodes: boolean;
  /** Told of an ack that counted, and what it acks. */
  readonly acked: (message: Message) => void;
  /** Told of each message of the node but acks and keepalives. */
  readonly received: (message: Message) => void;
  /** Told of a message that is sent again for want of an ack. */
  readonly repeated: (message: Message) => void;
  /** Told of what comes and is left unanswered, and on which connection. */
  readonly ignored: (message: Message, wire: Wire) => void;
  /** Told of what is worth a line in a story. */
  readonly note: (text: string) => void;
}

/** What a deaf cloud never sees: statuses, deletes, and pings behind others. */
const UNHEARD = [
  /^update \w+\/podstatus\/./,
  /^delete \w+\/pod\//,
  /^ping /,
];

/**
 * CloudCore as the project's own model has it, which replays recordings of
 * the real one, at the other end of a wire: one session, acks, repeats every
 * 5 s, ObjectSyncs, repairs, answers.
 */
export class ModelCloud {
  /** The model. */
  readonly core: CloudCore;
  /** It leaves some messages unanswered, as if they had never come. */
  isDeaf = false;
  readonly #options: ModelCloudOptions;
  /** Messages sent on this session that may be acked. */
  #sent = new Map<string, Message>();
  #wire: Wire | undefined;
  /** Messages that were acked, for those that come a second time. */
  readonly #acked: Message[] = [];

  /** Starts with the node registered. */
  constructor(options: ModelCloudOptions) {
    this.#options = options;
    this.core = new CloudCore({
      clock: options.clock,
      ids: options.newId,
      random: options.chance.random,
      pushNodes: options.pushNodes,
    });
    this.core.start();
    this.core.objects.apply({
      kind: "Node",
      metadata: { name: NODE_ID, labels: { [EDGE_LABEL]: "" } },
    });
  }

  /** The wire of the session; `undefined` if there is none. */
  get wire(): Wire | undefined {
    return this.#wire;
  }

  /**
   * Sends a message again that was acked long ago, as another CloudCore does
   * that knows less. Nothing of it may be believed.
   */
  stray(chance: Chance): void {
    if (!this.#wire || this.#acked.length === 0) return;
    const message = chance.pick(this.#acked);
    this.#noteDown(message);
    this.#wire.send(JSON.stringify(message));
  }

  /** Takes a connection. @param isMute It is one that CloudHub never reads. */
  accept(wire: Wire, isMute: boolean): void {
    if (isMute) {
      wire.serve({ message: () => {}, closed: () => {} });
      return;
    }
    const sent = new Map<string, Message>();
    this.#wire = wire;
    this.#sent = sent;
    const link = this.core.connect(NODE_ID, {
      send: (text) => {
        const message: Message = JSON.parse(text);
        const { msg_id: id } = message.header;
        this.#noteDown(message);
        if (sent.has(id)) this.#options.repeated(message);
        sent.set(id, message);
        wire.send(text);
      },
      end: () => {
        wire.end();
        if (this.#wire === wire) this.#wire = undefined;
      },
    });
    wire.serve({
      message: (text) => this.#receive(text, { link, sent, wire }),
      closed: () => {
        link.closed();
        if (this.#wire === wire) this.#wire = undefined;
      },
    });
  }

  #noteDown({ header, route }: Message): void {
    const { note } = this.#options;
    if (route.operation === "response" && !header.resourceversion) return;
    note(
      `cloud sends ${route.operation} ${route.resource} ` +
        `v${header.resourceversion ?? "-"} (${header.msg_id})`,
    );
  }

  #receive(
    text: string,
    from: { link: CloudLink; sent: Map<string, Message>; wire: Wire },
  ): void {
    const { link, sent, wire } = from;
    const message: Message = JSON.parse(text);
    const { operation, resource } = message.route;
    const what = `${operation} ${resource}`;
    if (this.isDeaf && UNHEARD.some((pattern) => pattern.test(what))) {
      return this.#options.ignored(message, wire);
    }
    if (operation !== "response") {
      if (operation !== "keepalive") this.#options.received(message);
      return link.receive(text);
    }
    const before = this.#acks();
    link.receive(text);
    if (this.#acks() === before || sent !== this.#sent) return;
    const acked = sent.get(message.header.parent_msg_id ?? "");
    if (!acked) return;
    this.#options.acked(acked);
    if (acked.route.operation === "delete") return;
    this.#acked.push(acked);
    if (this.#acked.length > ACKED_MAX) this.#acked.shift();
  }

  #acks(): number {
    return this.core.sessions()[0]?.acks ?? 0;
  }
}
