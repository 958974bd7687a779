import { assertEquals } from "@std/assert";
import {
  isProof,
  type Item,
  mayWrite,
  settle,
} from "../../../lib/processor/item.ts";
import { fromCloud } from "../../support/messages.ts";

const message = (operation: string): Item => ({
  kind: "message",
  envelope: {
    message: fromCloud(operation, "default/pod/a", {}),
    from: "edgehub",
  },
  receivedMs: 0,
});

const task = (more: Partial<Extract<Item, { kind: "task" }>> = {}): Item => ({
  kind: "task",
  run: () => [],
  failed: () => [],
  ...more,
});

Deno.test("mayWrite, for what changes objects, not for questions, answers and tasks", () => {
  const operations = [
    "insert",
    "update",
    "patch",
    "delete",
    "query",
    "response",
  ];
  assertEquals(
    operations.map((operation) => mayWrite(message(operation))),
    [true, true, true, true, false, false],
  );
  assertEquals(mayWrite(task()), false);
});

Deno.test("isProof, only for a task that says so", () => {
  assertEquals(isProof(task({ proves: true })), true);
  assertEquals(isProof(task()), false);
  assertEquals(isProof(message("insert")), false);
});

Deno.test("settle, tells the tasks that wait to be told", () => {
  let told = 0;
  settle([message("insert"), task(), task({ settled: () => told++ })]);
  assertEquals(told, 1);
});
