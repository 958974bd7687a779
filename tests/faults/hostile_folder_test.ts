import { relative } from "node:path";
import { assertEquals } from "@std/assert";
import { until } from "../support/edged_harness.ts";
import { HostileNode } from "../support/hostile_node.ts";
import { World } from "../support/node_world.ts";

Deno.test("hostile neighbour: both sockets removed with their folder, which is made again, are back under their relative paths", async () => {
  await using world = await World.start();
  const folder = `${world.folder}/run`;
  // The program is started in the folder of the project.
  const here = relative(Deno.cwd(), folder);
  await using node = await HostileNode.start(world, {
    sets: [
      `edged.socket=${here}/edged.sock`,
      `admin.socket=${here}/admin.sock`,
    ],
  });
  const lines = () =>
    node.process.lines.filter((line) => line.includes("made anew")).length;
  for (const [told, remake] of [[2, false], [4, true]] as const) {
    await Deno.remove(folder, { recursive: true });
    if (remake) await Deno.mkdir(folder, { mode: 0o750 });
    await until(() => lines() === told, "both are made anew", 30_000);
    await using agent = world.agent();
    await agent.connect();
    // The line may be told a moment before the mode of the socket is set.
    await until(() => node.status().then(() => true, () => false), "answers");
    assertEquals((await node.status()).agents, ["edged"]);
  }
});
