import { assert, assertEquals } from "@std/assert";
import { fromCloud, object, pod } from "../../support/messages.ts";
import { OperationBench } from "../../support/operation_bench.ts";

const OBJECTS = 1000;
/** What may be written for an object of 1 KB: alone, and within a burst. */
const BYTES_MAX = { alone: 24 * 1024, burst: 3 * 1024 };

/** Bytes that this thread has passed to `write` so far. */
function writtenBytes(): number {
  const io = Deno.readTextFileSync("/proc/thread-self/io");
  return Number(/^wchar: (\d+)$/m.exec(io)?.[1]);
}

/** An object of about 1 KB. */
const config = (i: number, version: number) =>
  fromCloud(
    "update",
    `default/configmap/c-${i}`,
    object("ConfigMap", `c-${i}`, version, {
      data: { text: `${version} `.padEnd(800, "x") },
    }),
  );

Deno.test("bytes_written_per_object_bounded, F1: object by object", async () => {
  await using bench = await OperationBench.open();
  const before = writtenBytes();
  for (let i = 0; i < OBJECTS; i++) bench.cloud(config(i, 1));
  const each = (writtenBytes() - before) / OBJECTS;
  assert(each < BYTES_MAX.alone, `${each} bytes for each object`);
});

Deno.test("bytes_written_per_object_bounded, F1: in bursts", async () => {
  await using bench = await OperationBench.open();
  const before = writtenBytes();
  for (let from = 0; from < OBJECTS; from += 250) {
    const batch = bench.store.batch();
    for (let i = from; i < from + 250; i++) {
      const { route, content } = config(i, 1);
      batch.message(() =>
        batch.tx.put({
          key: route.resource,
          type: "configmap",
          value: JSON.stringify(content),
          uid: `uid-${i}`,
          version: "1",
          created: "",
          source: "edgecontroller",
        })
      );
    }
    batch.commit();
  }
  const each = (writtenBytes() - before) / OBJECTS;
  assert(each < BYTES_MAX.burst, `${each} bytes for each object`);
});

Deno.test("bytes_written_per_object_bounded, F1: heartbeats and repeats write nothing", async () => {
  await using bench = await OperationBench.open();
  const node = (beat: number) =>
    fromCloud("update", "null/node/edge-1", {
      ...object("Node", "edge-1", beat),
      status: { conditions: [{ type: "Ready", lastHeartbeatTime: `${beat}` }] },
    });
  bench.cloud(node(1));
  const same = fromCloud("update", "default/pod/web-0", pod("web-0", 5));
  bench.cloud(same);
  const before = writtenBytes();
  for (let beat = 2; beat < 500; beat++) {
    bench.cloud(node(beat));
    bench.cloud(same);
  }
  assertEquals(writtenBytes() - before, 0);
});
