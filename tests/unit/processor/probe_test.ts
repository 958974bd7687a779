import { assertEquals } from "@std/assert";
import {
  type SqliteStore,
  type Store,
  StoreError,
} from "../../../lib/store/mod.ts";
import { newResponse } from "../../../lib/message/mod.ts";
import {
  fromCloud,
  fromEdged,
  pod,
  TEST_STAMP,
} from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const insert = (name: string) =>
  fromCloud("insert", `default/pod/${name}`, pod(name, 1));

/** A processor whose COMMIT fails while told, if anything was written. */
async function world(options: { standalone?: boolean } = {}) {
  const disk = { fails: false, messagesMax: Infinity };
  const told: string[] = [];
  let commits = 0;
  const wrap = (store: SqliteStore) =>
    new Proxy(store as Store, {
      get(target, name) {
        if (name === "batch") {
          return () => {
            const batch = store.batch();
            let ran = 0;
            return {
              tx: batch.tx,
              message: <T>(run: () => T) => {
                ran++;
                return batch.message(run);
              },
              rollback: () => batch.rollback(),
              commit: () => {
                if (disk.fails || ran > disk.messagesMax) {
                  throw new StoreError("io", "disk I/O error");
                }
                batch.commit();
                commits++;
              },
            };
          };
        }
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  const bench = await ProcessorBench.start({
    ...options,
    wrap,
    observer: {
      failed: () => told.push("failed"),
      recovered: () => told.push("recovered"),
    },
  });
  return { bench, disk, told, commits: () => commits };
}

Deno.test("a store that failed and works again is found out without anything to store", async () => {
  const { bench, disk, told, commits } = await world();
  await using _ = bench;
  disk.fails = true;
  await bench.fromCloud(insert("a"));
  assertEquals(told, ["failed"]);
  await bench.clock.advance(2500);
  assertEquals(told, ["failed", "failed", "failed"]);
  disk.fails = false;
  await bench.clock.advance(1000);
  assertEquals(told.at(-1), "recovered");
  const count = commits();
  await bench.clock.advance(30_000);
  assertEquals([told.length, commits()], [4, count]);
});

Deno.test("a probe beside what fails proves nothing", async () => {
  const { bench, disk, told } = await world();
  await using _ = bench;
  disk.fails = true;
  await bench.fromCloud(insert("a"));
  // The probe and another message come into one batch.
  disk.fails = false;
  disk.messagesMax = 1;
  bench.clock.after(1000, () => void bench.cloud.send(insert("b")));
  await bench.clock.advance(1000);
  assertEquals(told, ["failed", "failed"]);
  await bench.clock.advance(1000);
  assertEquals(told, ["failed", "failed", "recovered"]);
});

Deno.test("questions are answered meanwhile, and prove nothing", async () => {
  const { bench, disk, told } = await world();
  await using _ = bench;
  disk.fails = true;
  await bench.fromCloud(insert("a"));
  disk.fails = false;
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  edged.send(fromEdged("query", "default/pod/a"));
  await bench.clock.settle();
  assertEquals(edged.take().length, 1);
  assertEquals(told, ["failed"]);
});

Deno.test("a confirmation that the failing store lost is asked for again on the same connection", async () => {
  const { bench, disk } = await world();
  await using _ = bench;
  await bench.connect();
  const edged = bench.agent();
  await bench.fromCloud(insert("a"));
  const status = { UID: "uid-a", Name: "a", Status: { phase: "Running" } };
  const report = fromEdged("update", "default/podstatus/a", status);
  edged.send(report);
  await bench.clock.settle();
  const sent = () =>
    bench.cloud.take().filter((m) => m.header.msg_id === report.header.msg_id);
  assertEquals(sent().length, 1);
  disk.fails = true;
  // The cloud says it once: an `OK` wants no ack.
  await bench.fromCloud(newResponse(TEST_STAMP, report, "OK"));
  disk.fails = false;
  await bench.clock.advance(2000);
  assertEquals(sent().length, 1);
  await bench.fromCloud(newResponse(TEST_STAMP, report, "OK"));
  assertEquals(bench.store.outboxLength(), 0);
});

Deno.test("no probe outlives stop()", async () => {
  const { bench, disk, told } = await world();
  disk.fails = true;
  await bench.fromCloud(insert("a"));
  await bench.processor.stop();
  assertEquals(bench.clock.pending, 0);
  assertEquals(told, ["failed"]);
  await bench[Symbol.asyncDispose]();
});

Deno.test("a message refused while the connection settles has to come before the store is in sync", async () => {
  const { bench, disk } = await world();
  await using _ = bench;
  await bench.connect();
  await bench.clock.advance(8_000);
  disk.fails = true;
  await bench.fromCloud(insert("a"));
  disk.fails = false;
  await bench.clock.advance(5_000);
  assertEquals(bench.store.isSynced("*"), false);
  await bench.clock.advance(6_000);
  assertEquals(bench.store.isSynced("*"), true);
});

for (const standalone of [false, true]) {
  Deno.test(`in sync is noted later if the store failed, ${standalone ? "standalone" : "with a cloud"}`, async () => {
    const { bench, disk } = await world({ standalone });
    await using _ = bench;
    disk.fails = true;
    if (!standalone) await bench.connect();
    await bench.clock.advance(15_000);
    assertEquals(bench.store.isSynced("*"), false);
    disk.fails = false;
    // The connection settles anew: what was refused has to come first.
    await bench.clock.advance(4_000);
    assertEquals(bench.store.isSynced("*"), false);
    await bench.clock.advance(7_000);
    assertEquals(bench.store.isSynced("*"), true);
  });
}
