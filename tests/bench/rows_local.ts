import type { LoadResult } from "./hub.ts";
import { LocalLoad } from "./local.ts";
import { nameOf, uidOf } from "./objects.ts";
import { warm } from "./rows_cloud.ts";
import type { Suite } from "./suite.ts";

/** Row 3: pod statuses of an agent, stored, answered, and at the cloud. */
export async function podStatuses({ world, table, scale }: Suite) {
  await using subject = await world.node({ agent: false });
  await warm(subject);
  const agent = await LocalLoad.attach(subject.socket, "edged");
  let revision = 0;
  const load = (requests: number, inFlight: number) => ({
    requests,
    inFlight,
    make: (i: number) => ({
      operation: "update",
      resource: `default/podstatus/${nameOf(i % 1000)}`,
      content: {
        UID: uidOf(i % 1000),
        Name: nameOf(i % 1000),
        Status: { phase: "Running", message: `revision ${++revision}` },
      },
    }),
  });
  await agent.run(load(2000, 64));
  for (const [requests, inFlight] of [[2000, 1], [20_000, 64]] as const) {
    const count = scale(requests);
    let arrived = 0;
    let lastMs = 0;
    subject.hub.onMessage = (text) => {
      if (!text.includes("/podstatus/")) return;
      arrived++;
      lastMs = performance.now();
    };
    const before = subject.process.sample();
    const startMs = performance.now();
    const result = await agent.run(load(count, inFlight));
    // The outbox may merge statuses of one pod, so silence is the end.
    await quiet(() => arrived);
    const seconds = (lastMs - startMs) / 1000;
    const after = subject.process.sample();
    const name = `pod statuses, ${inFlight} in flight`;
    pace(table, 3, name, result);
    table.add(3, name, "at the cloud/s", arrived / seconds);
    table.add(3, name, "% at the cloud", 100 * arrived / count);
    table.add(3, name, "µs CPU", (after.cpuUs - before.cpuUs) / count);
    const bytes = (after.diskBytes - before.diskBytes) / count;
    table.add(9, name, "B to disk", bytes);
  }
  await agent.close();
}

/** Row 4, and the queries of row 5: among so many stored objects. */
export async function queries(
  { world, table, scale, stores }: Suite,
  objects: number,
  row: number,
) {
  await using subject = await world.node({
    agent: false,
    store: await stores(objects),
  });
  // It asks; that it is brought up to date is another row.
  const agent = await LocalLoad.attach(
    subject.socket,
    "asker",
    await subject.revision(),
  );
  const among = row === 5 ? ` among ${objects} objects` : "";
  const byKey = (i: number) => ({
    operation: "query",
    resource: `default/pod/${nameOf((i * 7919) % objects)}`,
  });
  await agent.run({ requests: 5000, inFlight: 64, make: byKey });
  for (const [requests, inFlight] of [[3000, 1], [20_000, 64]] as const) {
    const result = await agent.run({
      requests: scale(requests),
      inFlight,
      make: byKey,
    });
    pace(table, row, `query by key${among}, ${inFlight} in flight`, result);
  }
  await agent.close();
}

/** Row 5: an agent that has nothing is brought up to date. */
export async function attachAmong(
  { world, table, stores }: Suite,
  objects: number,
) {
  await using subject = await world.node({
    agent: false,
    store: await stores(objects),
  });
  const startMs = performance.now();
  await world.attach(subject);
  const name = `an agent attaches to ${objects} objects`;
  table.add(5, name, "s to have all", (performance.now() - startMs) / 1000);
  table.add(5, name, "MB RSS, peak", subject.process.sample().peakMb);
}

/** Row 4: lists, and remote queries. */
export async function listsAndRemote({ world, table, scale, stores }: Suite) {
  for (const objects of [50, 5000]) {
    await using subject = await world.node({
      agent: false,
      store: await stores(objects),
    });
    const agent = await LocalLoad.attach(subject.socket, "asker");
    const make = () => ({ operation: "query", resource: "default/pod" });
    const requests = scale(objects === 50 ? 1000 : 30);
    await agent.run({ requests: 5, inFlight: 1, make });
    const result = await agent.run({ requests, inFlight: 1, make });
    pace(table, 4, `query by type, ${objects} objects`, result);
    await agent.close();
  }
  await using subject = await world.node({ agent: false });
  const agent = await LocalLoad.attach(subject.socket, "asker");
  const remote = (i: number) => ({
    operation: "query",
    resource: `default/configmap/${nameOf(i)}`,
  });
  const requests = scale(2000);
  for (const inFlight of [1, 64]) {
    const first = inFlight * 10_000;
    const make = (i: number) => remote(first + i);
    const asked = await agent.run({ requests, inFlight, make });
    const again = await agent.run({ requests, inFlight, make });
    pace(table, 4, `remote query, ${inFlight} in flight`, asked);
    pace(table, 4, `remote query, known, ${inFlight} in flight`, again);
  }
  await agent.close();
}

function pace(
  table: Suite["table"],
  row: number,
  name: string,
  result: LoadResult,
): void {
  table.add(row, name, "answers/s", result.perSecond);
  table.add(row, name, "ms p50", result.p50Ms);
  table.add(row, name, "ms p99", result.p99Ms);
  table.add(row, name, "lost or failed", result.lost + result.errors);
}

const QUIET_MS = 300;

/** Resolves once a count has not risen for a while. */
export async function quiet(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}
