/** At which step of the way through a proxy it failed. */
export type TunnelErrorKind = "dns" | "tcp" | "proxy";

/** Why there is no way through a proxy. */
export class TunnelError extends Error {
  /** Always `TunnelError`. */
  override readonly name = "TunnelError";
  /** The step; also TLS with the proxy is `proxy`: it says nothing of the cloud. */
  readonly kind: TunnelErrorKind;
  /** What an operator can do. */
  readonly hint: string;
  /** HTTP status by which the proxy refused. */
  readonly status: number | undefined;
  /** Whether the same again may work. */
  readonly retryable: boolean;

  /**
   * The failure as an error.
   *
   * @param message What failed, with address and reason, and no credentials.
   */
  constructor(
    kind: TunnelErrorKind,
    message: string,
    options: {
      hint: string;
      status?: number;
      retryable?: boolean;
      cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint;
    this.status = options.status;
    this.retryable = options.retryable ?? false;
  }
}
