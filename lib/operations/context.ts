import type { Message, Origin, Stamp } from "../message/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import type { Outcome, RemoteRequest } from "./outcome.ts";

/** What an operation may know beside the message and the store. */
export interface Context extends Stamp {
  /** Where the message entered. */
  readonly origin: Origin;
  /** Module that sent it. */
  readonly from: string;
  /** Name of this node: pods of others are not for its agents. */
  readonly nodeId: string;
  /** Whether the cloud can be asked. */
  readonly connected: boolean;
  /** Resource types that the cloud is asked for while connected. */
  readonly remoteTypes: ReadonlySet<string>;
  /** Whether the cloud vouched for a key since the last connect. */
  isConfirmed(key: string): boolean;
  /** The request that waits for an answer with this parent id. */
  request(id: string): RemoteRequest | undefined;
  /** Ids of outbox messages that an answered ping with this id confirms. */
  barrier(id: string): readonly string[] | undefined;
  /** Whether the outbox message with this id is out and not confirmed. */
  isSent(id: string): boolean;
}

/**
 * One operation: reads and writes through the transaction and returns what
 * should leave. It sends nothing, waits for nothing, and touches no clock or
 * randomness but the context's.
 *
 * @throws {PermanentFault} If the message can never succeed.
 * @throws {TransientFault} If it may succeed later; what was written is undone.
 * @throws {StoreError} If the store failed; what was written is undone.
 */
export type Operate = (
  message: Message,
  tx: StoreTransaction,
  context: Context,
) => Outcome;
