import type { Clock, Timer } from "../base/mod.ts";
import type { OutboxInfo } from "../store/mod.ts";

/** A message that was sent on the present connection and is not confirmed. */
export interface Flight {
  /** The message. */
  readonly row: OutboxInfo;
  /** The cloud refused it for now: it is to be sent again. */
  refused: boolean;
  /** Times that no answer came in time, on this connection. */
  overdue: number;
}

/**
 * Messages that were sent and wait for their answer; whoever is told that one
 * is due forgets it, sends it again or waits on.
 */
export class OutboxFlights {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onDue: (flight: Flight) => void;
  readonly #flights = new Map<string, Flight>();
  /** How often those were overdue that are to be sent again, by resource. */
  readonly #overdue = new Map<
    string,
    { readonly msgId: string; readonly times: number }
  >();
  /** When each is due by the monotonic clock, the earliest first. */
  readonly #due = new Map<string, number>();
  #timer: Timer | undefined;

  /** @param onDue Told of a message that was not answered in time. */
  constructor(
    clock: Clock,
    options: { timeoutMs: number; onDue: (flight: Flight) => void },
  ) {
    this.#clock = clock;
    this.#timeoutMs = options.timeoutMs;
    this.#onDue = options.onDue;
  }

  /** The message under an id, if it was sent and is not confirmed. */
  get(msgId: string): Flight | undefined {
    return this.#flights.get(msgId);
  }

  /** All of them. */
  all(): Flight[] {
    return [...this.#flights.values()];
  }

  /** Notes that a message was sent. */
  add(row: OutboxInfo): void {
    const before = this.#overdue.get(row.resource);
    const overdue = before?.msgId === row.msgId ? before.times : 0;
    this.#overdue.delete(row.resource);
    this.#flights.set(row.msgId, { row, refused: false, overdue });
    this.#wait(row.msgId);
  }

  /** Waits anew: it is due once more. */
  wait(flight: Flight): void {
    this.#wait(flight.row.msgId);
  }

  /**
   * Whether an overdue message is to be sent again now: after one, two, four,
   * eight and ten times, and every ten from there.
   */
  goesAgain({ overdue }: Flight): boolean {
    return overdue % 10 === 0 || [1, 2, 4, 8].includes(overdue);
  }

  /** Forgets that a message was sent, but not how often it was overdue. */
  takeBack({ row: { msgId, resource }, overdue: times }: Flight): void {
    this.delete(msgId);
    if (times > 0) this.#overdue.set(resource, { msgId, times });
  }

  /** Forgets what was sent, but not how often it was overdue. */
  takeBackAll(): void {
    for (const flight of this.all()) this.takeBack(flight);
    const overdue = [...this.#overdue];
    this.clear();
    for (const [resource, entry] of overdue) {
      this.#overdue.set(resource, entry);
    }
  }

  /** Forgets a message. */
  delete(msgId: string): void {
    this.#flights.delete(msgId);
    this.#due.delete(msgId);
  }

  /** Forgets all and cancels the timer. */
  clear(): void {
    this.#flights.clear();
    this.#overdue.clear();
    this.#due.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(msgId: string): void {
    this.#due.delete(msgId);
    this.#due.set(msgId, this.#clock.monotonic() + this.#timeoutMs);
    this.#arm();
  }

  /** Answers leave the timer alone, so a busy link sets few of them. */
  #arm(): void {
    const [first] = this.#due.values();
    if (this.#timer || first === undefined) return;
    const delayMs = Math.max(0, first - this.#clock.monotonic());
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#fire();
      this.#arm();
    });
  }

  #fire(): void {
    const now = this.#clock.monotonic();
    for (const [msgId, dueMs] of [...this.#due]) {
      if (dueMs > now) return;
      this.#due.delete(msgId);
      const flight = this.#flights.get(msgId);
      if (flight) this.#onDue(flight);
    }
  }
}
