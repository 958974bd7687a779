import { errorText } from "../../telemetry/mod.ts";
import {
  type Command,
  type CommandInput,
  ExitCode,
  type OptionSpec,
  UsageError,
} from "../command.ts";
import { readRequests } from "../get/request.ts";
import { typesOf } from "../get/resource_types.ts";
import { askHub, HUB_FOLDER, HUB_OPTION } from "../hub_client.ts";
import { readOutput } from "../output.ts";

const FILE: OptionSpec = {
  name: "filename",
  short: "f",
  value: "FILE",
  many: true,
  doc: "Manifests, YAML or JSON, several documents; - is standard input",
};
const NAMESPACE: OptionSpec = {
  name: "namespace",
  short: "n",
  value: "NAMESPACE",
  doc: "Namespace of what is named by TYPE NAME [default]",
};
const OUTPUT: OptionSpec = {
  name: "output",
  short: "o",
  value: "text|name|json",
  doc: "Shape of what is printed",
};

/** `apply`: creates or changes objects at the development hub. */
export const apply: Command = {
  name: "apply",
  summary: "Create or change objects at the development hub",
  details:
    `Plays cloud: the hub that metamanager hub runs takes the manifests as a cluster
would take those of kubectl apply, and sends its node what it is to have. A pod
that names no node gets the hub's. A configmap or secret reaches the node when
one of its pods uses it. Nothing is changed if one of the manifests is wrong.`,
  options: [FILE, HUB_OPTION, OUTPUT],
  examples: [
    ["apply -f web.yaml", "What the file says"],
    ["apply -f - < web.yaml", "The same, from standard input"],
  ],
  run: async (input) => {
    const shape = readOutput(input.value("output"), SHAPES);
    return await change(input, {
      path: "/apply",
      shape,
      text: await read(input),
    });
  },
};

/** `delete`: removes objects from the development hub. */
export const remove: Command = {
  name: "delete",
  summary: "Delete objects at the development hub",
  words: "[TYPE NAME...]",
  details:
    `Takes types as get does: plurals, kubectl's short names (po, cm, ...), several
with commas between them, and TYPE/NAME. What is not there is told, and the exit
code is 1. A pod on a node only gets a deletionTimestamp, as in a cluster: it
goes when the node has ended it.`,
  options: [FILE, NAMESPACE, HUB_OPTION, OUTPUT],
  examples: [
    ["delete -f web.yaml", "What the file names"],
    ["delete po web-0 web-1 -n shop", "By name"],
  ],
  run: async (input) => {
    const shape = readOutput(input.value("output"), SHAPES);
    const text = input.words.length > 0 ? named(input) : await read(input);
    return await change(input, { path: "/delete", shape, text });
  },
};

const SHAPES = ["text", "name", "json"] as const;

async function change(
  { io, value }: CommandInput,
  order: {
    readonly path: string;
    readonly shape: typeof SHAPES[number];
    readonly text: string;
  },
): Promise<number> {
  const folder = value("hub") ?? HUB_FOLDER;
  const results = await askHub(folder, order.path, order.text);
  const missing = results.filter(({ result }) => result === "not found");
  const code = missing.length > 0 ? ExitCode.failure : ExitCode.ok;
  if (order.shape === "json") {
    io.stdout(JSON.stringify({ results }, undefined, 2) + "\n");
    return code;
  }
  for (const { type, name, result } of results) {
    const isMissing = result === "not found";
    const said = order.shape === "name" && !isMissing ? "" : ` ${result}`;
    const line = `${type}/${name}${said}\n`;
    if (isMissing) io.stderr(line);
    else io.stdout(line);
  }
  if (results.length === 0) io.stderr("There are no manifests in it\n");
  return results.length === 0 ? ExitCode.failure : code;
}

/**
 * What is named as kubectl names it, as manifests.
 *
 * @throws {UsageError} Unless each has a type and a name, without files.
 */
function named({ words, value, values }: CommandInput): string {
  const [first = ""] = words;
  const isPaired = words.some((word) => word.includes("/"));
  const types = (isPaired ? words.map((word) => word.split("/")[0]) : [first])
    .flatMap((list = "") => list.split(","));
  // The hub may hold types that no table knows: they stay as they are.
  const others = types.filter((type) => typesOf(type, []) === undefined);
  const requests = readRequests(words, others);
  const isWhole = requests.length > 0 &&
    requests.every(({ names }) => names.length > 0);
  if (!isWhole || values("filename").length > 0) {
    throw new UsageError("Expected TYPE NAME..., or files with -f");
  }
  const namespace = value("namespace") ?? "default";
  return requests.flatMap(({ type: kind, names }) =>
    names.map((name) => JSON.stringify({ kind, metadata: { name, namespace } }))
  ).join("\n---\n");
}

/** @throws {UsageError} If no file is named. */
async function read({ io, values }: CommandInput): Promise<string> {
  const files = values("filename");
  if (files.length === 0) {
    throw new UsageError("Expected manifests: give a file with -f");
  }
  const texts: string[] = [];
  for (const file of files) {
    texts.push(file === "-" ? await io.stdin() : await readFile(file));
  }
  return texts.join("\n---\n");
}

/** @throws {UsageError} If it cannot be read. */
async function readFile(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${errorText(error)}`);
  }
}
