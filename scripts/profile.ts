/**
 * Shows where the time of a node goes: runs it from its source under load,
 * with V8's CPU profiler on, and lists the functions that took most.
 *
 *     deno task profile [--in-flight 64] [--messages 20000] [--no-agent]
 *
 * The profile itself, for the developer tools of a browser, is kept with
 * `--out FILE`. Native calls stand in it under the name of the method that
 * JavaScript called: `run` is SQLite, COMMIT and its fsync included, and
 * `op_write` the kernel.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { World } from "../tests/bench/world.ts";

/** A profile as V8 writes it. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

/** What a run is made of. */
interface Load {
  readonly inFlight: number;
  readonly messages: number;
  readonly objectBytes: number;
  readonly agent: boolean;
  readonly v8Flags: string;
}

const ROOT = new URL("../", import.meta.url);
const HELP = `deno task profile [options]

  --in-flight N      unanswered messages at a time, 64 by default
  --messages N       messages of the load, 20000 by default
  --object-bytes N   size of an object, 1024 by default
  --no-agent         no pod agent attached
  --v8-flags FLAGS   flags of V8, for example those of scripts/compile.ts
  --top N            functions listed, 30 by default
  --out FILE         keep the profile, a .cpuprofile
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: [...Deno.args],
    options: {
      "in-flight": { type: "string", default: "64" },
      "messages": { type: "string", default: "20000" },
      "object-bytes": { type: "string", default: "1024" },
      "no-agent": { type: "boolean", default: false },
      "v8-flags": { type: "string", default: "" },
      "top": { type: "string", default: "30" },
      "out": { type: "string", default: "" },
      "help": { type: "boolean", default: false },
    },
  });
  if (values.help) {
    say(HELP);
    return 0;
  }
  const messages = Number(values.messages);
  const text = await record({
    inFlight: Number(values["in-flight"]),
    messages,
    objectBytes: Number(values["object-bytes"]),
    agent: !values["no-agent"],
    v8Flags: values["v8-flags"],
  });
  if (values.out) await Deno.writeTextFile(values.out, text);
  const profile: CpuProfile = JSON.parse(text);
  const { self, total, busyUs } = sums(profile);
  const top = Number(values.top);
  say(
    `busy ${Math.round(busyUs / 1000)} ms, ${
      (busyUs / messages).toFixed(1)
    } µs a message\n`,
  );
  say("share   µs/msg  time in the function itself");
  say(table(self, { busyUs, messages, top }));
  say("\nshare   µs/msg  time in it and in what it called");
  say(table(total, { busyUs, messages, top: top * 2 }));
  return 0;
}

/** Runs a load; the text of the profile. */
async function record(load: Load): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "metamanager-profile-" });
  const run = [Deno.execPath(), "run", "--quiet", "--no-check", "-A"];
  const file = (path: string) => new URL(path, ROOT).pathname;
  try {
    await using world = await World.create({
      node: [
        ...run,
        `--cpu-prof-dir=${folder}`,
        "--cpu-prof-interval=200",
        ...(load.v8Flags ? [`--v8-flags=${load.v8Flags}`] : []),
        file("main.ts"),
      ],
      floor: [],
      agent: [...run, file("tests/bench/agent.ts")],
    });
    await using node = await world.node({ agent: load.agent });
    const { objectBytes, inFlight, messages } = load;
    const shape = { objectBytes, keys: 1000 };
    const result = await node.hub.run({ shape, messages, inFlight });
    say(`${Math.round(result.perSecond)} acks/s while profiled`);
    await node.process.end();
    for await (const { name } of Deno.readDir(folder)) {
      return await Deno.readTextFile(`${folder}/${name}`);
    }
    throw new Error(`The node wrote no profile: ${node.process.log}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Microseconds by function: in itself, and with what it called. */
function sums(profile: CpuProfile): {
  self: Map<string, number>;
  total: Map<string, number>;
  busyUs: number;
} {
  const names = new Map<number, string>();
  const parents = new Map<number, number>();
  for (const node of profile.nodes) {
    names.set(node.id, nameOf(node));
    for (const child of node.children ?? []) parents.set(child, node.id);
  }
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  let busyUs = 0;
  const add = (to: Map<string, number>, name: string, us: number) =>
    to.set(name, (to.get(name) ?? 0) + us);
  for (const [i, id] of profile.samples.entries()) {
    const name = names.get(id) ?? "";
    const us = profile.timeDeltas[i] ?? 0;
    if (name === "(idle)") continue;
    busyUs += us;
    add(self, name, us);
    const seen = new Set<string>();
    let at: number | undefined = id;
    for (; at !== undefined; at = parents.get(at)) {
      // A function that called itself counts once.
      const caller = names.get(at) ?? "";
      if (!seen.has(caller)) add(total, caller, us);
      seen.add(caller);
    }
  }
  return { self, total, busyUs };
}

function nameOf({ callFrame }: ProfileNode): string {
  const { functionName, url, lineNumber } = callFrame;
  const name = functionName || "(anonymous)";
  if (!url) return name;
  const path = url.startsWith(ROOT.href) ? url.slice(ROOT.href.length) : url;
  return `${name} ${path}:${lineNumber + 1}`;
}

function table(
  times: ReadonlyMap<string, number>,
  { busyUs, messages, top }: { busyUs: number; messages: number; top: number },
): string {
  return [...times].sort(([, a], [, b]) => b - a).slice(0, top)
    .map(([name, us]) => {
      const share = (us / busyUs * 100).toFixed(1).padStart(5);
      return `${share}%  ${(us / messages).toFixed(1).padStart(6)}  ${name}`;
    }).join("\n");
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

if (import.meta.main) Deno.exit(await main());
