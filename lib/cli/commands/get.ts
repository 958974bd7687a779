import type { ObjectItem } from "../../app/mod.ts";
import { SystemClock } from "../../base/mod.ts";
import {
  type Command,
  type CommandInput,
  ExitCode,
  UsageError,
} from "../command.ts";
import { configOf } from "../config_of.ts";
import { lineOf } from "../get/columns.ts";
import { JSON_FORMAT, yamlFormat } from "../get/document_format.ts";
import { fetchStored, revisionOf, type Stored } from "../get/fetch_objects.ts";
import {
  checkNames,
  noneText,
  notFoundText,
  OBJECT_OPTIONS,
  type Wanted,
  wantedOf,
  wantedPages,
} from "../get/object_options.ts";
import {
  DocumentPrinter,
  type Kept,
  NamePrinter,
  type ObjectPrinter,
  TablePrinter,
} from "../get/object_printer.ts";
import { readRequests, type Request } from "../get/request.ts";
import { followObjects } from "../get/follow_objects.ts";
import { type Ask, nodeOrFile } from "../node_or_file.ts";
import { readOutput } from "../output.ts";

const SHAPES = ["table", "wide", "json", "yaml", "name"] as const;
type Shape = typeof SHAPES[number];

/** `get`: prints stored objects as kubectl does. */
export const get: Command = {
  name: "get",
  summary: "Show stored objects, as kubectl get does",
  details:
    `Asks the running node through its admin socket, or reads its store file while
it is down. TYPE is a type of the store, its plural or kubectl's short name (po,
cm, svc, no, ...), several with commas between them, or all; objects are also
named as TYPE/NAME. A pod is shown with the status that its agent reported last.
The data of secrets is hidden. Exit code 1 if a named object is not there.`,
  words: "TYPE [NAME...]",
  options: [
    {
      name: "output",
      short: "o",
      value: "table|wide|json|yaml|name",
      doc: "Shape of what is printed",
    },
    {
      name: "watch",
      short: "w",
      doc: "Go on and show what changes, a line per change; Ctrl-C ends it",
    },
    {
      name: "output-watch-events",
      doc: "With --watch: say what happened (ADDED, MODIFIED, DELETED)",
    },
    { name: "show-labels", doc: "With a column for the labels" },
    { name: "no-headers", doc: "Without the names of the columns" },
    ...OBJECT_OPTIONS,
  ],
  examples: [
    ["get pods -A -o wide", "All pods, with their nodes"],
    ["get cm,secret -l app=web -n shop", "By label, in a namespace"],
    ["get pod/web-0 -o yaml", "One object"],
    ["get po --watch", "Follow the pods"],
  ],
  async run(input) {
    const { io, words, flag, value } = input;
    const shape = readOutput(value("output"), SHAPES);
    const wanted = wantedOf(input);
    if (words.length === 0) {
      throw new UsageError("Expected a type, as in: get pods");
    }
    const ask = nodeOrFile(await configOf(input), io);
    const stored = await fetchStored(ask);
    const requests = readRequests(words, stored.types);
    checkNames(requests, wanted);
    if (!flag("watch")) {
      return await printAll(ask, input, { shape, wanted, requests });
    }
    const [request, ...more] = requests;
    if (!request || more.length > 0 || request.names.length > 1) {
      throw new UsageError("Option --watch takes one type, or one object");
    }
    return await follow(ask, input, { shape, wanted, request, stored });
  },
};

interface Plan {
  readonly shape: Shape;
  readonly wanted: Wanted;
}

async function printAll(
  ask: Ask,
  input: CommandInput,
  plan: Plan & { readonly requests: readonly Request[] },
): Promise<number> {
  const { io } = input;
  const { wanted, requests, shape } = plan;
  const clock = new SystemClock();
  const isOne = requests.length === 1 && requests[0]?.names.length === 1;
  const printer = await printerOf(input, plan, {
    isList: !isOne,
    withType: requests.length > 1,
  });
  let found = 0;
  const missing: string[] = [];
  for (const request of requests) {
    for await (const page of wantedPages(ask, request, wanted)) {
      found += page.items.length;
      const lines = page.items.map((item) => lineOf(item, clock.now()));
      printer.print(request.type, lines);
      if (page.missing !== undefined) {
        missing.push(notFoundText(request.type, page.missing));
      }
      // `metamanager get ... | head` has seen enough.
      if (io.stdoutEnded?.aborted) return ExitCode.ok;
    }
  }
  const isDocument = shape === "json" || shape === "yaml";
  const isNamed = requests.some(({ names }) => names.length > 0);
  if (found > 0 || !isNamed) printer.end();
  if (found === 0 && !isNamed && !isDocument) {
    io.stderr(noneText(wanted.scope));
  }
  for (const text of missing) io.stderr(text);
  return missing.length > 0 ? ExitCode.failure : ExitCode.ok;
}

async function follow(
  ask: Ask,
  input: CommandInput,
  plan: Plan & { readonly request: Request; readonly stored: Stored },
): Promise<number> {
  const { io } = input;
  const { request, wanted, stored } = plan;
  const { type, names: [name] } = request;
  const clock = new SystemClock();
  const printer = await printerOf(input, plan, {
    isList: false,
    withType: false,
  });
  const known = new Map<string, string>();
  const shown = new Map<string, Kept>();
  const print = (items: readonly ObjectItem[], event: string) => {
    const lines = items.map((item) => lineOf(item, clock.now()));
    for (const line of lines) {
      shown.set(line.item.key, printer.keep(type, line));
    }
    printer.print(type, lines, event);
  };
  const gone = (key: string) => {
    const kept = shown.get(key);
    if (kept) printer.gone(type, kept);
    shown.delete(key);
  };
  // Of an object by name, too, its labels do not count.
  const all: Wanted = { ...wanted, isMeant: () => true };
  for await (const { items, missing } of wantedPages(ask, request, all)) {
    for (const item of items) known.set(item.key, revisionOf(item));
    print(items.filter(wanted.isMeant), "ADDED");
    if (missing !== undefined) {
      io.stderr(notFoundText(type, missing));
      return ExitCode.failure;
    }
    if (io.stdoutEnded?.aborted) return ExitCode.ok;
  }
  await followObjects(ask, io, {
    type,
    scope: wanted.scope,
    ...(name === undefined ? {} : { name }),
    known: { items: known, mark: stored.mark },
    clock,
    changed: (item, event) => {
      if (!wanted.isMeant(item)) gone(item.key);
      else print([item], shown.has(item.key) ? event : "ADDED");
    },
    deleted: gone,
  });
  return ExitCode.ok;
}

async function printerOf(
  { io, flag }: CommandInput,
  { shape, wanted }: Plan,
  { isList, withType }: {
    readonly isList: boolean;
    readonly withType: boolean;
  },
): Promise<ObjectPrinter> {
  switch (shape) {
    case "name":
      return new NamePrinter(io);
    case "json":
      return new DocumentPrinter(io, { isList, format: JSON_FORMAT });
    case "yaml":
      return new DocumentPrinter(io, { isList, format: await yamlFormat() });
    default:
      return new TablePrinter(io, {
        isWide: shape === "wide",
        withNamespace: wanted.scope.namespace === undefined,
        withType,
        withLabels: flag("show-labels"),
        withEvent: flag("watch") && flag("output-watch-events"),
        noHeaders: flag("no-headers"),
      });
  }
}
