/** Class of a failure of the store (SQLite's primary result codes). */
export type StoreErrorKind =
  | "busy"
  | "full"
  | "readonly"
  | "io"
  | "corrupt"
  | "not-a-database"
  | "constraint"
  | "cannot-open"
  | "locked-by-other"
  | "newer-schema"
  | "foreign"
  | "file-gone"
  | "unsafe-mode"
  | "other";

/** A failure of the store, classified once, at the driver. */
export class StoreError extends Error {
  /** `StoreError`, or the name of the subclass. */
  override readonly name: string = "StoreError";
  /** What kind of failure. */
  readonly kind: StoreErrorKind;
  /** What an operator can do about it. */
  readonly hint: string;

  /** Makes an error. @param message What could not be done, with file and cause. */
  constructor(
    kind: StoreErrorKind,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint ?? "";
  }

  /** Whether the same operation may succeed later without change. */
  get transient(): boolean {
    return this.kind !== "constraint";
  }
}

/**
 * A message failed after it had written among others that had, in a batch that
 * does not isolate them: what it wrote cannot be undone alone. Run the batch
 * again, isolated.
 */
export class BatchEntangledError extends Error {
  /** Always `BatchEntangledError`. */
  override readonly name = "BatchEntangledError";

  /** Makes an error. @param cause Why the message failed. */
  constructor(cause: unknown) {
    super("A message of the batch cannot be undone alone", { cause });
  }
}

/** SQLite ended the whole transaction: nothing of the batch is stored. */
export class BatchLostError extends StoreError {
  /** Always `BatchLostError`. */
  override readonly name = "BatchLostError";
}
