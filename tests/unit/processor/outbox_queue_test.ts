import { assertEquals } from "@std/assert";
import { OutboxQueue } from "../../../lib/processor/outbox_queue.ts";
import type { OutboxInfo } from "../../../lib/store/mod.ts";

function row(id: number, resource: string, operation = "update"): OutboxInfo {
  return {
    id,
    msgId: `m${id}`,
    resource,
    type: resource.split("/")[1] ?? "",
    operation,
    createdAtMs: 0,
    attempts: 0,
    parkedAtMs: 0,
    bytes: 1,
  };
}

function drain(queue: OutboxQueue): number[] {
  const ids: number[] = [];
  for (let next; (next = queue.next());) ids.push(next.id);
  return ids;
}

Deno.test("OutboxQueue, a connection begins with the newest state, then the rest in order", () => {
  const queue = new OutboxQueue();
  queue.begin([
    row(1, "d/event/a", "insert"),
    row(2, "d/podstatus/a"),
    row(3, "d/pod/a", "delete"),
    row(4, "d/nodestatus/n"),
    row(5, "d/podstatus/b"),
  ]);
  queue.add([row(6, "d/podstatus/c"), row(7, "d/event/b", "insert")]);
  assertEquals(queue.hasNext, true);
  assertEquals(drain(queue), [5, 4, 2, 6, 1, 3, 7]);
  assertEquals([queue.size, queue.hasNext], [0, false]);
});

Deno.test("OutboxQueue, the newest state first turns no resource's own order round", () => {
  const queue = new OutboxQueue();
  queue.begin([
    row(1, "d/nodestatus/n", "insert"),
    row(2, "d/podstatus/a"),
    row(3, "d/nodestatus/n"),
  ]);
  assertEquals(drain(queue), [1, 2]);
  queue.release("d/nodestatus/n");
  assertEquals(drain(queue), [3]);
});

Deno.test("OutboxQueue, of one resource one message at a time, in order", () => {
  const queue = new OutboxQueue();
  queue.add([
    row(1, "d/event/a", "insert"),
    row(2, "d/event/a", "patch"),
    row(3, "d/event/b", "insert"),
  ]);
  assertEquals(drain(queue), [1, 3]);
  queue.release("d/event/a");
  assertEquals(drain(queue), [2]);
  queue.release("d/event/a");
  assertEquals(drain(queue), []);
});

Deno.test("OutboxQueue, an update takes the place of the one in line, not across others", () => {
  const queue = new OutboxQueue();
  queue.add([row(1, "d/podstatus/a"), row(2, "d/podstatus/b")]);
  queue.add([row(3, "d/podstatus/a")]);
  assertEquals([queue.size, drain(queue)], [2, [3, 2]]);
  queue.clear();
  queue.add([
    row(4, "d/event/a"),
    row(5, "d/event/a", "insert"),
    row(6, "d/event/a"),
  ]);
  assertEquals(queue.size, 3);
});

Deno.test("OutboxQueue, what was taken goes back before those of its resource", () => {
  const queue = new OutboxQueue();
  queue.add([row(1, "d/event/a", "insert"), row(2, "d/event/a", "patch")]);
  const first = queue.next() ?? row(0, "none");
  queue.putBack(first);
  assertEquals(drain(queue), [], "busy until it is released");
  queue.release(first.resource);
  assertEquals(drain(queue), [1]);
  queue.putBack(row(9, "d/event/z"));
  queue.release("d/event/z");
  assertEquals(drain(queue), [9]);
});

Deno.test("OutboxQueue, an occupied resource waits", () => {
  const queue = new OutboxQueue();
  queue.add([row(1, "d/podstatus/a"), row(2, "d/event/b", "insert")]);
  queue.occupy("d/podstatus/a");
  queue.occupy("d/event/b");
  assertEquals(drain(queue), []);
  queue.release("d/podstatus/a");
  assertEquals(drain(queue), [1]);
});
