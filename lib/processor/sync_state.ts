/** How far the node is in line with the cloud. */
export interface SyncStatus {
  /** `syncing` while a round runs; `not-synced` if changes may have been missed. */
  readonly state: "synced" | "syncing" | "not-synced";
  /** Since when, wall clock in milliseconds. */
  readonly sinceMs: number;
  /** Questions of the running or of the last round that have ended. */
  readonly done: number;
  /** All its questions known so far. */
  readonly total: number;
  /** Wall clock of the last complete round in milliseconds; 0 if there was none. */
  readonly completedMs: number;
  /** Why the node is not in sync, and what to do; empty if it is. */
  readonly reason: string;
}

/** The processor's part that keeps the store in line, seen from outside. */
export interface Reconciliation {
  /** How far the node is. */
  readonly status: SyncStatus;
  /**
   * Asks the cloud anew for everything now.
   *
   * @returns `false` if it cannot be asked.
   */
  now(): boolean;
}

/** What is asked of a running round. */
export interface Progress {
  /** Questions that have ended. */
  readonly done: number;
  /** Questions known. */
  readonly total: number;
}

/** How a round ended. */
export interface RoundEnd extends Progress {
  /** Questions without an answer. */
  readonly unanswered: number;
}

/**
 * Which pods the store may be without: those that a repair could not save,
 * or those that the Node was given before there was this store.
 */
export type Lack = "none" | "lost" | "known-node";

/** Remembers when the node was in line with the cloud, and why it is not. */
export class SyncState {
  #synced = false;
  #sinceMs: number;
  #completedMs = 0;
  #last: Progress = { done: 0, total: 0 };
  #unanswered = 0;
  #listRefusal = "";

  /** Not in sync. @param nowMs Wall clock. */
  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** The link is gone: from now on changes are missed. */
  lost(nowMs: number): void {
    if (this.#synced) this.#sinceMs = nowMs;
    this.#synced = false;
  }

  /** A round has ended. */
  ended(
    round: RoundEnd,
    { nowMs, complete }: { readonly nowMs: number; readonly complete: boolean },
  ): void {
    const { done, total, unanswered } = round;
    this.#last = { done, total };
    this.#unanswered = unanswered;
    if (!complete) {
      if (this.#synced) this.#sinceMs = this.#completedMs;
      this.#synced = false;
      return;
    }
    if (!this.#synced) this.#sinceMs = nowMs;
    this.#synced = true;
    this.#completedMs = nowMs;
  }

  /** Why the last list of pods did not come; empty if it did. */
  listRefused(reason: string): void {
    this.#listRefusal = reason;
  }

  /**
   * The state now.
   *
   * @param round The round that runs.
   * @param lack Which pods the store may be without.
   */
  status(round: Progress | undefined, lack: Lack): SyncStatus {
    const { done, total } = round ?? this.#last;
    const synced = this.#synced && lack === "none";
    return {
      state: round ? "syncing" : synced ? "synced" : "not-synced",
      sinceMs: this.#sinceMs,
      done,
      total,
      completedMs: this.#completedMs,
      reason: this.#reason(lack),
    };
  }

  #reason(lack: Lack): string {
    const refusal = this.#listRefusal;
    const remedy =
      (refusal ? `, the cloud does not list them: ${refusal}` : "") +
      "; delete the Node in Kubernetes and register it again, or switch " +
      "DynamicController on in CloudCore";
    if (lack === "known-node") {
      return "the store is new but the Node is not, so pods that were " +
        `delivered before are not here${remedy}`;
    }
    if (lack === "lost") {
      return refusal
        ? `pods that the store lost cannot be refilled${remedy}`
        : "pods that the store lost are not refilled yet";
    }
    return this.#unanswered > 0
      ? `the cloud did not answer ${this.#unanswered} questions`
      : "";
  }
}
