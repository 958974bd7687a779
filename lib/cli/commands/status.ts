import { isRecord } from "../../base/mod.ts";
import { loadConfig } from "../../config/mod.ts";
import { askNode } from "../admin_client.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import type { Io } from "../io.ts";
import { readOutput } from "../output.ts";
import { type Paint, painter, type Style } from "../style.ts";
import { ageText, sizeText, textTable } from "../text_table.ts";

/** Colours of the states of a check. */
const STYLES: Readonly<Record<string, Style>> = {
  ok: "green",
  degraded: "yellow",
  failed: "red",
};

/** `status`: how the running node does. */
export const status: Command = {
  name: "status",
  summary: "Say how the running node does",
  details:
    `Asks through the node's admin socket: the cloud link, agents, store and outbox,
and each check with its reason. It shows no contents.`,
  exitCodes: {
    0: "no check has failed; a node that lost its cloud is degraded, which is 0",
    1: "no node runs, or a check has failed",
  },
  options: [...CONFIG_OPTIONS, {
    name: "output",
    short: "o",
    value: "text|json",
    doc: "Shape of what is printed; json has more",
  }],
  examples: [
    ["status --config /etc/metamanager/edge.yaml", "For people"],
    ["status -o json", "For programs"],
  ],
  async run({ io, value, values }) {
    const shape = readOutput(value("output"), ["text", "json"]);
    const file = value("config");
    const { config } = await loadConfig({
      ...(file === undefined ? {} : { file }),
      sets: values("set"),
      hostname: io.hostname,
    });
    const answer = await askNode(config.admin.socket, "/status");
    const page = isRecord(answer) ? answer : {};
    if (shape === "json") {
      io.stdout(JSON.stringify(answer, undefined, 2) + "\n");
    } else {
      show(io, page);
    }
    const { state } = part(page, "health");
    return state === "failed" ? ExitCode.failure : ExitCode.ok;
  },
};

function show(io: Io, page: Readonly<Record<string, unknown>>): void {
  const paint = painter(io, "stdout");
  const health = part(page, "health");
  const link = part(page, "link");
  const store = part(page, "store");
  const objects = Object.values(part(store, "objects")).map(Number)
    .reduce((sum, count) => sum + count, 0);
  const agents = Array.isArray(page.agents) ? page.agents.join(", ") : "";
  const address = link.url ? `, ${new URL(String(link.url)).origin}` : "";
  const rows = [
    ["node", `${page.node}, up ${ageText(Number(page.uptimeSeconds))}`],
    ["cloud", `${link.state} since ${link.since}${address}`],
    ["agents", agents || "none"],
    [
      "store",
      `${objects} ${objects === 1 ? "object" : "objects"}, ${
        sizeText(Number(store.bytes ?? 0))
      }`,
    ],
    [
      "outbox",
      `${store.outbox ?? 0} not confirmed, ${store.outboxParked ?? 0} parked`,
    ],
  ] as const;
  for (const [name, text] of rows) {
    io.stdout(`${paint("bold", name.padEnd(8))}${text}\n`);
  }
  io.stdout("\n" + checks(health, paint));
}

/** The table is padded before it is painted: colours have no width. */
function checks(
  { checks, stalled }: Readonly<Record<string, unknown>>,
  paint: Paint,
): string {
  const rows = (Array.isArray(checks) ? checks.filter(isRecord) : [])
    .map(({ name, state, reason }) => [name, state, reason].map(String));
  for (const loop of Array.isArray(stalled) ? stalled : []) {
    rows.push([String(loop), "failed", "stands still, restart the node"]);
  }
  const [head = "", ...lines] = textTable(["CHECK", "STATE", "REASON"], rows)
    .trimEnd().split("\n");
  const painted = lines.map((line, i) => {
    const [name = "", state = ""] = rows[i] ?? [];
    const at = line.indexOf(state, name.length);
    return line.slice(0, at) + paint(STYLES[state] ?? "dim", state) +
      line.slice(at + state.length);
  });
  return [paint("bold", head), ...painted].join("\n") + "\n";
}

/** A section of the page; a node of another version may have none. */
function part(
  page: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const value = page[name];
  return isRecord(value) ? value : {};
}
