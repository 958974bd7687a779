// A pod agent: deno run --allow-read --allow-write conf/agents/agent.ts /run/metamanager/edged.sock
// With the name of a node as second argument it registers that node whenever
// the cloud is connected, so that a fresh cloud knows it.
import { AgentClient, RequestFailedError } from "../../mod.ts";

const [socket = "/run/metamanager/edged.sock", node] = Deno.args;

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function register(name: string): Promise<void> {
  const labels = {
    "kubernetes.io/hostname": name,
    "node-role.kubernetes.io/edge": "",
  };
  const content = { metadata: { name, labels } };
  try {
    await agent.request("insert", `null/node/${name}`, { content });
    print(`registered ${name}`);
  } catch (error) {
    const isKnown = error instanceof RequestFailedError &&
      error.reason === "AlreadyExists";
    print(isKnown ? `the cloud knows ${name}` : `not registered: ${error}`);
  }
}

const agent: AgentClient = new AgentClient({
  address: { socket },
  module: "edged",
  answers: true,
  since: 0,
  onLink: (attached) =>
    print(attached ? `attached to ${socket}` : `lost ${socket}`),
  onError: (error, { route }) => print(`${route.resource}: ${error}`),
  onMessage: async ({ route, content }) => {
    print(`${route.operation} ${route.resource}`);
    if (content === "cloud_connected" && node) {
      // Not waited for: a slow cloud must not hold up the pods.
      register(node);
    }
    const [namespace = "", type, name = ""] = route.resource.split("/");
    if (route.operation === "delete" || type !== "pod") return;
    const { metadata } = content as {
      metadata: { uid: string; deletionTimestamp?: string };
    };
    const { uid, deletionTimestamp } = metadata;
    if (deletionTimestamp) {
      // It has ended, so it can go.
      await agent.request("delete", route.resource, {
        content: { gracePeriodSeconds: 0, preconditions: { uid } },
      });
      return;
    }
    const pod = { namespace, name, uid };
    await agent.reportPodStatus(pod, { phase: "Running" });
  },
});
await agent.connect();
const error = await agent.closed;
if (error) print(error.message);
