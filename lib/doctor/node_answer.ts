/** What came of asking the node through its socket. */
export type NodeAnswer =
  /** It runs and answered. */
  | {
    readonly kind: "answers";
    /** Its page `/status`. */
    readonly status: Readonly<Record<string, unknown>>;
  }
  /** Nobody answers there. */
  | { readonly kind: "silent" }
  /** It could not be asked. */
  | {
    readonly kind: "unknown";
    /** Why. */
    readonly why: string;
    /** What to do about it. */
    readonly hint: string;
  };

/** Whether a node runs, from its socket and from the lock of its store. */
export type Running =
  /** No. */
  | "no"
  /** Yes, and it told of itself. */
  | "answers"
  /** Somebody has the store open and did not answer. */
  | "mute"
  /** Neither could be looked at. */
  | "unknown";
