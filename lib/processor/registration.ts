import type { Clock, Timer } from "../base/mod.ts";
import { isRegistration, type RemoteRequest } from "../operations/mod.ts";

/** How long CloudCore may take to clear up after a Node, in milliseconds. */
const CLEAR_UP_MS = 15_000;

/** What {@link Registration} needs from outside. */
export interface RegistrationOptions {
  /** Measures the wait. */
  readonly clock: Clock;
  /** Name of this node. */
  readonly nodeId: string;
  /** Asks the cloud. */
  readonly ask: (request: RemoteRequest) => void;
}

/**
 * Passes requests for the cloud on, and holds the registration of a Node that
 * was deleted a moment ago: CloudCore removes its records of a Node one by one,
 * the Node's own at last and only while there is none of the name; one that
 * stays has it end every session (KubeEdge issue 6034).
 */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #held = new Set<Timer>();
  #clearMs = -Infinity;

  /** Holds nothing yet. */
  constructor(options: RegistrationOptions) {
    this.#options = options;
  }

  /** The cloud says that it no longer has the Node. */
  nodeGone(): void {
    this.#clearMs = this.#options.clock.monotonic() + CLEAR_UP_MS;
  }

  /** Asks now, or once the cloud has cleared up. */
  ask(request: RemoteRequest): void {
    const { clock, ask } = this.#options;
    const waitMs = this.#clearMs - clock.monotonic();
    if (waitMs <= 0 || !isRegistration(request, this.#options)) {
      return ask(request);
    }
    const timer = clock.after(waitMs, () => {
      this.#held.delete(timer);
      ask(request);
    });
    this.#held.add(timer);
  }

  /** Asks nothing that is held. */
  stop(): void {
    for (const timer of this.#held) timer.cancel();
    this.#held.clear();
  }
}
