/** Times of CloudHub, all in milliseconds (wire document, 2.3 and 4.3). */
export interface CloudTiming {
  /** Silence of `keepalive` that ends a session. @default 30 000 */
  readonly keepaliveMs: number;
  /** Pause between writes of a message that is not acked. @default 5000 */
  readonly resendMs: number;
  /** Wait for an ack before the next message has its turn. @default 25 000 */
  readonly giveUpMs: number;
  /** Wait after the first give-up; doubles with each. @default 5 */
  readonly requeueBaseMs: number;
  /** Longest wait after a give-up. @default 1 000 000 */
  readonly requeueMaxMs: number;
  /** Period of SyncController's repairs. @default 5000 */
  readonly repairMs: number;
}

/** Times of an unmodified CloudCore. */
export const CLOUD_TIMING: CloudTiming = {
  keepaliveMs: 30_000,
  resendMs: 5000,
  giveUpMs: 25_000,
  requeueBaseMs: 5,
  requeueMaxMs: 1_000_000,
  repairMs: 5000,
};
