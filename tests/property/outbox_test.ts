import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Message } from "../../lib/message/mod.ts";
import type { Context } from "../../lib/operations/mod.ts";
import { enqueue } from "../../lib/operations/enqueue.ts";
import type { OutboxRow } from "../../lib/store/mod.ts";
import { ModelDisk, ModelStore } from "../simulation/model_store.ts";
import { fromEdged } from "../support/messages.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { holds } from "./property.ts";

/** What an agent says, one after the other. */
interface Report {
  readonly operation: "insert" | "update" | "delete";
  readonly resource: string;
  readonly n: number;
}

const reports: fc.Arbitrary<Report> = fc.record({
  operation: fc.constantFrom("update", "update", "update", "insert", "delete"),
  resource: fc.constantFrom("default/thing/a", "default/thing/b"),
  n: fc.nat({ max: 3 }),
});
const sequences = fc.array(reports, { maxLength: 25 });

/** The part of the context that the outbox asks for. */
const CONTEXT = { origin: "edged", from: "edged", now: () => 0 } as Context;

/** A store in memory that takes messages as the operations do. */
class Outbox {
  readonly store = new ModelStore(new ModelDisk(), new VirtualClock());

  /** Takes what an agent says; returns the message. */
  take({ operation, resource, n }: Report): Message {
    const message = fromEdged(operation, resource, { n });
    this.write((tx) => void enqueue(message, tx, CONTEXT));
    return message;
  }

  /** Changes the store in a transaction of its own. */
  write<T>(run: (tx: ReturnType<ModelStore["batch"]>["tx"]) => T): T {
    const batch = this.store.batch();
    const result = batch.message(() => run(batch.tx));
    batch.commit();
    return result;
  }

  /** What waits, oldest first. */
  rows(): OutboxRow[] {
    return this.store.outbox(0, Infinity);
  }
}

function contentOf({ text }: OutboxRow): unknown {
  return JSON.parse(text).content;
}

/** What the cloud knows of an object after all of that, in this order. */
function outcome(
  entries: readonly { operation: string; content: unknown }[],
): string[] {
  const known: string[] = [];
  for (const [i, { operation, content }] of entries.entries()) {
    const next = entries[i + 1];
    const text = `${operation} ${JSON.stringify(content)}`;
    // An update that another follows leaves no trace, nor does a delete
    // that is said again.
    const isPassed = next?.operation === operation &&
      (operation === "update" ||
        (operation === "delete" &&
          JSON.stringify(next.content) === JSON.stringify(content)));
    if (!isPassed) known.push(text);
  }
  return known;
}

Deno.test("outbox coalescing: what leaves comes to the same as all that was said", () =>
  holds(fc.property(sequences, (said) => {
    const outbox = new Outbox();
    for (const report of said) outbox.take(report);
    const rows = outbox.rows();
    for (const resource of ["default/thing/a", "default/thing/b"]) {
      const all = said.filter((one) => one.resource === resource)
        .map(({ operation, n }) => ({ operation, content: { n } }));
      const left = rows.filter((row) => row.resource === resource)
        .map((row) => ({ operation: row.operation, content: contentOf(row) }));
      assertEquals(outcome(left), outcome(all));
      // And nothing is there that could have merged.
      assertEquals(left.length, outcome(all).length);
    }
  })));

Deno.test("outbox coalescing: what is kept goes in the order in which it was said", () =>
  holds(fc.property(sequences, (said) => {
    const outbox = new Outbox();
    const order = said.map((report) => outbox.take(report).header.msg_id);
    const kept = outbox.rows().map(({ msgId }) => order.indexOf(msgId));
    assert(kept.every((place) => place >= 0));
    assertEquals(kept, kept.toSorted((a, b) => a - b));
    const newest = said.findLastIndex(({ operation }) =>
      operation !== "delete"
    );
    assert(newest < 0 || kept.includes(newest), `${kept}`);
  })));

Deno.test("outbox coalescing: a confirmation removes what it names, and nothing that came after", () =>
  holds(fc.property(sequences, fc.nat(), (said, at) => {
    const outbox = new Outbox();
    const ids = said.map((report) => outbox.take(report).header.msg_id);
    const id = ids[at % Math.max(1, ids.length)] ?? "none";
    const before = outbox.rows().map(({ msgId }) => msgId);
    const isThere = outbox.write((tx) => tx.confirm(id));
    assertEquals(isThere, before.includes(id));
    const after = outbox.rows().map(({ msgId }) => msgId);
    assertEquals(after, before.filter((one) => one !== id));
  })));

Deno.test("outbox coalescing: an unanswered message is said again by the next of its kind", () =>
  holds(fc.property(sequences, reports, (said, last) => {
    const outbox = new Outbox();
    for (const report of said) outbox.take(report);
    for (const { id } of outbox.rows()) {
      for (let i = 0; i < 3; i++) outbox.store.noteUnanswered(id);
    }
    const parked = outbox.rows().length;
    assertEquals(outbox.store.outboxParked(), parked);
    const message = outbox.take(last);
    const row = outbox.rows().find(({ msgId }) =>
      msgId === message.header.msg_id
    );
    assertEquals(row?.attempts, 0);
    assertEquals(row?.parkedAtMs, 0);
  })));
