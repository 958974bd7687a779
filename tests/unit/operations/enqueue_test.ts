import { assertEquals, assertThrows } from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";
import { TransientFault } from "../../../lib/operations/mod.ts";
import { fromCloud, fromEdged, pod } from "../../support/messages.ts";
import { effects, OperationBench } from "../../support/operation_bench.ts";

const STATUS = "default/podstatus/web-0";
const POD = "default/pod/web-0";

const status = (phase: string) =>
  fromEdged("update", STATUS, {
    UID: "uid-web-0",
    Name: "web-0",
    Status: { phase },
  });
const removal = (uid = "uid-web-0") =>
  fromEdged("delete", POD, { preconditions: { uid }, gracePeriodSeconds: 0 });
const event = (name: string, note = "") =>
  fromEdged("insert", `default/event/${name}`, { note });

const operations = (bench: OperationBench) =>
  bench.store.outbox(0, 10).map((row) => row.operation);
const ids = (bench: OperationBench) =>
  bench.store.outbox(0, 10).map((row) => row.msgId);

/** Rows of a type, as if they had been taken before. */
function fill(
  bench: OperationBench,
  rows: { type: string; count: number; text?: string },
) {
  const { type, count, text = "{}" } = rows;
  const batch = bench.store.batch();
  batch.message(() => {
    for (let i = 0; i < count; i++) {
      batch.tx.enqueue({
        msgId: `${type}-${i}`,
        resource: `default/${type}/e${i}`,
        type,
        operation: "insert",
        text,
        createdAtMs: 0,
      });
    }
  });
  batch.commit();
}

Deno.test("a delete repeated while it waits is one delete", async () => {
  await using bench = await OperationBench.open();
  const first = removal();
  for (const message of [first, removal(), removal()]) {
    const outcome = bench.edged(message);
    assertEquals(effects(outcome, "reply")[0]?.message.content, "OK");
  }
  assertEquals(ids(bench), [first.header.msg_id]);
  bench.edged(removal("another"));
  assertEquals(operations(bench), ["delete", "delete"]);
});

Deno.test("a delete by bare uid is repeated as the same", async () => {
  await using bench = await OperationBench.open();
  for (let i = 0; i < 3; i++) bench.edged(fromEdged("delete", POD, "uid-a"));
  bench.edged(fromEdged("delete", POD, "uid-b"));
  assertEquals(operations(bench), ["delete", "delete"]);
});

Deno.test("a delete repeated after it was left unanswered takes its place", async () => {
  await using bench = await OperationBench.open();
  bench.edged(removal());
  bench.store.noteUnanswered(1);
  const again = removal();
  bench.edged(again);
  assertEquals(ids(bench), [again.header.msg_id]);
  assertEquals(bench.store.outboxInfo(0)[0]?.attempts, 0);
});

Deno.test("updates of a resource that wait are one update, the newest", async () => {
  await using bench = await OperationBench.open();
  const reports = [1, 2, 3].map((n) =>
    fromEdged("update", "default/thing/x", { n })
  );
  const other = fromEdged("update", "default/thing/y", { n: 1 });
  for (const report of [...reports.slice(0, 2), other, ...reports.slice(2)]) {
    bench.edged(report);
  }
  assertEquals(ids(bench), [
    other.header.msg_id,
    reports[2]?.header.msg_id,
  ]);
});

Deno.test("merging never crosses an insert or a delete", async () => {
  await using bench = await OperationBench.open();
  const about = (operation: string, note: string) =>
    bench.edged(fromEdged(operation, "default/event/e", { note }));
  about("insert", "a");
  about("update", "b");
  about("update", "c");
  about("insert", "d");
  about("update", "e");
  about("update", "f");
  about("patch", "g");
  about("update", "h");
  assertEquals(operations(bench), [
    "insert",
    "update",
    "insert",
    "update",
    "patch",
    "update",
  ]);
  const notes = bench.store.outbox(0, 10).map((row) =>
    JSON.parse(row.text).content.note
  );
  assertEquals(notes, ["a", "c", "d", "f", "g", "h"]);
});

Deno.test("a confirmation of the older report leaves the newer one", async () => {
  await using bench = await OperationBench.open();
  const [older, newer] = [status("Pending"), status("Running")];
  bench.edged(older);
  bench.edged(newer);
  bench.cloud(
    fromCloud("response", STATUS, "OK", { parentId: older.header.msg_id }),
  );
  assertEquals(ids(bench), [newer.header.msg_id]);
  bench.cloud(
    fromCloud("response", STATUS, "OK", { parentId: newer.header.msg_id }),
  );
  assertEquals(ids(bench), []);
});

Deno.test("a newer report of a parked resource is sent", async () => {
  await using bench = await OperationBench.open();
  bench.edged(status("Pending"));
  for (let i = 0; i < 3; i++) bench.store.noteUnanswered(1);
  bench.edged(status("Running"));
  const [row] = bench.store.outbox(0, 10);
  assertEquals([row?.attempts, row?.parkedAtMs], [0, 0]);
});

Deno.test("events beyond their number go oldest first and are counted", async () => {
  await using bench = await OperationBench.open();
  fill(bench, { type: "event", count: LIMITS.outboxEventsMax });
  const outcome = bench.edged(event("last"));
  assertEquals(effects(outcome, "noted").map((n) => n.what), ["event-dropped"]);
  assertEquals(bench.store.outboxLength(), LIMITS.outboxEventsMax);
  assertEquals(bench.store.outbox(0, 1)[0]?.msgId, "event-1");
});

Deno.test("events beyond their bytes go oldest first, the newest stays", async () => {
  await using bench = await OperationBench.open();
  const half = "x".repeat(LIMITS.outboxEventBytesMax / 2);
  const state = status("Running");
  bench.edged(state);
  bench.edged(event("e1", half));
  bench.edged(event("e2", half));
  assertEquals(bench.store.outboxUse("event").rows, 1);
  const large = event("e3", half + half);
  assertEquals(effects(bench.edged(large), "noted").length, 1);
  assertEquals(ids(bench), [state.header.msg_id, large.header.msg_id]);
});

for (const bound of ["messages", "bytes"]) {
  Deno.test(`at its bound of ${bound} the outbox refuses what is no state, for now`, async () => {
    await using bench = await OperationBench.open();
    bench.edged(fromEdged("update", "default/thing/x", { n: 1 }));
    fill(
      bench,
      bound === "bytes"
        ? {
          type: "thing",
          count: 4,
          text: "x".repeat(LIMITS.outboxBytesMax / 4),
        }
        : { type: "thing", count: LIMITS.outboxMessagesMax - 1 },
    );
    const { rows } = bench.store.outboxUse();
    for (
      const message of [
        removal(),
        event("e"),
        fromEdged("update", "default/thing/y", { n: 1 }),
      ]
    ) {
      const error = assertThrows(() => bench.edged(message), TransientFault);
      assertEquals(error.reason, "TooManyRequests");
    }
    assertEquals(bench.store.outboxLength(), rows);
    assertEquals(bench.store.get("default/thing/y"), undefined);
    bench.edged(status("Running"));
    bench.edged(fromEdged("update", "default/thing/x", { n: 2 }));
    assertEquals(bench.store.outboxLength(), rows + 1);
    bench.cloud(fromCloud("insert", POD, pod("web-0", 1)));
  });
}
