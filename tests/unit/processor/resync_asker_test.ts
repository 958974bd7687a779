import { assertEquals, assertRejects } from "@std/assert";
import type { Message } from "../../../lib/message/mod.ts";
import type { Context, RemoteRequest } from "../../../lib/operations/mod.ts";
import type { Item } from "../../../lib/processor/item.ts";
import { ResyncAsker } from "../../../lib/processor/resync_asker.ts";
import type { StoreTransaction } from "../../../lib/store/mod.ts";

const TX = {} as StoreTransaction;
const CONTEXT = { connected: true } as Context;

function message(id: string): Message {
  return {
    header: { msg_id: id, timestamp: 0 },
    route: { operation: "query", resource: "default/configmap/a" },
    content: null,
  };
}

const request = (id: string) => ({ upstream: message(id) }) as RemoteRequest;

/** Runs tasks as a batch does that failed so often before it succeeded. */
function runner(failures: number, context = CONTEXT) {
  const asked: string[] = [];
  const asker = new ResyncAsker((item: Item) => {
    if (item.kind !== "task") return;
    for (let i = 0; i < failures; i++) {
      item.run(TX, context);
      item.failed(context);
    }
    if (failures < 2) {
      for (const effect of item.run(TX, context)) {
        if (effect.kind !== "ask") continue;
        asked.push(
          `${effect.request.upstream.header.msg_id} for ${effect.request.from}`,
        );
      }
    }
    item.settled?.();
  });
  return { asker, asked };
}

Deno.test("ResyncAsker, ends come in the order of the questions, whatever they are", async () => {
  const { asker, asked } = runner(0);
  const ends = asker.ask(() => ["a", "b", "c"].map(request));
  await Promise.resolve();
  assertEquals(asked, ["a", "b", "c"].map((id) => `${id} for metamanager`));
  asker.unanswered(request("c"), "expired");
  asker.answered(request("b"), message("answer"));
  asker.answered(request("other"), message("no matter"));
  assertEquals(asker.ended, 2);
  asker.stop();
  assertEquals(await ends, ["disconnected", message("answer"), "expired"]);
  assertEquals(asker.ended, 3);
});

Deno.test("ResyncAsker, a task that was run again waits for its last questions only", async () => {
  const { asker } = runner(1);
  let round = 0;
  const ends = asker.ask(() => [request(`a${round++}`)]);
  asker.answered(request("a0"), message("too early"));
  asker.answered(request("a1"), message("answer"));
  assertEquals(await ends, [message("answer")]);
});

Deno.test("ResyncAsker, a store that fails, a cloud that is away, a node that stops", async () => {
  const broken = runner(2).asker;
  await assertRejects(() => broken.read(() => 1), Error, "cannot be read now");
  const away = runner(0, { ...CONTEXT, connected: false }).asker;
  await assertRejects(() => away.ask(() => []), Error, "went away");
  assertEquals(await away.read(() => 1), 1);
  away.stop();
  await assertRejects(() => away.read(() => 1), Error, "The node stops");
});
