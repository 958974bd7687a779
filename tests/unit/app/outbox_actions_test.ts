import { assertEquals, assertRejects } from "@std/assert";
import { ActionError } from "../../../lib/admin/mod.ts";
import { outboxActions } from "../../../lib/app/outbox_actions.ts";
import {
  type OutboxOrder,
  OutboxOrderError,
} from "../../../lib/processor/mod.ts";

Deno.test("outboxActions, reads ids or all, and nothing else", async () => {
  const orders: OutboxOrder[] = [];
  const actions = outboxActions((order) => {
    orders.push(order);
    return Promise.resolve({ messages: [], missing: [] });
  });
  const none = { messages: [], missing: [] };
  assertEquals(await actions["/outbox/retry"]?.({ all: true }), none);
  assertEquals(await actions["/outbox/drop"]?.({ ids: [1, 2] }), none);
  for (
    const input of [
      undefined,
      {},
      [],
      { ids: ["1"] },
      { ids: [0] },
      { ids: 1 },
      { all: false },
      { all: true, ids: [1] },
    ]
  ) {
    const error = await assertRejects(
      () => Promise.resolve(actions["/outbox/drop"]?.(input)),
      ActionError,
    );
    assertEquals(error.status, 400);
  }
  assertEquals(orders, [
    { what: "retry", ids: "all" },
    { what: "drop", ids: [1, 2] },
  ]);
});

Deno.test("outboxActions, a store that cannot be written is said so", async () => {
  const failing = (cause: Error) =>
    outboxActions(() => Promise.reject(cause))["/outbox/drop"];
  const error = await assertRejects(
    () => Promise.resolve(failing(new OutboxOrderError("no"))?.({ all: true })),
    ActionError,
  );
  assertEquals(error.status, 503);
  await assertRejects(
    () => Promise.resolve(failing(new TypeError("ours"))?.({ all: true })),
    TypeError,
  );
});
