import type { Random } from "../base/mod.ts";
import { type LastTry, REDIAL_WAIT_MS_MIN } from "./redial.ts";

/** Which of several addresses is dialled. */
export interface FailoverOptions {
  /** As they are listed, the first one preferred; or any, none preferred. */
  readonly order: "in-order" | "random";
  /** How long a link to another one lasts before the first is tried again; 0: never. */
  readonly preferAfterMs: number;
}

/** How a dial, or the link that came of it, ended. */
export interface EndedTry extends LastTry {
  /** Whether the cloud answered on it. */
  readonly isProven: boolean;
}

/** A dial that made no link. */
export const NEVER_UP = { livedMs: 0, isProven: false } as const;

/**
 * Chooses among the cloud's addresses: stays with the one that works, and
 * tries each other one once before any is tried a second time.
 *
 * A round begins with the address that worked last. It ends when each has
 * failed, and only then the wait before the next dial is the long one.
 */
export class Endpoints {
  readonly #urls: readonly URL[];
  readonly #options: FailoverOptions & { readonly random: Random };
  readonly #failed = new Set<number>();
  #current: number;
  #isPreferred = false;

  /** @param urls The addresses, at least one, the preferred one first. */
  constructor(
    urls: readonly URL[],
    options: FailoverOptions & { readonly random: Random },
  ) {
    this.#urls = urls;
    this.#options = options;
    this.#current = options.order === "random" ? this.#pick() : 0;
  }

  /** The address in use, or to dial next. */
  get current(): URL {
    const url = this.#urls[this.#current];
    if (!url) throw new RangeError("Cannot dial: no address is given");
    return url;
  }

  /** After how long to leave the address in use for the first; `undefined`: never. */
  get preferAfterMs(): number | undefined {
    const { order, preferAfterMs } = this.#options;
    const isSettled = order === "random" || this.#current === 0;
    return isSettled || preferAfterMs === 0 ? undefined : preferAfterMs;
  }

  /** Once the link in use has ended, the first address is dialled. */
  prefer(): void {
    this.#isPreferred = true;
  }

  /**
   * Takes note of how a dial or link to the current address ended, and moves
   * on if it did not work.
   *
   * @returns Whether another address is to be tried within this round.
   */
  ended(last: EndedTry): boolean {
    if (this.#isPreferred) {
      this.#isPreferred = false;
      this.#failed.clear();
      this.#current = 0;
      return true;
    }
    if (last.livedMs >= REDIAL_WAIT_MS_MIN && last.isProven) {
      this.#failed.clear();
      return false;
    }
    this.#failed.add(this.#current);
    const isRoundOver = this.#failed.size === this.#urls.length;
    if (isRoundOver) this.#failed.clear();
    this.#current = this.#next();
    return !isRoundOver;
  }

  #next(): number {
    if (this.#options.order === "random") return this.#pick();
    const length = this.#urls.length;
    for (let step = 1; step < length; step++) {
      const next = (this.#current + step) % length;
      if (!this.#failed.has(next)) return next;
    }
    return this.#current;
  }

  /** Any that has not failed in this round. */
  #pick(): number {
    const left = this.#urls.map((_, i) => i).filter((i) =>
      !this.#failed.has(i)
    );
    return left[Math.floor(this.#options.random() * left.length)] ?? 0;
  }
}
