import type { StoreKind } from "./simulate.ts";

/** A way to break our own code. */
export interface Mutation {
  /** What is wrong with it. */
  readonly name: string;
  /** Over which store it shows. */
  readonly store: StoreKind;
  /** What is replaced; each text stands once in its file. */
  readonly edits: readonly {
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[];
}

function one(
  name: string,
  file: string,
  find: string,
  replace: string,
): Mutation {
  return { name, store: "memory", edits: [{ file, find, replace }] };
}

const APPLY = "lib/operations/apply.ts";
const WRITE = "lib/operations/write.ts";
const BATCH = "lib/processor/batch_runner.ts";
const HANDOVER = "lib/processor/handover.ts";

/** Each must be found by the simulation within 1,000 seeds. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: "outcomes leave before COMMIT",
    store: "memory",
    edits: [
      {
        file: BATCH,
        find: "      batch.commit();\n",
        replace: "      this.early?.(outcomes);\n      batch.commit();\n" +
          "      outcomes.length = 0;\n",
      },
      {
        file: BATCH,
        find: "  #failing = false;\n",
        replace: "  #failing = false;\n  early: any;\n",
      },
      {
        file: "lib/processor/processor.ts",
        find: "      const outcomes = runner.run(items);\n",
        replace: "      runner.early = (early: any) => " +
          "early.forEach((one: any) => release.run(one));\n" +
          "      const outcomes = runner.run(items);\n",
      },
    ],
  },
  one(
    "a failed COMMIT acks all the same",
    BATCH,
    "      return this.#afterFailure(items, outcomes, error);",
    "      return outcomes;",
  ),
  one(
    "a message that fails alone is acked",
    BATCH,
    "      this.#failedAlone++;\n      notes.failed(error);\n" +
      "      return this.#failed(item, error, notes);",
    "      return item.kind === 'task' ? [] : [{ kind: 'to-cloud', message: " +
      "{ ...item.envelope.message, header: { ...item.envelope.message.header," +
      " parent_msg_id: item.envelope.message.header.msg_id }, route: { " +
      "...item.envelope.message.route, operation: 'response' } } } as any];",
  ),
  {
    name: "COMMIT is forgotten",
    store: "sqlite",
    edits: [{
      file: "lib/store/batch.ts",
      find: '      db.execute("COMMIT");',
      replace: '      if (this.#env.clock.now() % 3) db.execute("COMMIT"); ' +
        'else db.execute("ROLLBACK");',
    }],
  },
  {
    name: "a savepoint is not rolled back",
    store: "sqlite",
    edits: [{
      file: "lib/store/batch.ts",
      find: '        this.#run("ROLLBACK TO message");\n',
      replace: "",
    }, {
      // Nor is the transaction, if the message was its first.
      file: "lib/store/batch.ts",
      find: '      this.#run("ROLLBACK");\n      this.#isBegun = false;',
      replace: "      this.#isDirty = true;",
    }],
  },
  {
    name: "half a message is committed with its neighbours",
    store: "sqlite",
    edits: [{
      file: "lib/store/batch.ts",
      find: "      throw this.#lost = new BatchEntangledError(cause);",
      replace: "      return;",
    }],
  },
  {
    name: "a head outlives the batch that was undone",
    store: "sqlite",
    edits: [{
      file: "lib/store/batch.ts",
      find: "    revisions.rollback();\n    heads.clear();",
      replace: "    revisions.rollback();",
    }],
  },
  one(
    "an older version wins",
    APPLY,
    '  if (order < 0) return { kind: "stale" };\n',
    "",
  ),
  one(
    "an older object of the same name wins",
    APPLY,
    '    if (!isLater(row, identity)) return { kind: "stale" };\n',
    "",
  ),
  one(
    "a newer object of the same name loses",
    APPLY,
    "    if (!isLater(row, identity)) return",
    "    if (isLater(row, identity)) return",
  ),
  one(
    "a tombstone buries nothing",
    APPLY,
    "    if (isBuried(tx, target, identity)) return",
    "    if (false) return",
  ),
  one(
    "a deleted pod leaves its status and reports",
    APPLY,
    "  tx.drop(status);\n  tx.dropOutbox(status);\n",
    "",
  ),
  one(
    "a delete takes whatever has the name",
    WRITE,
    "if (!row || (uid && row.uid && uid !== row.uid)) return",
    "if (!row) return",
  ),
  one(
    "a delete is acked and not carried out",
    WRITE,
    "  const revision = tx.remove(key, message.header.resourceversion) ??\n" +
      "    tx.revision();",
    "  const revision = tx.revision();",
  ),
  one(
    "a duplicate is not acked",
    WRITE,
    '      { kind: "noted", what: applied.kind, resource: resource.resKey },\n' +
      '      { kind: "to-cloud", message: newOk(context, message) },\n',
    '      { kind: "noted", what: applied.kind, resource: resource.resKey },\n',
  ),
  one(
    "agents do not hear of the object that was replaced",
    WRITE,
    '  if (applied.kind === "recreated") {',
    "  if (false) {",
  ),
  one(
    "a late delete without a uid takes the new pod",
    WRITE,
    "  if (!uid && mayMeanAnother(row, tx)) return",
    "  if (false) return",
  ),
  {
    name: "a report is not put in the outbox",
    store: "memory",
    edits: [{
      file: "lib/operations/report.ts",
      find: "  return [...enqueue(message, tx, context), reply];",
      replace: '  return [{ kind: "to-cloud", message }, reply];',
    }],
  },
  one(
    "the outbox keeps older reports of an object",
    "lib/operations/enqueue.ts",
    "  if (merges) tx.dropOutboxRow(last.id);\n  else if",
    "  if",
  ),
  {
    name: "the outbox row goes when it is sent",
    store: "memory",
    edits: [{
      file: "lib/processor/outbox_sender.ts",
      find: "    const { text: _, ...info } = row;\n",
      replace: "    const { text: _, ...info } = row;\n    const batch = " +
        "(this.#options.store as any).batch();\n    batch.message(() => " +
        "batch.tx.dropOutboxRow(row.id));\n    batch.commit();\n",
    }],
  },
  one(
    "a confirmation removes nothing",
    "lib/operations/response.ts",
    "!refusal.transient && tx.confirm(parentId)",
    "false",
  ),
  one(
    "the outbox is not sent again after a reconnect",
    "lib/processor/outbox_sender.ts",
    "    this.#pings.clear();\n    this.#backlog.forget();\n  }\n",
    "    this.#pings.clear();\n  }\n",
  ),
  one(
    "a request past its deadline is forgotten",
    "lib/processor/requests.ts",
    '        this.#unanswered(entry, end === "expired" ? "expired" : ' +
      '"disconnected"),',
    '        end === "expired" ? undefined : this.#unanswered(entry, ' +
      '"disconnected"),',
  ),
  one(
    "an answered request stays open",
    "lib/processor/requests.ts",
    "    const entry = this.#pending.take(id);\n    if (!entry) return [];\n" +
      "    this.#ended(entry);\n",
    "    const entry = this.#pending.peek(id);\n    if (!entry) return [];\n",
  ),
  one(
    "an agent that attaches gets only what comes",
    HANDOVER,
    "      since: module.agent?.since ?? " +
      "this.#options.store.position(module.name),",
    "      since: this.#options.store.revision(),",
  ),
  one(
    "the position runs ahead of what the link took",
    "lib/edged/agent_connection.ts",
    "    this.#stats.queued++;\n",
    "    this.#stats.queued++;\n    if (message.header.revision) " +
      "this.#parts.router.handed(this.module, message.header.revision);\n",
  ),
  one(
    "nobody answers the cloud for an agent that is late",
    HANDOVER,
    "        toCloud(newOk(stamp, waiting.request));",
    '        if (end !== "expired") toCloud(newOk(stamp, waiting.request));',
  ),
  one(
    "the inbox has no bound",
    "lib/base/queue.ts",
    "    if (this.length >= this.#capacity) return true;\n",
    "",
  ),
  one(
    "what an agent says to a full inbox is dropped",
    "lib/edged/agent_reader.ts",
    "    return hasRoom && this.#pass(message, sizes)\n      ? undefined\n      : this.#passLater(message, sizes);",
    "    return void (hasRoom && this.#pass(message, sizes));",
  ),
  {
    name: "requests have no bound",
    store: "memory",
    edits: [{
      file: "lib/processor/requests.ts",
      find: "new PendingTable(options.clock, LIMITS.pendingRequestsMax)",
      replace: "new PendingTable(options.clock, Infinity)",
    }, {
      file: "lib/processor/requests.ts",
      find: "    if (this.#waitingCount >= LIMITS.pendingRequestsMax) {",
      replace: "    if (false) {",
    }],
  },
  one(
    "a request beyond the bound is forgotten",
    "lib/processor/requests.ts",
    "    if (this.#waitingCount >= LIMITS.pendingRequestsMax) {\n" +
      '      return onUnanswered(request, "disconnected");',
    "    if (this.#waitingCount >= LIMITS.pendingRequestsMax) {\n      return;",
  ),
  one(
    "the outbox has no bound",
    "lib/operations/enqueue.ts",
    "  else if (!STATE_TYPES.has(resource.resType)) admit(tx);\n",
    "",
  ),
  one(
    "events in the outbox have no bound",
    "lib/operations/enqueue.ts",
    "    rows: LIMITS.outboxEventsMax,",
    "    rows: Infinity,",
  ),
  one(
    "events go before their bound",
    "lib/operations/enqueue.ts",
    "    rows: LIMITS.outboxEventsMax,",
    "    rows: 1,",
  ),
  one(
    "what nobody answers is never parked",
    "lib/processor/outbox_sender.ts",
    "    const isParked = this.#options.store.noteUnanswered(row.id);",
    "    const isParked = false;",
  ),
  one(
    "what the cloud lost waits for the next connection",
    "lib/processor/outbox_sender.ts",
    "        if (!isAnswered(row) || !this.#flights.goesAgain(flight)) {",
    "        if (!isAnswered(row) || overdue >= 0) {",
  ),
  one(
    "what is parked is sent all the same",
    "lib/processor/outbox_backlog.ts",
    "    if (!row || row.parkedAtMs > 0) {",
    "    if (!row) {",
  ),
  one(
    "one connection without an answer parks",
    "lib/processor/outbox_sender.ts",
    "    const isParked = this.#options.store.noteUnanswered(row.id);",
    "    const isParked = [1, 2, 3].map(() => " +
      "this.#options.store.noteUnanswered(row.id)).at(-1) ?? false;",
  ),
  one(
    "a newer report goes instead of the one that is parked, which stays",
    "lib/operations/enqueue.ts",
    "  const merges = last !== undefined && isSuperseded(last, upstream);",
    "  const merges = last !== undefined && last.parkedAtMs === 0 &&\n" +
      "    isSuperseded(last, upstream);",
  ),
];
