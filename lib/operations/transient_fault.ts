import type { StatusReason } from "../message/mod.ts";

/**
 * Thrown inside an operation for a message that was understood and may succeed
 * later; what it wrote is undone, and its sender gets an `error`.
 */
export class TransientFault extends Error {
  /** Always `TransientFault`. */
  override readonly name = "TransientFault";
  /** Kubernetes' reason. */
  readonly reason: StatusReason;

  /**
   * Names what is in the way.
   *
   * @param message What is in the way, for the sender; no content.
   */
  constructor(reason: StatusReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
