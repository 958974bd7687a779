import { assert, assertEquals } from "@std/assert";
import { statfsSync } from "node:fs";
import { until } from "../support/edged_harness.ts";
import { podManifest, podRef } from "../support/node_world.ts";
import type { Fault } from "./fault.ts";

const LEFT_BYTES = 256 * 1024;

/** The disk runs full of what is not ours, and has room again. */
export const FULL_DISK: Fault = {
  name: "full disk",
  title: "full_disk_recovers, E4: nothing is acked that has no room, " +
    "questions and deletes go on, room is noticed alone",
  signs: {
    health: "store failed: StoreError: Cannot store more: Disk full since",
    log: "database or disk is full",
  },
  needs: "mount",
  scene: { disk: 'mount -t tmpfs -o size=24m,mode=0700 tmpfs "$1"' },
  async run(scene) {
    const { hub } = scene.world;
    hub.apply(podManifest("kept"));
    hub.apply(podManifest("gone"));
    await scene.work();
    const ballast = `${scene.storeFolder}/ballast`;
    occupy(ballast);
    await scene.sees(503, "store failed");
    await scene.refuses();
    await scene.assertAckedIsStored();
    assertEquals((await scene.agent.query("default/pod/kept")).length, 1);
    hub.delete(podRef("gone"), { gracePeriodSeconds: 0 });
    const isGone = async () =>
      !(await scene.assertAckedIsStored()).rows.has("default/pod/gone");
    await until(isGone, "a delete is carried out");
    await scene.sees(503, "only deletes are stored");
    await Deno.remove(ballast);
    await scene.sees(200, "there is room again");
    await scene.converged();
  },
};

/**
 * Takes all room but a little, which the program takes: more would be taken
 * from the reserve that it gives up.
 */
function occupy(path: string): void {
  const { bavail, bsize } = statfsSync(path.replace(/\/[^/]+$/, ""));
  const length = String(bavail * bsize - LEFT_BYTES);
  const { success } = new Deno.Command("fallocate", {
    args: ["-l", length, path],
  }).outputSync();
  assert(success, `fallocate ${length}`);
}
