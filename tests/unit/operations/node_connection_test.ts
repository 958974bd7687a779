import { assertEquals, assertThrows } from "@std/assert";
import { PermanentFault } from "../../../lib/message/mod.ts";
import { fromCloud } from "../../support/messages.ts";
import { OperationBench } from "../../support/operation_bench.ts";

async function run(content: unknown) {
  await using bench = await OperationBench.open();
  const message = fromCloud("connect", "node/connection", content);
  return bench.run(message, "internal", "edgehub");
}

Deno.test("NodeConnection, a connect is remembered and sends what waits", async () => {
  assertEquals(await run("cloud_connected"), [
    { kind: "connection", connected: true },
    { kind: "outbox" },
  ]);
});

Deno.test("NodeConnection, a disconnect is remembered and sends nothing", async () => {
  assertEquals(await run("cloud_disconnected"), [
    { kind: "connection", connected: false },
  ]);
});

Deno.test("NodeConnection, any other content can never succeed", async () => {
  await using bench = await OperationBench.open();
  for (const content of ["connected", null, { connected: true }, ""]) {
    const message = fromCloud("connect", "node/connection", content);
    assertThrows(
      () => bench.run(message, "internal", "edgehub"),
      PermanentFault,
      "neither cloud_connected nor cloud_disconnected",
    );
  }
});
