import type { CloudHub } from "../dev/mod.ts";
import type { Message } from "../message/mod.ts";
import type { Hop, Party } from "./event.ts";

/** A message that passed one of the two links. */
export interface Passed {
  /** Who sent it. */
  readonly from: Party;
  /** Who got it. */
  readonly to: Party;
  /** The message. */
  readonly message: Message;
}

/** Which of the messages are meant. */
export interface Which {
  /** Only those after this {@link Wire.count}. */
  readonly after: number;
  /** Only those that fit. @default all */
  readonly where?: (message: Message) => boolean;
}

/**
 * Everything that passed between cloud, node and edged. Within a link the
 * order is that of the link; between the links it is that of looking.
 */
export class Wire {
  readonly #hub: Pick<CloudHub, "frames">;
  readonly #passed: Passed[] = [];
  #framesRead = 0;

  /** @param hub The cloud's end of its link. */
  constructor(hub: Pick<CloudHub, "frames">) {
    this.#hub = hub;
  }

  /** How many have passed: a mark to look from. */
  get count(): number {
    this.#read();
    return this.#passed.length;
  }

  /** Notes a message of the local link. */
  note(passed: Passed): void {
    this.#read();
    this.#passed.push(passed);
  }

  /** The messages of one hop. */
  seen(hop: Hop, which: Which): Message[] {
    this.#read();
    return this.#passed.slice(which.after).filter(({ from, to, message }) =>
      from === hop.from && to === hop.to &&
      message.route.operation === hop.operation &&
      message.route.resource === hop.resource &&
      (which.where?.(message) ?? true)
    ).map(({ message }) => message);
  }

  /** The last messages of a link, one a line, for a failure. */
  describe(hop: Pick<Hop, "from" | "to">, after: number): string {
    this.#read();
    const lines = this.#passed.slice(after).filter(({ from, to }) =>
      from === hop.from && to === hop.to
    ).slice(-8).map(({ message: { route, content } }) =>
      `  ${route.operation} ${route.resource} ${
        JSON.stringify(content).slice(0, 100)
      }`
    );
    if (lines.length === 0) return `nothing from ${hop.from} to ${hop.to}`;
    return `from ${hop.from} to ${hop.to} only:\n${lines.join("\n")}`;
  }

  #read(): void {
    const { entries, count } = this.#hub.frames;
    const first = count - entries.length;
    for (const frame of entries.slice(Math.max(0, this.#framesRead - first))) {
      const { message, from } = frame;
      if (!message) continue;
      this.#passed.push(
        from === "cloud"
          ? { from: "cloud", to: "node", message }
          : { from: "node", to: "cloud", message },
      );
    }
    this.#framesRead = count;
  }
}
