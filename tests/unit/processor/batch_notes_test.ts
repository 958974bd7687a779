import { assertEquals } from "@std/assert";
import { BatchNotes } from "../../../lib/processor/batch_notes.ts";

Deno.test("BatchNotes, tells nothing until it is told to, then all of it in order", () => {
  const notes = new BatchNotes();
  const error = new Error("disk");
  const fault = { kind: "bad-content", text: "no" } as const;
  notes.processed("insert", "cloud", "done");
  notes.fault(fault, "cloud");
  notes.processed("unknown", "edged", "fault");
  notes.failed(error);
  notes.noted("outbox-full", "default/podstatus/a");
  const told: unknown[] = [];
  notes.tell({
    processed: (event) => told.push(event),
    fault: (...args) => told.push(args),
    failed: (...args) => told.push(args),
    noted: (...args) => told.push(args),
  });
  assertEquals(told, [
    { operation: "insert", origin: "cloud", outcome: "done" },
    { operation: "unknown", origin: "edged", outcome: "fault" },
    [fault, "cloud"],
    [error, 1],
    ["outbox-full", "default/podstatus/a"],
  ]);
});

Deno.test("BatchNotes, an observer that listens to nothing is told nothing", () => {
  const notes = new BatchNotes();
  notes.processed("insert", "cloud", "done");
  notes.failed(new Error("disk"));
  notes.tell({});
});
