/** The peer broke RFC 6455; the connection is failed with `code`. */
export class ProtocolError extends Error {
  /** Always `ProtocolError`. */
  override readonly name = "ProtocolError";
  /** Close code that tells the peer: 1002, 1007, 1009 or 1013. */
  readonly code: number;

  /**
   * The rule that was broken.
   *
   * @param message Which rule, and by what; no content.
   */
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The opening handshake was not HTTP or not the handshake of RFC 6455. */
export class HandshakeError extends Error {
  /** Always `HandshakeError`. */
  override readonly name = "HandshakeError";
  /** HTTP status that tells a client what was wrong: 400, 431 or 505. */
  readonly status: number;

  /**
   * What was wrong with the handshake.
   *
   * @param message What was expected and what came.
   */
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** What the server answered instead of 101. */
export interface Refusal {
  /** HTTP status, 200 to 599. */
  readonly status: number;
  /** Reason phrase; may be empty. */
  readonly statusText: string;
  /** All header fields. */
  readonly headers: Headers;
  /** The start of the body, at most 512 characters. */
  readonly bodyStart: string;
}

/** The server answered the opening handshake with something else than 101. */
export class HandshakeRefusedError extends Error implements Refusal {
  /** Always `HandshakeRefusedError`. */
  override readonly name = "HandshakeRefusedError";
  /** HTTP status, 200 to 599. */
  readonly status: number;
  /** Reason phrase; may be empty. */
  readonly statusText: string;
  /** All header fields. */
  readonly headers: Headers;
  /** The start of the body, at most 512 characters. */
  readonly bodyStart: string;

  /**
   * The refusal as an error.
   *
   * @param refusal The answer; its body stays out of the error's message.
   * @param options Why the body could not be read to its end.
   */
  constructor(refusal: Refusal, options: { cause?: unknown } = {}) {
    super(
      `Server refused the upgrade: ${refusal.status} ${refusal.statusText}`
        .trimEnd(),
      { cause: options.cause },
    );
    this.status = refusal.status;
    this.statusText = refusal.statusText;
    this.headers = refusal.headers;
    this.bodyStart = refusal.bodyStart;
  }
}
