import { loadConfig } from "../../config/mod.ts";
import { askNode } from "../admin_client.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";

/** `reconnect`: has the running node dial its cloud now. */
export const reconnect: Command = {
  name: "reconnect",
  summary: "Have the running node dial its cloud now",
  details:
    `Asks through the node's admin socket and does not wait for the link; SIGUSR1
and SIGUSR2 do the same. A link that is up is closed and dialled anew 5 s later,
so that the cloud does not end both.`,
  options: CONFIG_OPTIONS,
  examples: [
    ["reconnect --config /etc/metamanager/edge.yaml", "Dial now"],
    [
      "reconnect --set admin.socket=/tmp/mm/admin.sock",
      "Of the node behind that socket",
    ],
  ],
  async run({ io, value, values }) {
    const file = value("config");
    const { config } = await loadConfig({
      ...(file === undefined ? {} : { file }),
      sets: values("set"),
      hostname: io.hostname,
    });
    await askNode(config.admin.socket, "/reconnect", {});
    io.stdout("The node dials its cloud\n");
    return ExitCode.ok;
  },
};
