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

/** SQLite ended the whole transaction: nothing of the batch is stored. */
export class BatchLostError extends StoreError {
  /** Always `BatchLostError`. */
  override readonly name = "BatchLostError";
}
