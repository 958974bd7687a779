import { assert, assertEquals } from "@std/assert";
import { encode } from "../../lib/message/mod.ts";
import { until, upward } from "../support/edged_harness.ts";
import {
  attachRaw,
  frameHead,
  knock,
  readAll,
  writeAll,
} from "../support/hostile_agent.ts";
import { HostileScene } from "../support/hostile_scene.ts";
import { configManifest } from "../support/node_world.ts";

/** Most memory for agents at their worst. */
const BOUND_MB = 256;

/** Files that the program has open. */
function openFiles({ node }: HostileScene): number {
  return [...Deno.readDirSync(`/proc/${node.process.pid}/fd`)].length;
}

Deno.test("hostile agent: one that stops reading is cut off, the others and the cloud are served, and it gets all when it comes back", async () => {
  await using scene = await HostileScene.start();
  const { node, world } = scene;
  await node.resetPeak();
  const lazy = await attachRaw({ path: world.socket }, "lazy");
  // 40 MB for an agent that reads nothing of it.
  const value = "v".repeat(400_000);
  for (let i = 0; i < 100; i++) {
    world.hub.apply(configManifest(`c${i}`, `${i} ${value}`));
    const { uid } = world.hub.apply({
      kind: "Pod",
      metadata: { name: `big-${i}` },
      spec: { nodeName: "edge-1", containers: [{ name: "c", args: [value] }] },
    }).metadata;
    assert(uid);
  }
  scene.changeInCloud();
  await scene.converged();
  await until(
    async () => !(await node.status()).agents.includes("lazy"),
    "it is cut off",
    40_000,
  );
  lazy.close();
  await node.assertPeak("agent, one that stops reading", BOUND_MB);
  const names = new Set<string>();
  await using back = world.agent({
    module: "lazy",
    onMessage: ({ route }) => void names.add(route.resource),
  });
  await back.connect();
  await until(
    () =>
      [...names].filter((name) => name.includes("/pod/big-")).length === 100,
    "it has what it missed",
    40_000,
  );
});

Deno.test("hostile agent: 1,000 attachments, many gone within a message, leave nothing behind", async () => {
  await using scene = await HostileScene.start();
  const { node, world } = scene;
  const filesBefore = openFiles(scene);
  await node.resetPeak();
  for (let i = 0; i < 1000; i += 20) {
    await Promise.all(Array.from({ length: 20 }, async (_, j) => {
      const stream = await attachRaw({ path: world.socket }, `m${j}`);
      if (j % 2 === 0) {
        await writeAll(stream, frameHead(1_000_000));
        await writeAll(stream, new Uint8Array(10_000));
      }
      stream.close();
    }));
  }
  scene.changeInCloud();
  await scene.converged();
  await until(() => openFiles(scene) <= filesBefore, "no file is left open");
  assertEquals((await node.status()).agents, ["edged"]);
  await node.assertPeak("agent, 1,000 attachments", BOUND_MB);
});

Deno.test("hostile neighbour: half-written messages of 31 MiB from 40 agents, and floods of questions and reports", async () => {
  await using scene = await HostileScene.start();
  const { node, world } = scene;
  await node.resetPeak();
  const door = { path: world.socket };
  const half = new Uint8Array(31 * 1024 * 1024).fill(0x20);
  const held = await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const stream = await attachRaw(door, `half-${i}`);
      void readAll(stream);
      await writeAll(stream, frameHead(32 * 1024 * 1024));
      await writeAll(stream, half);
      return stream;
    }),
  );
  scene.changeInCloud();
  await scene.converged();
  await node.assertPeak("neighbour, 40 half-written messages", BOUND_MB);
  for (const stream of held) stream.close();

  await node.resetPeak();
  const flood = await attachRaw(door, "flood");
  void readAll(flood);
  const encoder = new TextEncoder();
  const frames = Array.from({ length: 20_000 }, (_, i) => {
    const message = i % 2 === 0
      ? upward(`default/configmap/x${i}`, null, "query")
      : upward(`default/podstatus/x${i}`, { podUID: `${i}` });
    return frameOf(encoder.encode(encode(message)));
  });
  const sent = writeAll(flood, joined(frames));
  scene.changeInCloud();
  // What it reports of are pods that nobody has: those reports wait.
  await scene.agreed();
  await sent;
  flood.close();
  await node.assertPeak("neighbour, 20,000 questions and reports", BOUND_MB);
});

Deno.test("hostile neighbour: 1,000 sockets that say nothing keep no agent out for long", async () => {
  await using scene = await HostileScene.start();
  const { node, world } = scene;
  await node.resetPeak();
  const door = { path: world.socket };
  const sockets = await Promise.all(
    Array.from({ length: 1000 }, () => knock(door)),
  );
  scene.changeInCloud();
  await scene.converged();
  await using other = world.agent({ module: "other" });
  await other.connect();
  await node.assertPeak("neighbour, 1,000 sockets", BOUND_MB);
  for (const socket of sockets) socket.close();
  await until(() => openFiles(scene) < 100, "no file is left open");
});

/** A masked text frame; its key is zero, so the payload stands as it is. */
function frameOf(payload: Uint8Array): Uint8Array {
  const head = payload.length < 126
    ? Uint8Array.of(0x81, 0x80 | payload.length, 0, 0, 0, 0)
    : Uint8Array.of(
      0x81,
      0x80 | 126,
      payload.length >> 8,
      payload.length & 0xff,
      ...[0, 0, 0, 0],
    );
  return joined([head, payload]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
