import { isRecord } from "../../base/mod.ts";
import { loadConfig } from "../../config/mod.ts";
import { askNode } from "../admin_client.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import { readOutput } from "../output.ts";

/** `reload`: has the running node read its configuration again. */
export const reload: Command = {
  name: "reload",
  summary: "Have the running node read its configuration again",
  details:
    `Asks through the node's admin socket; SIGHUP does the same. The node reads the
file that it was started with. What can change while it runs counts at once,
some of it with a new dial of the cloud; what needs a restart is named. With a
mistake in it nothing changes: exit code 1, and the mistake. 'config print'
marks what is live.`,
  options: [...CONFIG_OPTIONS, {
    name: "output",
    short: "o",
    value: "text|json",
    doc: "Shape of the output",
  }],
  examples: [
    [
      "reload --config /etc/metamanager/edge.yaml",
      "After a change of the file",
    ],
    ["reload -c edge.yaml -o json", "The same for a script"],
  ],
  async run({ io, value, values }) {
    const shape = readOutput(value("output"), ["text", "json"]);
    const file = value("config");
    const { config } = await loadConfig({
      ...(file === undefined ? {} : { file }),
      sets: values("set"),
      hostname: io.hostname,
    });
    const report = await askNode(config.admin.socket, "/reload", {});
    io.stdout(
      shape === "json"
        ? JSON.stringify(report, null, 2) + "\n"
        : reportText(report),
    );
    return ExitCode.ok;
  },
};

/** What each kind of change is called. */
const HOW: Readonly<Record<string, string>> = {
  "at-once": "applied",
  "redial": "applied, the cloud is dialled anew",
  "restart": "needs a restart",
};

function reportText(report: unknown): string {
  const lists = isRecord(report) ? [report.applied, report.needsRestart] : [];
  const changes = lists.flat().filter(isRecord);
  if (changes.length === 0) return "Nothing has changed\n";
  return changes.map(({ key, from, to, live }) => {
    const values = from || to ? `: ${from} -> ${to}` : "";
    return `${key}${values} (${HOW[String(live)]})\n`;
  }).join("");
}
