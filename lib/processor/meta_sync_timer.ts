import type { Clock, Timer } from "../base/mod.ts";
import {
  Group,
  type Message,
  Module,
  newMessage,
  Operation,
  ResourceType,
  type Stamp,
} from "../message/mod.ts";

/** What {@link MetaSyncTimer} needs from outside. */
export interface MetaSyncTimerOptions {
  /** Time. */
  readonly clock: Clock;
  /** Ids and time of its messages. */
  readonly stamp: Stamp;
  /** Time between two messages in milliseconds, more than 0. */
  readonly intervalMs: number;
  /** Takes the message that starts a MetaSync; may refuse it. */
  readonly receive: (message: Message) => boolean;
}

/** Has the stored pod statuses sent to the cloud every so often. */
export class MetaSyncTimer {
  readonly #options: MetaSyncTimerOptions;
  #timer: Timer | undefined;

  /** Sets nothing before `start`. */
  constructor(options: MetaSyncTimerOptions) {
    this.#options = options;
  }

  /** Starts the first interval. */
  start(): void {
    const { clock, stamp, intervalMs, receive } = this.#options;
    this.#timer = clock.after(intervalMs, () => {
      // A full inbox has more to do than this; the next interval comes.
      receive(newMessage(stamp, {
        source: Module.metamanager,
        group: Group.resource,
        operation: Operation.metaSync,
        resource: ResourceType.podstatus,
      }));
      this.start();
    });
  }

  /** Ends it. */
  stop(): void {
    this.#timer?.cancel();
  }
}
