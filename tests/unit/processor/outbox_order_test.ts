import { assertEquals, assertRejects } from "@std/assert";
import { newResponse } from "../../../lib/message/mod.ts";
import { OutboxOrderError } from "../../../lib/processor/mod.ts";
import { type Store, StoreError } from "../../../lib/store/mod.ts";
import { fromEdged, TEST_STAMP } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const removal = (name: string) => fromEdged("delete", `default/pod/${name}`);

async function withTwo(wrap?: (store: Store) => Store) {
  const bench = await ProcessorBench.start(wrap ? { wrap } : {});
  const edged = bench.agent();
  await bench.clock.settle();
  const messages = [removal("a"), removal("b")];
  for (const message of messages) edged.send(message);
  await bench.clock.settle();
  return { bench, messages };
}

Deno.test("changeOutbox, a parked message is sent again at once and loses its attempts", async () => {
  const { bench, messages: [a, b] } = await withTwo();
  await using _end = bench;
  for (let i = 0; i < 3; i++) bench.store.noteUnanswered(1);
  await bench.connect();
  assertEquals(bench.cloud.take().map((m) => m.header.msg_id), [
    b?.header.msg_id,
  ]);
  const done = bench.processor.changeOutbox({ what: "retry", ids: "all" });
  await bench.clock.settle();
  assertEquals((await done).messages.map(({ id }) => id), [1]);
  assertEquals(bench.cloud.take().map((m) => m.header.msg_id), [
    a?.header.msg_id,
  ], "what is out already is not sent twice");
  assertEquals(bench.store.outboxRow(1)?.attempts, 0);
});

Deno.test("changeOutbox, a message that is out is sent again if it is named", async () => {
  const { bench, messages: [a] } = await withTwo();
  await using _end = bench;
  await bench.connect();
  bench.cloud.take();
  const done = bench.processor.changeOutbox({ what: "retry", ids: [1, 7] });
  await bench.clock.settle();
  assertEquals((await done).missing, [7]);
  assertEquals(bench.cloud.take().map((m) => m.header.msg_id), [
    a?.header.msg_id,
  ]);
});

Deno.test("changeOutbox, a dropped message holds up none of its resource", async () => {
  const { bench } = await withTwo();
  await using _end = bench;
  await bench.connect();
  bench.cloud.take();
  const done = bench.processor.changeOutbox({ what: "drop", ids: [1] });
  await bench.clock.settle();
  assertEquals((await done).messages.map(({ resource }) => resource), [
    "default/pod/a",
  ]);
  assertEquals(bench.store.outboxLength(), 1);
  const again = removal("a");
  bench.router.send("metamanager", { message: again, from: "edged" });
  await bench.clock.settle();
  assertEquals(bench.cloud.take().map((m) => m.header.msg_id), [
    again.header.msg_id,
  ]);
  await bench.fromCloud(newResponse(TEST_STAMP, again, "OK"));
  assertEquals(bench.store.outboxLength(), 1);
});

Deno.test("changeOutbox, fails if the store cannot be written, and after a stop", async () => {
  let failing = false;
  const { bench } = await withTwo((store) =>
    new Proxy(store, {
      get(target, name) {
        if (name === "batch" && failing) {
          return () => {
            throw new StoreError("full", "database or disk is full");
          };
        }
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    })
  );
  await using _end = bench;
  failing = true;
  const refused = assertRejects(
    () => bench.processor.changeOutbox({ what: "drop", ids: "all" }),
    OutboxOrderError,
    "drop",
  );
  await bench.clock.settle();
  await refused;
  failing = false;
  assertEquals(bench.store.outboxLength(), 2);
  const cut = assertRejects(
    () => bench.processor.changeOutbox({ what: "retry", ids: "all" }),
    OutboxOrderError,
  );
  await bench.processor.stop();
  await cut;
  await assertRejects(
    () => bench.processor.changeOutbox({ what: "retry", ids: "all" }),
    OutboxOrderError,
  );
});
