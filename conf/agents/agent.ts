// A pod agent: deno run --allow-read --allow-write conf/agents/agent.ts /run/metamanager/edged.sock
import { AgentClient } from "../../mod.ts";

const agent: AgentClient = new AgentClient({
  address: { socket: Deno.args[0] ?? "/run/metamanager/edged.sock" },
  module: "edged",
  answers: true,
  since: 0,
  onMessage: async ({ route, content }) => {
    await Deno.stdout.write(
      new TextEncoder().encode(`${route.operation} ${route.resource}\n`),
    );
    const [namespace = "", type, name = ""] = route.resource.split("/");
    if (route.operation === "delete" || type !== "pod") return;
    const { uid } = (content as { metadata: { uid: string } }).metadata;
    const pod = { namespace, name, uid };
    await agent.reportPodStatus(pod, { phase: "Running" });
  },
});
await agent.connect();
await agent.closed;
