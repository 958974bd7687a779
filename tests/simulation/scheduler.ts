import type { Clock, Timer } from "../../lib/base/mod.ts";

/** Something that happens at a time. */
interface Event {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** The part of Deno's core that runs what promises wait for. */
interface Core {
  /** Runs microtasks until none is left; does nothing within one. */
  runMicrotasks(): void;
}

/**
 * A turn of the event loop costs 10 microseconds and more, an empty round of
 * microtasks 0.03: the difference between 200 seeds a second and 5.
 */
const CORE = (Deno as unknown as Record<symbol, { core: Core } | undefined>)[
  (Deno as unknown as { internal: symbol }).internal
]?.core;

/**
 * Virtual time: one heap of events, run in the order of their times, and
 * after each one every promise that can settle. Nothing else makes anything
 * happen, so a run is a function of its seed.
 */
export class Scheduler {
  readonly #heap: Event[] = [];
  #nowMs = 0;
  #order = 0;
  #eventCount = 0;

  /** Milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events that have run. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Runs something later. @returns What cancels it. */
  after(delayMs: number, run: () => void): Timer {
    // Whole milliseconds: what is left of a sum of fractions may be too little
    // to move time on, and a timer set anew for that would never fire late.
    const atMs = this.#nowMs + Math.max(0, Math.ceil(delayMs));
    const event: Event = { atMs, order: this.#order++, run };
    this.#push(event);
    return { cancel: () => void (event.run = undefined) };
  }

  /**
   * Runs everything up to a time. Must be called from outside of any promise
   * (see {@link fromTimer}), or no promise would ever settle.
   *
   * @param isOver Asked after each event; ends the run early.
   */
  runUntil(untilMs: number, isOver: () => boolean = () => false): void {
    if (!CORE) throw new Error("Cannot simulate: this is not Deno 2.7");
    CORE.runMicrotasks();
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.atMs > untilMs || isOver()) break;
      this.#pop();
      if (!next.run) continue;
      this.#nowMs = next.atMs;
      this.#eventCount++;
      next.run();
      CORE.runMicrotasks();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as Event;
      if (!isBefore(event, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as Event)) child++;
      const below = heap[child] as Event;
      if (!isBefore(below, last)) break;
      heap[i] = below;
      i = child;
    }
    heap[i] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Runs something from a timer, where the scheduler may run microtasks. */
export function fromTimer<T>(run: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setTimeout(() => {
      try {
        resolve(run());
      } catch (error) {
        reject(error);
      }
    }, 0);
  });
}

/** Wall clock at which every simulation begins. */
const START_MS = Date.parse("2026-06-01T00:00:00Z");

/** The wall clock of a machine, which may be set; its uptime may not. */
export class WallClock {
  /** How far it has been set from true time, in milliseconds. */
  offsetMs = 0;
  readonly #scheduler: Scheduler;

  /** @param scheduler True time. */
  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return START_MS + this.#scheduler.nowMs + this.offsetMs;
  }
}

/**
 * The clock of one process: what it set never fires once the process is gone.
 */
export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #wall: WallClock;
  readonly #process: { readonly alive: boolean };
  #pending = 0;

  /** @param process Whose timers these are. */
  constructor(
    scheduler: Scheduler,
    wall: WallClock,
    process: { readonly alive: boolean },
  ) {
    this.#scheduler = scheduler;
    this.#wall = wall;
    this.#process = process;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#pending;
  }

  /** Wall clock in milliseconds since 1970. */
  now(): number {
    return this.#wall.now();
  }

  /** Milliseconds since the simulation began. */
  monotonic(): number {
    return this.#scheduler.nowMs;
  }

  /** Sets a timer. */
  after(delayMs: number, run: () => void): Timer {
    this.#pending++;
    let isSet = true;
    const timer = this.#scheduler.after(delayMs, () => {
      isSet = false;
      this.#pending--;
      if (this.#process.alive) run();
    });
    return {
      cancel: () => {
        if (!isSet) return;
        isSet = false;
        this.#pending--;
        timer.cancel();
      },
    };
  }

  /** Runs in the next turn. */
  defer(run: () => void): Timer {
    return this.after(0, run);
  }
}
