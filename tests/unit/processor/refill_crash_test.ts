import { assert, assertEquals } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { openStore } from "../../../lib/store/mod.ts";
import { fromCloud, pod } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const PODS = 5000;

function insert(name: string, version: number) {
  return fromCloud("update", `default/pod/${name}`, pod(name, version));
}

Deno.test("change_during_resync_is_kept, B6: 5,000 pods replaced while changes stream in, then a crash", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const model = new Map<string, string>();
    {
      await using bench = await ProcessorBench.start({
        folder,
        reconcile: { delayMs: 0, intervalMs: 0 },
      });
      await bench.fromCloud(insert("ghost", 1));
      await bench.connect();
      await bench.clock.advance(1);
      const question = bench.cloud.take()
        .find(({ route }) => route.operation === "null");
      assert(question);
      const items = Array.from(
        { length: PODS },
        (_, i) => pod(`p${i}`, 10 + i),
      );
      for (let i = 0; i < PODS; i++) model.set(`p${i}`, String(10 + i));
      const text = JSON.stringify({ kind: "PodList", metadata: {}, items });
      const answer = fromCloud(
        "applicationResponse",
        "ignore/Application/ignore",
        {
          Status: "Approved",
          RespBody: new TextEncoder().encode(text).toBase64(),
        },
        { source: "dynamiccontroller", parentId: question.header.msg_id },
      );
      // Before it, in one batch with it, and behind it.
      const changed = [1, 2, 3].map((i) => insert(`p${i}`, 90_000 + i));
      const older = insert("p4", 1);
      const fresh = insert("fresh", 5);
      await bench.fromCloud(changed[0]!, fresh);
      await bench.fromCloud(changed[1]!, answer, changed[2]!, older);
      for (const i of [1, 2, 3]) model.set(`p${i}`, String(90_000 + i));
      model.set("fresh", "5");
    }
    const store = openStore({
      path: `${folder}/metamanager.db`,
      clock: new SystemClock(),
      reserveBytes: 0,
    });
    const rows = store.list("pod").map(({ uid, version }) =>
      `${uid.slice("uid-".length)} ${version}`
    );
    store.close();
    assertEquals(
      rows.sort(),
      [...model].map(([name, version]) => `${name} ${version}`).sort(),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
