/** What an operator wants compared. */
export interface ResyncOrder {
  /** One type only; missing: all that can be asked for. */
  readonly type?: string;
  /** Takes in what the cloud answers, by the rules of any message. */
  readonly apply: boolean;
}

/** An object as far as it is compared. */
export interface Seen {
  /** Its uid; empty if it has none. */
  readonly uid: string;
  /** Its resource version; empty if it has none. */
  readonly version: string;
}

/** An object that is not the same here and in the cloud. */
export interface ResyncDifference {
  /** Its key in the store. */
  readonly key: string;
  /** Its type. */
  readonly type: string;
  /** What makes the store like the cloud. */
  readonly kind: "added" | "changed" | "removed";
  /** Resource version in the store; empty if it is not there. */
  readonly stored: string;
  /** Resource version in the cloud; empty if it is not there. */
  readonly cloud: string;
}

/** Objects that were not compared, and why. */
export interface NotCompared {
  /** Their type. */
  readonly type: string;
  /** How many; 0 if nobody knows. */
  readonly count: number;
  /** Why, and what to do. */
  readonly why: string;
}

/** What came of an order; no contents. */
export interface ResyncReport {
  /** Whether the answers were taken in. */
  readonly applied: boolean;
  /** What differs, or differed. */
  readonly differences: readonly ResyncDifference[];
  /** Objects that are the same. */
  readonly same: number;
  /** Keys of what pods name, and neither store nor cloud has. */
  readonly absent: readonly string[];
  /** What was not compared. */
  readonly notCompared: readonly NotCompared[];
}

/** How far an order is. */
export type ResyncState =
  /** None was given since the start. */
  | { readonly state: "none" }
  /** It is being carried out. */
  | { readonly state: "running"; readonly done: number; readonly total: number }
  /** It is done. */
  | { readonly state: "done"; readonly report: ResyncReport }
  /** It ended early. */
  | { readonly state: "failed"; readonly reason: string };

/** The processor's part that compares with the cloud, seen from outside. */
export interface Resyncing {
  /** How far the last order is. */
  readonly state: ResyncState;
  /**
   * Begins to carry an order out.
   *
   * @throws {ResyncError} If it cannot be, or another one is not done yet.
   */
  start(order: ResyncOrder): void;
}

/** An order that is not carried out. */
export class ResyncError extends Error {
  /** Always `ResyncError`. */
  override readonly name = "ResyncError";
  /** What to do about it. */
  readonly hint: string;
  /** Whether the order makes no sense; else it may be given again. */
  readonly isWrong: boolean;

  /**
   * Names what cannot be done.
   *
   * @param message What cannot be done and why.
   */
  constructor(
    message: string,
    options: { readonly hint: string; readonly isWrong?: boolean },
  ) {
    super(message);
    this.hint = options.hint;
    this.isWrong = options.isWrong ?? false;
  }
}

/** Gathers what an order comes to. */
export class ResyncTally {
  readonly #differences: ResyncDifference[] = [];
  readonly #absent: string[] = [];
  readonly #notCompared = new Map<
    string,
    { type: string; why: string; count: number }
  >();
  #same = 0;

  /** Notes how an object is in the store and in the cloud. */
  compare(
    object: { readonly key: string; readonly type: string },
    stored: Seen | undefined,
    cloud: Seen | undefined,
  ): void {
    if (!stored && !cloud) {
      this.#absent.push(object.key);
      return;
    }
    const isSame = stored && cloud && stored.version === cloud.version &&
      stored.uid === cloud.uid;
    if (isSame) {
      this.#same++;
      return;
    }
    const { key, type } = object;
    this.#differences.push({
      key,
      type,
      kind: !stored ? "added" : !cloud ? "removed" : "changed",
      stored: stored?.version ?? "",
      cloud: cloud?.version ?? "",
    });
  }

  /** Notes objects that were not compared. @param count How many. */
  skip(type: string, why: string, count = 1): void {
    const known = this.#notCompared.get(`${type} ${why}`);
    if (known) known.count += count;
    else this.#notCompared.set(`${type} ${why}`, { type, why, count });
  }

  /** What was noted. @param applied Whether the answers were taken in. */
  report(applied: boolean): ResyncReport {
    return {
      applied,
      differences: this.#differences.toSorted((a, b) => a.key < b.key ? -1 : 1),
      same: this.#same,
      absent: this.#absent.toSorted(),
      notCompared: [...this.#notCompared.values()],
    };
  }
}
