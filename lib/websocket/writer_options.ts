import type { Clock } from "../base/mod.ts";
import type { Role } from "./types.ts";

/** What a writer needs from outside. */
export interface FrameWriterOptions {
  /** Which end we are: a client masks. */
  readonly role: Role;
  /** Stamps writes. */
  readonly clock: Clock;
  /** Fills with unpredictable bytes, for masking keys. @default crypto.getRandomValues */
  readonly maskKeys?: ((into: Uint8Array) => void) | undefined;
  /** Holds data to what arrives within about a second. @default false */
  readonly paced?: boolean | undefined;
  /** Told once if the stream fails, or the observer of writes throws. */
  readonly onError: (error: unknown) => void;
}
