/**
 * Every bound of the node in one place: what is bounded, by how much, and
 * what happens at the bound.
 */
export const LIMITS = {
  /** Largest message on any link, in bytes; a larger one is refused before it is held. */
  messageBytesMax: 32 * 1024 * 1024,
  /** Deepest nesting of JSON in a message; Kubernetes objects stay below 40. */
  messageDepthMax: 128,
  /**
   * Values in a message, each in an array or object counted; a message with
   * more is refused before it is parsed. 16 MiB of pods hold as many.
   */
  messageValuesMax: 500_000,
  /** Longest `route.resource`, in UTF-16 units; Kubernetes needs 63 + 253 + 253. */
  resourceLengthMax: 1024,
  /** Messages waiting for the processor; at the bound it takes no more. */
  inboxMessagesMax: 4096,
  /**
   * Messages waiting for the processor from which on the links stop reading: as
   * many as one transaction takes. More would be read only to wait: 4096 cost 8
   * us each, since none lay in the CPU's cache any more when its turn came, and
   * an agent's question waited behind them.
   */
  inboxMessagesRead: 256,
  /**
   * Memory that they take, estimated in bytes, which the last one may pass; at
   * the bound it takes no more.
   */
  inboxHeapBytesMax: 24 * 1024 * 1024,
  /** Messages of one transaction; the rest waits for the next one. */
  batchMessagesMax: 256,
  /** Requests waiting for the cloud; at the bound a request fails at once. */
  pendingRequestsMax: 4096,
  /** Cloud messages waiting for an agent's answer; at the bound `OK` leaves at COMMIT. */
  pendingAnswersMax: 8192,
  /** Messages waiting for the rate of the uplink; at the bound `send` refuses, pings and leases excepted. */
  uplinkMessagesMax: 1024,
  /** Bytes waiting for the uplink; at the bound `send` refuses and the link stops reading. */
  uplinkBytesMax: 8 * 1024 * 1024,
  /**
   * Bytes waiting for one agent; at the bound it catches up from the store,
   * and is closed with 1013 if it takes nothing or its answers are too many.
   */
  agentBytesMax: 8 * 1024 * 1024,
  /**
   * Bytes of messages that agents have begun to send, all together, but for
   * the first 256 KiB of each; who needs more is closed with 1013.
   */
  agentsHeldBytesMax: 64 * 1024 * 1024,
  /** Agents attached at a time; a further one is refused with 503. */
  agentsMax: 64,
  /** Tombstones kept; the oldest go first, and a module behind them gets everything. */
  tombstonesMax: 10_000,
  /** Age of a tombstone in milliseconds before it goes: 7 days. */
  tombstoneAgeMs: 7 * 24 * 3600 * 1000,
  /** Versions raised without other change that wait for the next commit. */
  raisedVersionsMax: 1024,
  /** Stored objects whose version is kept in memory; the older half goes first. */
  headsMax: 4096,
  /** Keys that the cloud vouched for since the connect; at the bound all are forgotten. */
  confirmedKeysMax: 100_000,
  /** Questions of one reconciliation; the rest is not asked, and the node not in sync. */
  reconcileQuestionsMax: 50_000,
  /** Events waiting in the outbox; the oldest go first, counted and told. */
  outboxEventsMax: 1000,
  /** Bytes of them; the oldest go first, the newest never. */
  outboxEventBytesMax: 4 * 1024 * 1024,
  /**
   * Messages waiting in the outbox. At the bound what is no state is refused
   * with an `error` that may be repeated; state (one row per object) never is.
   */
  outboxMessagesMax: 10_000,
  /** Bytes of them, which the last one taken may pass; as with their number. */
  outboxBytesMax: 16 * 1024 * 1024,
  /** Connections that may leave a message unanswered; then it is parked. */
  outboxAttemptsMax: 3,
  /** Log lines kept in memory for a bug report; the oldest go first. */
  logLinesMax: 500,
  /** Characters of them; the oldest go first. */
  logLengthMax: 256 * 1024,
  /** Listeners to streams of the operator's pages; a further one is refused with 503. */
  adminListenersMax: 16,
  /**
   * Messages that the journal remembers, a power of two; the oldest go first.
   * What is kept outlives the young generation: 1024 cost 7 us a message.
   */
  journalMessagesMax: 256,
  /** Length of their texts in UTF-16 units; the oldest go first. */
  journalLengthMax: 4 * 1024 * 1024,
  /** Positions of modules kept; the longest unused go first. */
  positionsMax: 64,
} as const;
