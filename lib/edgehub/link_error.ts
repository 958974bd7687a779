/** At which step a link failed, or why it was given up. */
export type LinkErrorKind =
  | "credentials"
  | "dns"
  | "tcp"
  | "proxy"
  | "tls"
  | "timeout"
  | "upgrade"
  | "mute"
  | "silent"
  | "stuck"
  | "protocol"
  | "ended";

/** Why there is no link to the cloud. */
export class LinkError extends Error {
  /** Always `LinkError`. */
  override readonly name = "LinkError";
  /** The step. */
  readonly kind: LinkErrorKind;
  /** What an operator can do; empty if nothing. */
  readonly hint: string;
  /** HTTP status of a refused upgrade. */
  readonly status: number | undefined;

  /**
   * The failure as an error.
   *
   * @param message What failed, with address and reason, and no credentials.
   */
  constructor(
    kind: LinkErrorKind,
    message: string,
    options: { hint?: string; status?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint ?? "";
    this.status = options.status;
  }
}
