import { type Message, Module } from "../message/mod.ts";
import type { Context, Outcome, RemoteRequest } from "../operations/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import type { Item } from "./item.ts";
import type { Unanswered } from "./requests.ts";

/** What a question came to: an answer, or why there is none. */
export type End = Message | Unanswered;

/**
 * Asks the cloud on the node's own account, and waits.
 *
 * Invariants: every question ends, with the link or with `stop` at the
 * latest; after that nothing is asked any more.
 */
export class ResyncAsker {
  readonly #task: (item: Item) => void;
  /** Questions by their ids. */
  readonly #waiting = new Map<string, (end: End) => void>();
  #isStopped = false;
  #ended = 0;

  /** @param task Runs work in a transaction. */
  constructor(task: (item: Item) => void) {
    this.#task = task;
  }

  /** Questions that have ended. */
  get ended(): number {
    return this.#ended;
  }

  /**
   * Reads the store within a transaction.
   *
   * @throws If the store fails, or the node stops.
   */
  read<T>(look: (tx: StoreTransaction, context: Context) => T): Promise<T> {
    return this.#inTask((tx, context) => [look(tx, context), []]);
  }

  /**
   * Asks, and waits for the ends, in the order of the requests.
   *
   * @throws If the store fails, the node stops, or the cloud is away.
   */
  async ask(
    make: (tx: StoreTransaction, context: Context) => readonly RemoteRequest[],
  ): Promise<readonly End[]> {
    let ids: string[] = [];
    const ends = await this.#inTask<Promise<End>[] | undefined>(
      (tx, context) => {
        // The task is run again if its batch failed.
        for (const id of ids) this.#waiting.delete(id);
        ids = [];
        if (!context.connected) return [undefined, []];
        const requests = make(tx, context);
        ids = requests.map(({ upstream }) => upstream.header.msg_id);
        const outcome = requests.map((request) => ({
          kind: "ask" as const,
          request: { ...request, from: Module.metamanager },
        }));
        return [ids.map((id) => this.#wait(id)), outcome];
      },
    );
    if (!ends) throw new Error("The cloud went away");
    return await Promise.all(ends);
  }

  /** A question was answered, and what came of it is stored. */
  answered({ upstream }: RemoteRequest, answer: Message): void {
    this.#end(upstream.header.msg_id, answer);
  }

  /** A question got no answer. */
  unanswered({ upstream }: RemoteRequest, why: Unanswered): void {
    this.#end(upstream.header.msg_id, why);
  }

  /** Ends all questions. */
  stop(): void {
    this.#isStopped = true;
    for (const id of [...this.#waiting.keys()]) this.#end(id, "disconnected");
  }

  #wait(id: string): Promise<End> {
    const { promise, resolve } = Promise.withResolvers<End>();
    this.#waiting.set(id, resolve);
    return promise;
  }

  #end(id: string, end: End): void {
    const resolve = this.#waiting.get(id);
    if (!resolve) return;
    this.#waiting.delete(id);
    this.#ended++;
    resolve(end);
  }

  #inTask<T>(
    work: (tx: StoreTransaction, context: Context) => readonly [T, Outcome],
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let done: { readonly result: T } | undefined;
    if (this.#isStopped) return Promise.reject(new Error("The node stops"));
    this.#task({
      kind: "task",
      run: (tx, context) => {
        const [result, outcome] = work(tx, context);
        done = { result };
        return outcome;
      },
      failed: () => {
        done = undefined;
        return [];
      },
      settled: () => {
        if (done) resolve(done.result);
        else reject(new Error("The store cannot be read now"));
      },
    });
    return promise;
  }
}
