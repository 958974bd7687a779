import type { Message, MessageFault, Origin } from "../message/mod.ts";
import type { Noted, Outcome } from "../operations/mod.ts";
import type { Item } from "./item.ts";
import type { SyncStatus } from "./sync_state.ts";

/** What the processor tells of its work, for logs, metrics and health. */
export interface ProcessorObserver {
  /** A message was processed and its outcome has left. */
  processed?(event: {
    readonly operation: string;
    readonly origin: Origin;
    readonly outcome: "done" | "fault" | "failed";
  }): void;
  /** A transaction was committed; `commitMs` is the time of COMMIT alone. */
  committed?(
    event: { readonly messages: number; readonly commitMs: number },
  ): void;
  /**
   * The outcomes of a batch have left; the first is that of the first item.
   * One call per batch, and what it is given is not copied for it.
   */
  settled?(items: readonly Item[], outcomes: readonly Outcome[]): void;
  /** A message was given to the cloud link or an agent. */
  sent?(to: string, message: Message): void;
  /** A message that can never succeed was answered with its fault. */
  fault?(fault: MessageFault, origin: Origin): void;
  /** A message failed alone, or with all its batch, and may succeed later. */
  failed?(error: unknown, messages: number): void;
  /** A transaction succeeded after one had failed. */
  recovered?(): void;
  /** A result that is counted apart. */
  noted?(what: Noted, resource: string): void;
  /** The cloud refused a message of the outbox. */
  refused?(resource: string, reason: string): void;
  /** A message of the outbox was left unanswered too often and is sent no more. */
  parked?(resource: string): void;
  /** The node has asked anew for everything that its pods name. */
  reconciled?(status: SyncStatus): void;
  /** An agent did not answer in time. */
  agentLate?(module: string, resource: string): void;
  /** A message for the cloud or an agent found nobody. */
  undelivered?(to: string, resource: string): void;
}
