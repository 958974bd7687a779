import { assertEquals } from "@std/assert";
import { type Import, importsOf, type Source, sources } from "./sources.ts";

/**
 * Which rooms a room may import, architecture.md's "Rooms": downhill only.
 * `types` are rooms of which it may know the types only.
 */
const MAY: Readonly<
  Record<string, { rooms: readonly string[]; types?: readonly string[] }>
> = {
  base: { rooms: [] },
  message: { rooms: ["base"] },
  telemetry: { rooms: ["base"] },
  config: { rooms: ["base"] },
  websocket: { rooms: ["base"] },
  router: { rooms: ["base", "message", "telemetry"] },
  store: { rooms: ["base", "message", "telemetry"] },
  // The way through a proxy, for the link and for joining alike.
  tunnel: { rooms: ["base", "websocket"] },
  identity: { rooms: ["base", "message", "telemetry", "tunnel"] },
  operations: { rooms: ["base", "message"], types: ["store"] },
  processor: {
    rooms: ["base", "message", "telemetry", "router", "store", "operations"],
  },
  edgehub: {
    rooms: [
      "base",
      "message",
      "telemetry",
      "websocket",
      "tunnel",
      "router",
      "identity",
    ],
  },
  edged: { rooms: ["base", "message", "telemetry", "websocket", "router"] },
  admin: {
    rooms: ["base", "message", "telemetry", "websocket", "router"],
    types: ["store"],
  },
  // Peers of the node: they share with it the message and, for certificates,
  // the encoder of their formats.
  agent: { rooms: ["base", "message", "websocket"] },
  dev: {
    rooms: ["base", "message", "telemetry", "websocket", "identity", "agent"],
  },
  app: {
    rooms: [
      "base",
      "message",
      "telemetry",
      "config",
      "router",
      "store",
      "tunnel",
      "identity",
      "operations",
      "processor",
      "edgehub",
      "edged",
      "admin",
    ],
  },
  // Looks at a gateway from outside, with the node's own eyes.
  doctor: {
    rooms: [
      "base",
      "message",
      "config",
      "store",
      "tunnel",
      "identity",
      "edgehub",
      "app",
    ],
  },
  // The demonstration drives a whole node and its peers from outside.
  demo: {
    rooms: ["base", "message", "telemetry", "config", "agent", "dev", "app"],
  },
  cli: {
    rooms: [
      "base",
      "message",
      "telemetry",
      "config",
      "store",
      "tunnel",
      "identity",
      "agent",
      "dev",
      "app",
      "doctor",
      "demo",
    ],
  },
};

/** Packages that only these files may import. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "@db/sqlite": ["lib/store/driver.ts"],
  "node:sqlite": ["lib/store/driver.ts"],
  // Two of them for its types alone.
  "yaml": [
    "lib/base/yaml_library.ts",
    "lib/config/yaml_file.ts",
    "lib/dev/manifests.ts",
  ],
  "@std/cli": ["lib/cli/arguments.ts", "scripts/compile.ts"],
  "@std/assert": [],
};

const LIB = sources(["lib"]).filter(({ path }) => !path.startsWith("lib/jsr/"));

function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** Every import of the files, with the file. */
function all(files: readonly Source[]): [Source, Import][] {
  return files.flatMap((file) =>
    importsOf(file).map((found) => [file, found] as [Source, Import])
  );
}

Deno.test("imports, every room is known", () => {
  const rooms = new Set(LIB.map(({ path }) => roomOf(path)));
  assertEquals([...rooms].filter((room) => !(room in MAY)), []);
});

Deno.test("imports, the table of rooms has no circle", () => {
  const below = (room: string, seen: readonly string[] = []): string[] => {
    if (seen.includes(room)) return [[...seen, room].join(" -> ")];
    const { rooms = [], types = [] } = MAY[room] ?? {};
    return [...rooms, ...types].flatMap((next) => below(next, [...seen, room]));
  };
  assertEquals(Object.keys(MAY).flatMap((room) => below(room)), []);
});

Deno.test("imports, rooms point downhill only", () => {
  const uphill = all(LIB).flatMap(([{ path }, { target, isType }]) => {
    if (!target?.startsWith("lib/")) return [];
    const from = roomOf(path), to = roomOf(target);
    const may = MAY[from];
    const ok = from === to || may?.rooms.includes(to) ||
      (isType && may?.types?.includes(to));
    return ok ? [] : [`${path} imports ${target}`];
  });
  assertEquals(uphill, []);
});

Deno.test("imports, another room is entered through its door", () => {
  const windows = all(LIB).flatMap(([{ path }, { target }]) => {
    if (!target?.startsWith("lib/")) return [];
    const to = roomOf(target);
    const ok = roomOf(path) === to || target === `lib/${to}/mod.ts`;
    return ok ? [] : [`${path} imports ${target}`];
  });
  assertEquals(windows, []);
});

Deno.test("imports, nothing in lib reaches out of it", () => {
  // The version stands in the manifest and nowhere else.
  const allowed = new Set(["deno.json"]);
  const out = all(LIB).flatMap(([{ path }, { target }]) =>
    target && !target.startsWith("lib/") && !allowed.has(target)
      ? [`${path} imports ${target}`]
      : []
  );
  assertEquals(out, []);
});

Deno.test("imports, main.ts and mod.ts enter through doors", () => {
  const out = all(sources(["main.ts", "mod.ts"])).flatMap((
    [{ path }, { target, specifier }],
  ) =>
    target && /^lib\/\w+\/mod\.ts$/.test(target)
      ? []
      : [`${path} imports ${specifier}`]
  );
  assertEquals(out, []);
});

Deno.test("imports, packages stay behind the one file that knows them", () => {
  const files = [...LIB, ...sources(["main.ts", "mod.ts", "scripts"])];
  const strays = all(files).flatMap(([{ path }, { specifier, target }]) => {
    if (target !== undefined) return [];
    const owners = PACKAGES[specifier];
    const ok = owners?.includes(path) ??
      /^(node:|@std\/yaml$)/.test(specifier);
    return ok ? [] : [`${path} imports ${specifier}`];
  });
  assertEquals(strays, []);
});

Deno.test("imports, what only configuration needs is loaded late", () => {
  const late = /^(yaml|@std\/yaml|.*\/yaml_library\.ts|\.\/commands\.ts)$/;
  const early = all(LIB).filter(([, { specifier, isType, isDynamic }]) =>
    late.test(specifier) && !isType && !isDynamic
  );
  // This one is itself loaded late.
  assertEquals(early.map(([{ path }]) => path), ["lib/base/yaml_library.ts"]);
});
