import { TaskSet } from "../base/mod.ts";
import { Group, type Message, NODE_CONNECTION_SOURCE } from "../message/mod.ts";
import type { Router } from "../router/mod.ts";

/** What {@link ConnectionNews} works with. */
export interface ConnectionNewsOptions {
  /** Where the modules are. */
  readonly router: Router;
  /** Builds the NodeConnection for a group. */
  readonly message: (group: string, connected: boolean) => Message;
  /** Told of an error that is a defect of ours. */
  readonly onError: (error: unknown) => void;
}

/**
 * Tells every module but the link itself when the connection changes.
 *
 * Invariants: each module is told the changes in order and the last one
 * always; one that is full is told once it has room, and then a loss and a
 * return that cancel out are left away, so at most two changes wait for it.
 */
export class ConnectionNews {
  readonly #options: ConnectionNewsOptions;
  readonly #waiting = new Map<string, boolean[]>();
  readonly #tasks: TaskSet;

  /** Knows of no change yet. */
  constructor(options: ConnectionNewsOptions) {
    this.#options = options;
    this.#tasks = new TaskSet((_, error) => options.onError(error));
  }

  /** The connection came up or went down. */
  tell(connected: boolean): void {
    for (const { name, group } of this.#options.router.modules()) {
      if (group === Group.hub) continue;
      const waiting = this.#waiting.get(name);
      if (waiting) add(waiting, connected);
      else if (!this.#send(name, connected)) this.#later(name, connected);
    }
  }

  /** Sends to one module; `false` if it is full. */
  #send(name: string, connected: boolean): boolean {
    const { router, message } = this.#options;
    const module = router.modules().find((one) => one.name === name);
    // One that is gone is told when it comes back, by who lets it in.
    if (!module) return true;
    return router.send(name, {
      message: message(module.group, connected),
      from: NODE_CONNECTION_SOURCE,
    });
  }

  #later(name: string, connected: boolean): void {
    const waiting = [connected];
    this.#waiting.set(name, waiting);
    this.#tasks.spawn(
      `news for ${name}`,
      () => this.#tellWaiting(name, waiting),
    );
  }

  async #tellWaiting(name: string, waiting: boolean[]): Promise<void> {
    try {
      while (waiting.length > 0) {
        // Without a promise of room it has stopped or is closed at its bound.
        const room = this.#options.router.room(name);
        if (!room) return;
        await room;
        while (waiting[0] !== undefined && this.#send(name, waiting[0])) {
          waiting.shift();
        }
      }
    } finally {
      // In the same turn: from now on changes go straight to the module.
      this.#waiting.delete(name);
    }
  }
}

/** Adds a change, unless it takes back the one before it. */
function add(waiting: boolean[], connected: boolean): void {
  if (waiting.length > 1) waiting.pop();
  else if (waiting[0] !== connected) waiting.push(connected);
}
