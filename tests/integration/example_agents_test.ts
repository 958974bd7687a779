import { until } from "../support/edged_harness.ts";
import { podManifest, podRef, World } from "../support/node_world.ts";

const AGENTS: Readonly<Record<string, readonly string[]>> = {
  Python: ["python3", "conf/agents/agent.py"],
  TypeScript: [
    Deno.execPath(),
    "run",
    "--no-lock",
    "--allow-read",
    "--allow-write",
    "conf/agents/agent.ts",
  ],
};

for (const [language, [program = "", ...args]] of Object.entries(AGENTS)) {
  Deno.test(`the example agent in ${language} runs a pod, and has it removed when it is deleted`, async () => {
    await using world = await World.start();
    const { hub } = world;
    await using node = await world.node();
    await node.start();
    const agent = new Deno.Command(program, {
      args: [...args, world.socket, "edge-1"],
      cwd: new URL("../../", import.meta.url),
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    try {
      hub.apply(podManifest("web-0"));
      const object = () => hub.core.objects.get(podRef("web-0"));
      const isRunning = () =>
        JSON.stringify(object()?.status ?? {}).includes('"Running"');
      await until(isRunning, "the cloud is told that it runs");
      hub.delete(podRef("web-0"));
      await until(() => object() === undefined, "it is gone");
    } finally {
      agent.kill("SIGKILL");
      await agent.status;
    }
  });
}
