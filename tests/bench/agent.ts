/**
 * A pod agent for benches, in a process of its own: attaches, answers, and
 * says on standard error when it has caught up with the store.
 *
 *     deno run -A tests/bench/agent.ts SOCKET
 *
 * @module
 */
import { AgentClient } from "../../lib/agent/mod.ts";
import { isRecord } from "../../lib/base/mod.ts";
import { REPLAY_RESOURCE } from "../../lib/message/mod.ts";

const agent = new AgentClient({
  address: { socket: Deno.args[0] ?? "" },
  module: "edged",
  answers: true,
  onMessage: ({ route, content }) => {
    if (route.resource !== REPLAY_RESOURCE) return;
    if (isRecord(content) && content.state === "finished") say("caught up\n");
  },
});
Deno.addSignalListener("SIGTERM", () => void agent.close());
await agent.connect();
await agent.closed;
Deno.exit(0);

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
