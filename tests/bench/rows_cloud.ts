import type { Load, LoadResult } from "./hub.ts";
import type { Sample } from "./process.ts";
import type { Suite } from "./suite.ts";
import type { Subject } from "./world.ts";

/** KubeEdge's edgecore v1.15 on a machine of this kind (2 cores, virtio disk). */
const EDGECORE = {
  oneInFlight: { perSecond: 220, p50Ms: 4.3, p99Ms: 9.5 },
  manyInFlight: { perSecond: 267 },
  diskBytes: 86_000,
  cpuUs: 1075,
};

const SHAPE = { objectBytes: 1024, keys: 1000 };

interface Measurement extends LoadResult {
  readonly diskBytes: number;
  readonly writtenBytes: number;
  readonly cpuUs: number;
}

/** One load, and what it cost the process, per message. */
export async function measure(
  subject: Subject,
  load: Load,
): Promise<Measurement> {
  const before = subject.process.sample();
  const result = await subject.hub.run(load);
  const after = subject.process.sample();
  const per = (field: keyof Sample) =>
    (after[field] - before[field]) / load.messages;
  return {
    ...result,
    diskBytes: per("diskBytes"),
    writtenBytes: per("writtenBytes"),
    cpuUs: per("cpuUs"),
  };
}

/** Lets the program reach its pace, and makes all objects known. */
export async function warm(
  subject: Subject,
  keys: number = SHAPE.keys,
): Promise<void> {
  const shape = { ...SHAPE, keys };
  await subject.hub.run({
    shape,
    messages: Math.max(3000, keys),
    inFlight: 64,
  });
}

/** Rows 1 and 9: inserts at rising depth, with an agent and without. */
export async function cloudInserts({ world, table, scale }: Suite) {
  const loads = [1, 64, 256, 4096].map((inFlight) => ({
    shape: SHAPE,
    messages: inFlight === 1 ? scale(2000) : scale(20_000),
    inFlight,
  }));
  const floors: Measurement[] = [];
  {
    await using subject = await world.floor();
    await warm(subject);
    for (const load of loads) floors.push(await measure(subject, load));
  }
  for (const agent of [true, false]) {
    await using subject = await world.node({ agent });
    await warm(subject);
    for (const [i, load] of loads.entries()) {
      const agentBefore = subject.agent?.sample().cpuUs;
      const result = await measure(subject, load);
      const name = `inserts, ${load.inFlight} in flight, ` +
        (agent ? "agent answers" : "no agent");
      if (subject.agent && agentBefore !== undefined) {
        const us = subject.agent.sample().cpuUs - agentBefore;
        table.add(1, name, "µs CPU of the agent", us / load.messages);
      }
      report(table, { row: 1, name, result, floor: floors[i]! });
      const edgecore = load.inFlight === 1
        ? EDGECORE.oneInFlight
        : load.inFlight <= 256
        ? EDGECORE.manyInFlight
        : {};
      reportPace(table, { row: 1, name, result, floor: floors[i]!, edgecore });
    }
  }
}

/** Row 2: updates with and without a delta, and objects of other sizes. */
export async function cloudUpdates({ world, table, scale }: Suite) {
  const sizes = [
    { objectBytes: 300, messages: scale(20_000), inFlight: 64 },
    { objectBytes: 1024, messages: scale(20_000), inFlight: 64 },
    { objectBytes: 65_536, messages: scale(2000), inFlight: 64 },
    { objectBytes: 1_048_576, messages: scale(100), inFlight: 8 },
  ];
  for (const { objectBytes, messages, inFlight } of sizes) {
    const keys = objectBytes > 100_000 ? 10 : objectBytes > 10_000 ? 100 : 1000;
    const shape = { objectBytes, keys, operation: "update" };
    const load = { shape, messages, inFlight };
    const first = { shape, messages: keys, inFlight };
    let floor: Measurement;
    {
      await using subject = await world.floor();
      await warm(subject);
      await subject.hub.run(first);
      floor = await measure(subject, load);
    }
    await using subject = await world.node();
    await warm(subject);
    await subject.hub.run(first);
    const deltas = objectBytes === 1024 ? [true, false] : [true];
    for (const delta of deltas) {
      const result = await measure(subject, { ...load, delta });
      const size = objectBytes < 10_000
        ? `${objectBytes} B`
        : `${Math.round(objectBytes / 1024)} KB`;
      const name = `updates of ${size}, ${inFlight} in flight, ` +
        (delta ? "delta" : "no delta");
      report(table, { row: 2, name, result, floor });
      reportPace(table, { row: 2, name, result, floor });
    }
  }
}

/** Row 5: inserts at random keys among many objects. */
export async function cloudInsertsAmong(
  { world, table, scale, stores }: Suite,
  objects: number,
) {
  const shape = { objectBytes: 1024, keys: objects };
  const loads = [1, 64, 256].map((inFlight) => ({
    shape,
    messages: inFlight === 1 ? scale(2000) : scale(20_000),
    inFlight,
    order: "random" as const,
  }));
  const floors: Measurement[] = [];
  {
    await using subject = await world.floor(objects);
    await subject.hub.run({ ...loads[1]!, messages: 3000 });
    for (const load of loads) floors.push(await measure(subject, load));
  }
  const store = await stores(objects);
  await using subject = await world.node({ store });
  await subject.hub.run({ ...loads[1]!, messages: 3000 });
  for (const [i, load] of loads.entries()) {
    const result = await measure(subject, load);
    const name = `inserts among ${objects} objects, ${load.inFlight} in flight`;
    report(table, { row: 5, name, result, floor: floors[i]! });
    reportPace(table, { row: 5, name, result, floor: floors[i]! });
  }
}

interface Reported {
  readonly row: number;
  readonly name: string;
  readonly result: Measurement;
  readonly floor: Measurement;
}

/** Acks, latency, losses. */
function reportPace(
  table: Suite["table"],
  { row, name, result, floor, edgecore }: Reported & {
    readonly edgecore?: {
      readonly perSecond?: number;
      readonly p50Ms?: number;
      readonly p99Ms?: number;
    };
  },
): void {
  const of = (field: "perSecond" | "p50Ms" | "p99Ms") => ({
    floor: floor[field],
    ...(edgecore?.[field] === undefined ? {} : { edgecore: edgecore[field] }),
  });
  table.add(row, name, "acks/s", result.perSecond, of("perSecond"));
  table.add(row, name, "ms p50", result.p50Ms, of("p50Ms"));
  table.add(row, name, "ms p99", result.p99Ms, of("p99Ms"));
  table.add(row, name, "lost", result.lost);
}

/** What it cost. */
function report(
  table: Suite["table"],
  { row, name, result, floor }: Reported,
): void {
  const isSmall = name.includes("1024 B") || row !== 2;
  table.add(row, name, "µs CPU", result.cpuUs, {
    floor: floor.cpuUs,
    ...(isSmall ? { edgecore: EDGECORE.cpuUs } : {}),
  });
  table.add(9, name, "B to disk", result.diskBytes, {
    floor: floor.diskBytes,
    ...(isSmall ? { edgecore: EDGECORE.diskBytes } : {}),
  });
  table.add(9, name, "B passed to write", result.writtenBytes, {
    floor: floor.writtenBytes,
  });
}
