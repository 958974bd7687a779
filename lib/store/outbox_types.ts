/** A message of the node for the cloud, to be kept until it is confirmed. */
export interface OutboxEntry {
  /** Id of the message: a confirmation names it. */
  readonly msgId: string;
  /** `route.resource` of the message. */
  readonly resource: string;
  /** Resource type: decides bounds and how it is confirmed. */
  readonly type: string;
  /** `route.operation` of the message: decides what merges. */
  readonly operation: string;
  /** The message as it goes on the wire. */
  readonly text: string;
  /** When it was stored, milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** What is known of an unconfirmed message, without what it says. */
export interface OutboxInfo extends Omit<OutboxEntry, "text"> {
  /** Order of entry. */
  readonly id: number;
  /** Connections on which the cloud had its time and did not answer. */
  readonly attempts: number;
  /** Since when it is sent no more, milliseconds since 1970; 0 if it is. */
  readonly parkedAtMs: number;
  /** Size of the message in bytes. */
  readonly bytes: number;
}

/** A message of the node that the cloud has not confirmed yet. */
export interface OutboxRow extends OutboxInfo, OutboxEntry {}

/** What messages of the outbox take. */
export interface OutboxUse {
  /** Messages. */
  readonly rows: number;
  /** Their bytes. */
  readonly bytes: number;
}
