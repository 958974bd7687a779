/** A key, certificate or authority that cannot be used. */
export class IdentityError extends Error {
  /** Always `IdentityError`. */
  override readonly name = "IdentityError";
  /** File it is about; empty if it is about the peer. */
  readonly file: string;
  /** What an operator can do. */
  readonly hint: string;

  /**
   * The failure as an error.
   *
   * @param message What is wrong, with the file and never with its contents.
   */
  constructor(
    message: string,
    options: { file?: string; hint: string; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.file = options.file ?? "";
    this.hint = options.hint;
  }
}
