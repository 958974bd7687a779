import { assert } from "@std/assert";
import { until } from "../support/edged_harness.ts";
import { NODE } from "../support/node_world.ts";
import type { Fault } from "./fault.ts";
import { limit } from "./file_faults.ts";

/** No further file or socket can be opened for a while. */
export const NO_HANDLES: Fault = {
  name: "no file handles",
  title: "rejection_never_ends_process, K5: without file handles what is " +
    "open goes on, and the rest comes back alone",
  signs: { log: "Too many open files" },
  async run(scene) {
    await scene.work();
    const handles = [...Deno.readDirSync(`/proc/${scene.node.pid}/fd`)].length;
    limit(scene, "nofile", String(handles + 3));
    const knocking: Deno.Conn[] = [];
    for (let i = 0; i < 40; i++) {
      knocking.push(
        await Deno.connect({ transport: "unix", path: scene.world.socket }),
      );
    }
    await scene.node.said("Too many open files");
    // Agent and cloud are served on.
    const { taken } = scene;
    await until(() => scene.taken > taken + 20, "reports are taken");
    await scene.assertAckedIsStored();
    // Whoever asks for health is not let in, so it is tried in vain.
    await scene.page("/readyz");
    scene.world.hub.cut(NODE);
    await scene.node.said('"event":"link down"');
    for (const conn of knocking) conn.close();
    limit(scene, "nofile", "1024");
    await scene.sees(200, "store ok");
    await until(() => scene.agent.isCloudConnected, "the cloud is back");
    await scene.converged();
    assert(!scene.output.includes("unhandled"), scene.output);
  },
};
