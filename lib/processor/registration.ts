import type { Clock } from "../base/mod.ts";
import { isRegistration, type RemoteRequest } from "../operations/mod.ts";

/** How long CloudCore may take to clear up after a Node, in milliseconds. */
const CLEAR_UP_MS = 15_000;

/** What {@link Registration} needs from outside. */
export interface RegistrationOptions {
  /** Measures the wait. */
  readonly clock: Clock;
  /** Name of this node. */
  readonly nodeId: string;
}

/**
 * Says how long the registration of a Node that was deleted a moment ago has to
 * wait: CloudCore removes its records of a Node one by one, the Node's own at
 * last and only while there is none of the name; one that stays has it end
 * every session (KubeEdge issue 6034).
 *
 * Invariant: a Node that went is waited for once, however often it is said.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  #goneUid = "";
  #clearMs = -Infinity;

  /** Has nothing wait. */
  constructor(options: RegistrationOptions) {
    this.#options = options;
  }

  /** The cloud says that it no longer has the Node of this uid. */
  nodeGone(uid: string): void {
    if (uid === this.#goneUid) return;
    this.#goneUid = uid;
    this.#clearMs = this.#options.clock.monotonic() + CLEAR_UP_MS;
  }

  /** How long a request has to wait, in milliseconds; 0 if it has not. */
  holdMs(request: RemoteRequest): number {
    const waitMs = this.#clearMs - this.#options.clock.monotonic();
    return isRegistration(request, this.#options) ? Math.max(0, waitMs) : 0;
  }
}
