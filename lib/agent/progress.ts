import { isRecord } from "../base/mod.ts";
import { type Message, REPLAY_RESOURCE } from "../message/mod.ts";

/**
 * How far the messages of the node have brought the agent, as a revision.
 *
 * A replay of everything counts once it is whole: half of it lacks the
 * deletes that only its end lets us infer. Its end is taken as it is, for
 * another store counts anew.
 */
export class Progress {
  #revision: number | undefined;
  /** Everything is being sent anew. */
  #isReplaying = false;

  /** @param since Revision up to which the program has everything. */
  constructor(since: number | undefined) {
    this.#revision = since;
  }

  /** Revision up to which everything was noted. */
  get revision(): number | undefined {
    return this.#revision;
  }

  /** A new connection: an interrupted replay starts again. */
  connected(): void {
    this.#isReplaying = false;
  }

  /** Notes a message, in the order in which the node sent them. */
  note({ header, route, content }: Message): void {
    const { revision } = header;
    if (route.resource === REPLAY_RESOURCE && isRecord(content)) {
      if (content.state === "started") {
        this.#isReplaying = content.full === true;
      }
      if (content.state === "finished") {
        this.#isReplaying = false;
        this.#revision = revision ?? this.#revision;
      }
    } else if (revision !== undefined && !this.#isReplaying) {
      this.#revision = Math.max(this.#revision ?? 0, revision);
    }
  }
}
