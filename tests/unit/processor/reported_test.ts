import { assertEquals } from "@std/assert";
import { type Store, StoreError } from "../../../lib/store/mod.ts";
import { fromCloud, pod } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const insert = (name: string, namespace = "default") =>
  fromCloud(
    "insert",
    `${namespace}/pod/${name}`,
    pod(name, 1, { namespace, uid: `${namespace}-${name}` }),
  );

/** A folder with a store that has lost something and holds two pods. */
async function withLoss(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const bench = await ProcessorBench.start({ folder });
    await bench.fromCloud(insert("a"), insert("b", "prod"));
    bench.store.recover();
    await bench.crash();
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Resources of the reports that left since the last look. */
function reports(bench: ProcessorBench): string[] {
  return bench.cloud.take().filter(({ content }) => Array.isArray(content))
    .map(({ route }) => route.resource);
}

const ALL = ["default/podstatus", "prod/podstatus"];

Deno.test("a report owed since a loss is owed until a connected MetaSync has sent it, whatever restarts", () =>
  withLoss(async (folder) => {
    for (let life = 0; life < 2; life++) {
      const bench = await ProcessorBench.start({ folder });
      await bench.connect();
      // In sync again, so its problem is gone, but not a MetaSync yet.
      await bench.clock.advance(30_000);
      assertEquals(bench.store.problems, []);
      assertEquals(reports(bench), []);
      await bench.crash();
    }
    const offline = await ProcessorBench.start({ folder });
    await offline.clock.advance(120_000);
    assertEquals(reports(offline), []);
    await offline.crash();
    const bench = await ProcessorBench.start({ folder });
    await bench.connect();
    await bench.clock.advance(60_000);
    assertEquals(reports(bench), ALL);
    assertEquals(bench.store.reportOwed(), 0);
    await bench.clock.advance(120_000);
    assertEquals(reports(bench), []);
    await bench.crash();
    const next = await ProcessorBench.start({ folder });
    await next.connect();
    await next.clock.advance(120_000);
    assertEquals(reports(next), []);
    await next.crash();
  }));

Deno.test("a report of which the link takes a part only is owed as a whole", () =>
  withLoss(async (folder) => {
    const bench = await ProcessorBench.start({ folder });
    await bench.connect();
    bench.cloud.full = true;
    await bench.clock.advance(60_000);
    assertEquals(bench.store.reportOwed() > 0, true);
    bench.cloud.full = false;
    bench.cloud.room = 1;
    await bench.clock.advance(60_000);
    assertEquals(reports(bench), ALL.slice(0, 1));
    assertEquals(bench.store.reportOwed() > 0, true);
    bench.cloud.room = Infinity;
    await bench.clock.advance(60_000);
    assertEquals(reports(bench), ALL);
    assertEquals(bench.store.reportOwed(), 0);
    await bench.crash();
  }));

Deno.test("a report owed while there is no pod is settled by a connected MetaSync", async () => {
  await using bench = await ProcessorBench.start();
  bench.store.recover();
  await bench.clock.advance(60_000);
  assertEquals(bench.store.reportOwed() > 0, true);
  await bench.connect();
  await bench.clock.advance(60_000);
  assertEquals(reports(bench), []);
  assertEquals(bench.store.reportOwed(), 0);
});

Deno.test("a report that could not be noted as sent is sent again", () =>
  withLoss(async (folder) => {
    let failing = true;
    const bench = await ProcessorBench.start({
      folder,
      wrap: (store) =>
        new Proxy(store as Store, {
          get(target, name) {
            if (name === "batch" && failing) {
              return () => {
                const batch = store.batch();
                return Object.assign(Object.create(batch), {
                  tx: batch.tx,
                  message: <T>(run: () => T) => batch.message(run),
                  rollback: () => batch.rollback(),
                  commit: () => {
                    if (store.reportOwed() === 0) {
                      throw new StoreError("io", "disk I/O error");
                    }
                    batch.commit();
                  },
                });
              };
            }
            const value = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
    });
    await bench.connect();
    await bench.clock.advance(60_000);
    assertEquals(reports(bench), ALL);
    assertEquals(bench.store.reportOwed() > 0, true);
    failing = false;
    await bench.clock.advance(60_000);
    assertEquals(reports(bench), ALL);
    assertEquals(bench.store.reportOwed(), 0);
    await bench.crash();
  }));

Deno.test("a report of before another loss settles nothing of after it", async () => {
  await using bench = await ProcessorBench.start();
  bench.store.recover();
  const mark = bench.store.reportOwed();
  bench.store.recover();
  const next = bench.store.reportOwed();
  const batch = bench.store.batch();
  batch.message(() => batch.tx.settleReport(mark));
  assertEquals(bench.store.reportOwed(), next);
  batch.message(() => batch.tx.settleReport(next));
  batch.commit();
  assertEquals([mark < next, bench.store.reportOwed()], [true, 0]);
});
