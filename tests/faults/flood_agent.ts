import {
  AgentClient,
  AgentClosedError,
  RequestFailedError,
  RequestTimeoutError,
} from "../../lib/agent/mod.ts";
import { isRecord, type Random } from "../../lib/base/mod.ts";
import type { Message } from "../../lib/message/mod.ts";
import { Picture } from "../support/node_world.ts";
import type { Ledger } from "./ledger.ts";

/** Requests without an answer at a time. */
const IN_FLIGHT = 16;

/**
 * A pod agent that reports and asks as fast as it is answered, and notes what
 * the node said: all of that must have been durable.
 */
export class FloodAgent implements AsyncDisposable {
  /** What it was handed. */
  readonly picture = new Picture();
  /** What the node said and must not have. */
  readonly wrong: string[] = [];
  /** Requests that were answered. */
  answered = 0;
  readonly #client: AgentClient;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #workers: Promise<void>[] = [];
  /** Uids with a report that is not answered yet: their order counts. */
  readonly #busy = new Set<string>();
  #stopping = false;

  /** Dials at once, and whenever the node comes back. */
  constructor(socket: string, ledger: Ledger, random: Random) {
    this.#ledger = ledger;
    this.#random = random;
    this.#client = new AgentClient({
      address: { socket },
      module: "edged",
      answers: true,
      backoff: { baseMs: 10, capMs: 50 },
      onMessage: (message) => this.#take(message),
    });
    this.#workers.push(
      this.#client.connect(),
      ...Array.from({ length: IN_FLIGHT }, () => this.#work()),
    );
  }

  /** Asks no more; resolves once all is answered. */
  async finish(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers);
  }

  /** Detaches. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await this.#client.close();
    await Promise.allSettled(this.#workers);
  }

  #take(message: Message): void {
    this.picture.take(message);
    this.picture.events.length = 0;
    const { content, route } = message;
    if (isRecord(content) && isRecord(content.metadata)) {
      this.#ledger.told(route.resource, content.metadata.resourceVersion);
    }
  }

  async #work(): Promise<void> {
    while (!this.#stopping) {
      const known = [...this.picture.objects.keys()];
      const key = known[Math.floor(this.#random() * known.length)];
      try {
        if (key === undefined || !this.#client.isAttached) await pause();
        else if (this.#random() < 0.5) await this.#ask(key);
        else await this.#report(key);
      } catch (error) {
        // It was killed, or is too busy: whether it was done is not known.
        const isExpected = error instanceof AgentClosedError ||
          error instanceof RequestTimeoutError;
        if (!isExpected) this.wrong.push(String(error));
        await pause();
      }
    }
  }

  async #ask(key: string): Promise<void> {
    const mayBeGone = this.#ledger.absence(key);
    try {
      for (const object of await this.#client.query(key)) {
        if (!isRecord(object) || !isRecord(object.metadata)) {
          this.wrong.push(`Answer to ${key} is no object`);
        } else this.#ledger.told(key, object.metadata.resourceVersion);
      }
      this.answered++;
    } catch (error) {
      if (!(error instanceof RequestFailedError)) throw error;
      // Before the first sync it is `NotSynced`, after it `NotFound`.
      const isTrue = /^Not(?:Found|Synced)$/.test(error.reason) &&
        mayBeGone();
      if (!isTrue) this.wrong.push(`${key}: ${error.message}`);
    }
  }

  async #report(key: string): Promise<void> {
    const uid = this.picture.objects.get(key)?.metadata.uid ?? "";
    const [namespace = "", type, name = ""] = key.split("/");
    if (type !== "pod" || this.#busy.has(uid)) return await pause();
    const report = this.#ledger.report(uid);
    const round = ++report.tried;
    this.#busy.add(uid);
    try {
      await this.#client.reportPodStatus({ namespace, name, uid }, { round });
      report.taken = Math.max(report.taken, round);
      this.answered++;
    } finally {
      this.#busy.delete(uid);
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
