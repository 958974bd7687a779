import { LocalLoad } from "./local.ts";
import { nameOf, uidOf } from "./objects.ts";
import { warm } from "./rows_cloud.ts";
import type { Suite } from "./suite.ts";
import type { NodeSubject } from "./world.ts";

/** Edgecore's memory in MB (RSS / anonymous): idle, and after load. */
const EDGECORE = { rssMb: 78, anonymousMb: 13, rssAfterMb: 83, afterMb: 22 };

/** Row 6: from the start of the process to its first keepalive. */
export async function coldStart({ world, table, stores }: Suite) {
  for (const objects of [0, 100_000]) {
    const store = objects > 0 ? { store: await stores(objects) } : {};
    await using subject = await world.node({ wait: false, ...store });
    const { hub, startedMs } = subject;
    await hub.until(() => hub.keepalives.length > 0, "a first keepalive");
    const name = `start to first keepalive, ${objects} objects`;
    table.add(6, name, "ms", hub.keepalives[0]! - startedMs);
  }
}

/**
 * Row 7: drops in a row. The node waits 5 s after a link that was short, so
 * that CloudHub ends the old session first; SIGUSR1 spares the wait.
 */
export async function reconnects({ world, table, drops }: Suite) {
  await using subject = await world.node({ agent: false });
  await warm(subject);
  const agent = await LocalLoad.attach(subject.socket, "edged");
  const { hub, process } = subject;
  const connectMs: number[] = [];
  const drainMs: number[] = [];
  for (let i = 0; i < drops; i++) {
    let arrived = 0;
    hub.onMessage = (text) => {
      if (text.includes("/podstatus/")) arrived++;
    };
    const before = hub.keepalives.length;
    hub.drop();
    await agent.run({ requests: 10, inFlight: 10, make: statusOf(i * 10) });
    const startMs = performance.now();
    process.signal("SIGUSR1");
    // The signal counts only once the node has noticed the drop.
    const again = setInterval(() => process.signal("SIGUSR1"), 50);
    await hub.until(() => hub.keepalives.length > before, "a reconnect");
    clearInterval(again);
    connectMs.push(performance.now() - startMs);
    await hub.until(() => arrived >= 10, "the outbox to be drained");
    drainMs.push(performance.now() - startMs);
  }
  await agent.close();
  connectMs.sort((a, b) => a - b);
  drainMs.sort((a, b) => a - b);
  const name = `${drops} drops in a row`;
  const half = Math.floor(drops / 2);
  table.add(7, name, "ms p50 to keepalive", connectMs[half]!);
  table.add(7, name, "ms max to keepalive", connectMs.at(-1)!);
  table.add(7, name, "ms p50 to drained", drainMs[half]!);
  table.add(7, name, "ms max to drained", drainMs.at(-1)!);
}

/**
 * Row 8: statuses of an agent while the cloud is away, one of each pod, then
 * drained. Statuses, since what is no state has a bound of 10,000.
 */
export async function outbox({ world, table, scale, stores }: Suite) {
  const count = scale(100_000);
  const store = await stores(count);
  await using subject = await world.node({ agent: false, store });
  const { hub } = subject;
  hub.isAway = true;
  hub.drop();
  const agent = await LocalLoad.attach(subject.socket, "edged");
  const result = await agent.run({
    requests: count,
    inFlight: 64,
    make: statusOf(0),
  });
  const name = `outbox of ${count} updates`;
  table.add(8, name, "queued/s", result.perSecond);
  table.add(8, name, "lost or failed", result.lost + result.errors);
  let arrived = 0;
  hub.onMessage = (text) => {
    if (text.includes("/podstatus/")) arrived++;
  };
  hub.isAway = false;
  const before = hub.keepalives.length;
  const again = setInterval(() => subject.process.signal("SIGUSR1"), 100);
  await hub.until(() => hub.keepalives.length > before, "a reconnect");
  clearInterval(again);
  const startMs = performance.now();
  await hub.until(() => arrived >= count, "the outbox to be drained", 120_000);
  const seconds = (performance.now() - startMs) / 1000;
  table.add(8, name, "drained/s", count / seconds);
  table.add(8, name, "MB RSS", subject.process.sample().rssMb);
  await agent.close();
}

/** Rows 9 and 10: an idle node, then load, then what is left of it. */
export async function memory(suite: Suite) {
  const { world, table, idleSeconds } = suite;
  await using subject = await world.node();
  // After 5 s at rest the node gives back what its start took.
  await pause(12_000);
  const idle = subject.process.sample();
  table.add(10, "idle", "MB RSS", idle.rssMb, { edgecore: EDGECORE.rssMb });
  table.add(10, "idle", "MB anonymous", idle.anonymousMb, {
    edgecore: EDGECORE.anonymousMb,
  });
  await warm(subject);
  // Once, 10 s after the connect, the node notes that it is in sync.
  await pause(12_000);
  const before = subject.process.sample();
  await pause(idleSeconds * 1000);
  const after = subject.process.sample();
  const perHour = 3600 / idleSeconds / 1024;
  const name = `idle, from ${idleSeconds} s`;
  const written = (after.diskBytes - before.diskBytes) * perHour;
  table.add(9, name, "KB to disk an hour", written);
  await underLoad(suite, subject);
}

async function underLoad(suite: Suite, subject: NodeSubject): Promise<void> {
  const { table, memoryMessages, soakMinutes } = suite;
  let [rssMb, anonymousMb] = [0, 0];
  const look = () => {
    const sample = subject.process.sample();
    rssMb = Math.max(rssMb, sample.rssMb);
    anonymousMb = Math.max(anonymousMb, sample.anonymousMb);
  };
  const watch = setInterval(look, 100);
  const shape = { objectBytes: 1024, keys: 1000 };
  const messages = memoryMessages;
  await subject.hub.run({ shape, messages, inFlight: 256 });
  const name = `${messages} messages, 256 in flight`;
  table.add(10, `during ${name}`, "MB RSS, highest", rssMb);
  table.add(10, `during ${name}`, "MB anonymous, highest", anonymousMb);
  const add = (when: string) => {
    const sample = subject.process.sample();
    table.add(10, `${when} ${name}`, "MB RSS", sample.rssMb, {
      edgecore: EDGECORE.rssAfterMb,
    });
    table.add(10, `${when} ${name}`, "MB anonymous", sample.anonymousMb, {
      edgecore: EDGECORE.afterMb,
    });
  };
  add("just after");
  await pause(20_000);
  add("20 s after");
  if (soakMinutes > 0) {
    const seconds = soakMinutes * 60;
    for (let i = 0; i < 5; i++) {
      await subject.hub.run({
        shape,
        messages: Math.round(seconds / 5) * 1000,
        inFlight: 4096,
        ratePerSecond: 1000,
      });
      const sample = subject.process.sample();
      const part = `soak at 1,000/s, ${(i + 1) * soakMinutes / 5} min`;
      table.add(10, part, "MB anonymous", sample.anonymousMb);
      table.add(10, part, "MB RSS", sample.rssMb);
    }
  }
  clearInterval(watch);
  table.add(10, "all of it", "MB RSS, peak", subject.process.sample().peakMb);
}

function statusOf(revision: number) {
  return (i: number) => ({
    operation: "update",
    resource: `default/podstatus/${nameOf(i)}`,
    content: {
      UID: uidOf(i),
      Name: nameOf(i),
      Status: { phase: "Running", message: `revision ${revision + i}` },
    },
  });
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
