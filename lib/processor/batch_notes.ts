import type { MessageFault, Origin } from "../message/mod.ts";
import type { Noted } from "../operations/mod.ts";
import type { ProcessorObserver } from "./observer.ts";

/**
 * What a batch has to tell, told once it is known that it counts: a batch that
 * is run again would tell it twice.
 */
export class BatchNotes {
  readonly #notes: ((observer: ProcessorObserver) => void)[] = [];
  readonly #processed: Parameters<
    NonNullable<ProcessorObserver["processed"]>
  >[0][] = [];

  /** A message was processed. */
  processed(
    operation: string,
    origin: Origin,
    outcome: "done" | "fault" | "failed",
  ): void {
    this.#processed.push({ operation, origin, outcome });
  }

  /** A message can never succeed. */
  fault(fault: MessageFault, origin: Origin): void {
    this.#notes.push((observer) => observer.fault?.(fault, origin));
  }

  /** A message failed alone. */
  failed(error: unknown): void {
    this.#notes.push((observer) => observer.failed?.(error, 1));
  }

  /** A result that is counted apart. */
  noted(what: Noted, resource: string): void {
    this.#notes.push((observer) => observer.noted?.(what, resource));
  }

  /** Tells all of it. */
  tell(observer: ProcessorObserver): void {
    for (const event of this.#processed) observer.processed?.(event);
    for (const note of this.#notes) note(observer);
  }
}
