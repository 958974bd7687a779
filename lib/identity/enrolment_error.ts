/** A step of enrolment or rotation, in this order. */
export type EnrolmentStep =
  /** Reading the join token. */
  | "token"
  /** Fetching the CA certificate and comparing it with the token. */
  | "authority"
  /** Making key and signing request. */
  | "key"
  /** Asking for the certificate. */
  | "certificate"
  /** Writing key and certificate. */
  | "files";

/** A step of enrolment or rotation that failed. */
export class EnrolmentError extends Error {
  /** Always `EnrolmentError`. */
  override readonly name = "EnrolmentError";
  /** The step. */
  readonly step: EnrolmentStep;
  /** HTTP status of the cloud's refusal, if it was one. */
  readonly status: number | undefined;
  /** What an operator can do. */
  readonly hint: string;
  /** Whether the same again may work. */
  readonly retryable: boolean;

  /**
   * The failure as an error.
   *
   * @param message What failed; never with token or key.
   */
  constructor(
    step: EnrolmentStep,
    message: string,
    options: {
      hint: string;
      status?: number;
      retryable?: boolean;
      cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.step = step;
    this.status = options.status;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
  }
}
