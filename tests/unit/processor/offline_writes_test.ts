import { assertEquals } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";
import type { Message } from "../../../lib/message/mod.ts";
import { fromCloud, fromEdged, pod } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

/** What an agent was told: OK, or why not. */
function told({ route, content }: Message): string {
  const status = isRecord(content) ? content.ErrStatus : undefined;
  return isRecord(status) ? `${route.operation} ${status.reason}` : "OK";
}

Deno.test("local_write_offline_is_replayed, C6: what is taken offline goes once and in order, over a restart, too; what is not is refused at once", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const sent: Message[] = [];
    {
      const bench = await ProcessorBench.start({ folder });
      bench.markSynced();
      await bench.fromCloud(
        fromCloud("insert", "default/pod/a", pod("a", 1, { uid: "A" })),
      );
      const edged = bench.agent();
      await bench.clock.settle();
      edged.take();
      const ask = async (message: Message) => {
        edged.send(message);
        // No time passes: nobody waits for a cloud that is away.
        await bench.clock.settle();
        const answers = edged.take().filter(({ header }) =>
          header.parent_msg_id === message.header.msg_id
        );
        assertEquals(answers.length, 1);
        return told(answers[0] as Message);
      };
      const status = { UID: "A", Name: "a", Status: { phase: "Running" } };
      const kept = [
        fromEdged("update", "default/thing/x", { n: 1 }),
        fromEdged("insert", "default/event/e", { reason: "Started" }),
        fromEdged("delete", "default/pod/a", {}),
        fromEdged("update", "default/thing/y", { n: 2 }),
      ];
      for (const message of kept) {
        assertEquals(await ask(message), "OK", message.route.resource);
        sent.push(message);
      }
      for (
        const message of [
          fromEdged("patch", "default/podpatch/a", "{}"),
          fromEdged("insert", "default/pod/mirror", pod("mirror", 1)),
          fromEdged("update", "kube-node-lease/lease/edge-1", { spec: {} }),
        ]
      ) {
        assertEquals(
          await ask(message),
          "error ServiceUnavailable",
          message.route.resource,
        );
      }
      assertEquals(
        await ask(fromEdged("update", "default/podstatus/a", status)),
        "OK",
      );
      await bench.crash();
    }
    const bench = await ProcessorBench.start({ folder });
    await bench.connect();
    const ids = sent.map(({ header }) => header.msg_id);
    const came = bench.cloud.take();
    // State goes first, everything else as it was written.
    assertEquals(came[0]?.route.resource, "default/podstatus/a");
    assertEquals(
      came.map(({ header }) => header.msg_id).filter((id) => ids.includes(id)),
      ids,
    );
    const refused = ["podpatch", "lease", "mirror"];
    assertEquals(
      came.filter(({ route }) =>
        refused.some((part) => route.resource.includes(part))
      ),
      [],
    );
    await bench.crash();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
