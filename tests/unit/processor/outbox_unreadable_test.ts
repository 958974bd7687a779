import { assertEquals } from "@std/assert";
import { type Store, StoreError } from "../../../lib/store/mod.ts";
import { fromEdged } from "../../support/messages.ts";
import { ProcessorBench, storePods } from "../../support/processor_bench.ts";

const status = (phase: string) =>
  fromEdged("update", "default/podstatus/a", {
    UID: "a",
    Name: "a",
    Status: { phase },
  });

Deno.test("an outbox that cannot be read when an answer is overdue keeps no newer report back", async () => {
  let isFailing = false;
  await using bench = await ProcessorBench.start({
    wrap: (store) =>
      new Proxy<Store>(store, {
        get: (target, name) => {
          if (isFailing && name === "outboxRow") {
            throw new StoreError("io", "disk I/O error");
          }
          const member: unknown = Reflect.get(target, name, target);
          return typeof member === "function" ? member.bind(target) : member;
        },
      }),
  });
  storePods(bench.store, ["a"]);
  const edged = bench.agent();
  await bench.clock.settle();
  await bench.connect();
  edged.send(status("Pending"));
  await bench.clock.settle();
  const newer = status("Running");
  edged.send(newer);
  await bench.clock.settle();
  bench.cloud.take();
  isFailing = true;
  await bench.clock.advance(30_000);
  isFailing = false;
  await bench.clock.advance(50_000);
  const sent = bench.cloud.take()
    .filter(({ route }) => route.resource === "default/podstatus/a");
  assertEquals(sent.map(({ header }) => header.msg_id), [
    newer.header.msg_id,
  ]);
});
