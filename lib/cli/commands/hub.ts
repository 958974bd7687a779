import { join } from "node:path";
import { SystemClock } from "../../base/mod.ts";
import {
  DevelopmentHub,
  type DevelopmentHubOptions,
  type HubEvent,
  type HubFrame,
} from "../../dev/mod.ts";
import { type Command, ExitCode, UsageError } from "../command.ts";
import { HUB_FOLDER, HubClientError } from "../hub_client.ts";
import type { Io } from "../io.ts";
import { readOutput } from "../output.ts";
import { type EndSignal, SIGNALS, watchSignals } from "../signals.ts";
import { type Paint, painter } from "../style.ts";

const PORT_MAX = 65_535;
const NODE_REGEXP = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/;

/** `hub`: a cloud to play with. */
export const hub: Command = {
  name: "hub",
  summary: "Run a cloud to play with, on this machine alone",
  details:
    `A model of CloudCore behind TLS on a loopback port. It writes what a node and a
person need to find it into a folder: certificates, the configuration of a node,
and a token for apply and delete, made anew with each start. Objects live in
memory. It shows what passes; keepalives only with --verbose. It asks for no
client certificate: never use it for more than development.`,
  options: [
    {
      name: "folder",
      value: "FOLDER",
      doc: `Folder for certificates, token and configuration [${HUB_FOLDER}]`,
    },
    { name: "node", value: "NAME", doc: "Name of the node [edge-1]" },
    { name: "port", value: "PORT", doc: "Port for nodes [10000]" },
    { name: "api-port", value: "PORT", doc: "Port for manifests [10080]" },
    { name: "verbose", short: "v", doc: "Show keepalives, too" },
    {
      name: "output",
      short: "o",
      value: "text|json",
      doc: "Shape of what is shown: lines, or a JSON object per line",
    },
  ],
  examples: [
    ["hub", "With its folder ./hub and CloudCore's port"],
    ["hub --node edge-2 --folder two --port 10001 --api-port 10081", "Another"],
    ["hub -o json", "What passes, for a program"],
  ],
  async run({ io, flag, value }) {
    const output = readOutput(value("output"), ["text", "json"]);
    const node = value("node") ?? "edge-1";
    if (!NODE_REGEXP.test(node)) {
      throw new UsageError(`Option --node expects a host's name, got: ${node}`);
    }
    const folder = value("folder") ?? HUB_FOLDER;
    await using cloud = await start({
      folder,
      node,
      port: portOf("port", value("port"), 10_000),
      apiPort: portOf("api-port", value("api-port"), 10_080),
    });
    if (output === "text") io.stdout(greeting(cloud, { folder, node }));
    else io.stdout(JSON.stringify({ kind: "listening", folder, node }) + "\n");
    const show = shower(io, { output, verbose: flag("verbose") });
    const end = cloud.watch(show);
    try {
      return await ended(io);
    } finally {
      end();
    }
  },
};

/** @throws {HubClientError} If a port is taken. */
async function start(
  options: DevelopmentHubOptions & { port: number; apiPort: number },
): Promise<DevelopmentHub> {
  try {
    return await DevelopmentHub.start(options);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
    const { port, apiPort } = options;
    throw new HubClientError(
      `Cannot listen: port ${port} or ${apiPort} is taken`,
      { hint: "End what listens there, or give --port and --api-port", cause },
    );
  }
}

/** @throws {UsageError} If it is no port. */
function portOf(name: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  if (/^\d{1,5}$/.test(text) && Number(text) <= PORT_MAX) return Number(text);
  throw new UsageError(`Option --${name} expects a port, got: ${text}`);
}

function greeting(
  cloud: DevelopmentHub,
  { folder, node }: { readonly folder: string; readonly node: string },
): string {
  const here = folder === HUB_FOLDER ? "" : ` --hub ${folder}`;
  return `The cloud listens at ${cloud.hub.url(node)}

A node for it:     metamanager run --config ${cloud.nodeConfig}
A pod agent:       python3 conf/agents/agent.py ${
    join(folder, node, "edged.sock")
  } ${node}
Something to do:   metamanager apply -f FILE${here}
The same by HTTP:  POST ${cloud.address.url}/apply, application/yaml,
                   Authorization: Bearer ${cloud.address.token}

`;
}

function shower(
  io: Io,
  how: { readonly output: "text" | "json"; readonly verbose: boolean },
): {
  readonly frame: (frame: HubFrame) => void;
  readonly event: (event: HubEvent) => void;
} {
  const paint = painter(io, "stdout");
  const line = how.output === "json"
    ? (fields: Record<string, unknown>) => JSON.stringify(fields) + "\n"
    : (fields: Record<string, unknown>) => textOf(fields, paint);
  return {
    frame: ({ atMs, from, node, message }) => {
      const { operation = "?", resource = "" } = message?.route ?? {};
      if (operation === "keepalive" && !how.verbose) return;
      const at = new Date(atMs).toISOString();
      io.stdout(line({ at, from, node, operation, resource }));
    },
    event: ({ atMs, kind, node, detail }) => {
      if (kind === "accepted" && !how.verbose) return;
      const at = new Date(atMs).toISOString();
      io.stdout(line({ at, kind, node, detail }));
    },
  };
}

function textOf(
  { at, from, node, operation, resource, kind, detail }: Record<
    string,
    unknown
  >,
  paint: Paint,
): string {
  const time = paint("dim", String(at).slice(11, 23));
  if (kind !== undefined) {
    return `${time} connection ${kind} ${node || ""} ${detail || ""}`
      .trimEnd() +
      "\n";
  }
  const way = from === "cloud" ? `cloud -> ${node}` : `${node} -> cloud`;
  const what = paint("yellow", String(operation).padEnd(9));
  return `${time} ${paint("cyan", way.padEnd(17))} ${what} ${resource}\n`;
}

/** Waits for a signal; the second one ends at once. */
async function ended(io: Io): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<EndSignal>();
  const stop = watchSignals({
    clock: new SystemClock(),
    onFirst: resolve,
    onSecond: (signal) => Deno.exit(SIGNALS[signal]),
  });
  try {
    const signal = await promise;
    io.stderr(`Ended by ${signal}\n`);
    return signal === "SIGINT" || signal === "SIGTERM"
      ? ExitCode.ok
      : SIGNALS[signal];
  } finally {
    stop();
  }
}
