import { assert, assertEquals, assertMatch } from "@std/assert";
import { PERMISSIONS } from "../../scripts/permissions.ts";
import { COVERED_BY } from "./covered_by.ts";
import { ROOT, sources } from "./sources.ts";

const TOP_LEVEL = new Set([
  ".ci",
  ".git",
  // Where GitHub looks for the workflow of a release.
  ".github",
  ".gitignore",
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "conf",
  "deno.json",
  "deno.lock",
  // What the design page asks for: where the code differs, and why.
  "docs",
  "lib",
  "main.ts",
  "mod.ts",
  "scripts",
  "tests",
]);

const LIB = sources(["lib"]).filter(({ path }) => !path.startsWith("lib/jsr/"));
const ROOMS = [...new Set(LIB.map(({ path }) => path.split("/")[1] ?? ""))];
const TEST_PATHS = new Set(sources(["tests"]).map(({ path }) => path));

Deno.test("layout, the top level holds what it should and nothing else", () => {
  const ignored = Deno.readTextFileSync(new URL(".gitignore", ROOT))
    .split("\n").map((line) => line.replaceAll("/", ""));
  const strays = [...Deno.readDirSync(ROOT)]
    .map(({ name }) => name)
    .filter((name) => !TOP_LEVEL.has(name) && !ignored.includes(name));
  assertEquals(strays, []);
});

Deno.test("layout, every room has a door that says what it does and where to begin", () => {
  for (const room of ROOMS) {
    const door = LIB.find(({ path }) => path === `lib/${room}/mod.ts`);
    assert(door, `lib/${room} has no mod.ts`);
    assertMatch(door.text, /^\/\*\*[^]*@module\n \*\//, door.path);
    const first = /Open\s+(?:\*\s+)?`([\w./]+)`(?:\s+\*)?\s+first/.exec(
      door.text.replace(/\n \*/g, " "),
    )?.[1];
    assert(first, `${door.path} does not say which file to open first`);
    assert(
      LIB.some(({ path }) => path === `lib/${room}/${first}`),
      `${door.path} sends to ${first}, which is not there`,
    );
  }
});

Deno.test("layout, a door only re-exports", () => {
  for (const { path, code } of LIB) {
    if (!/^lib\/\w+\/mod\.ts$/.test(path)) continue;
    const rest = code.replace(/export\s[^;]*?from\s+"[^"]+";/g, "").trim();
    assertEquals(rest, "", path);
  }
});

Deno.test("layout, files are named in snake_case", () => {
  const names = sources(["lib", "scripts", "tests"]).map(({ path }) => path);
  assertEquals(
    names.filter((path) => !/\/(\d{4}_)?[a-z][a-z0-9_]*\.ts$/.test(path)),
    [],
  );
});

/** Whether a file has nothing that runs. */
function isTypesOnly(code: string): boolean {
  return !/^(?:export )?(?:default )?(?:abstract )?(?:async )?(?:function|class|const|let|var|enum)\b/m
    .test(code);
}

Deno.test("layout, every file of lib has a test of its name, or one that is named for it", () => {
  const untested = LIB.flatMap(({ path, code }) => {
    if (path.endsWith("/mod.ts") || isTypesOnly(code)) return [];
    const twin = path.replace(/^lib\//, "tests/unit/")
      .replace(/\.ts$/, "_test.ts");
    const other = COVERED_BY[path];
    const isCovered = TEST_PATHS.has(twin) ||
      (other !== undefined && TEST_PATHS.has(other));
    return isCovered ? [] : [path];
  });
  assertEquals(untested, []);
});

Deno.test("layout, the list of files that other tests cover may only shrink", () => {
  const stale = Object.entries(COVERED_BY).filter(([path, test]) => {
    const twin = path.replace(/^lib\//, "tests/unit/")
      .replace(/\.ts$/, "_test.ts");
    const exists = LIB.some((source) => source.path === path);
    return !exists || !TEST_PATHS.has(test) || TEST_PATHS.has(twin);
  });
  assertEquals(stale, []);
});

/** The part of deno.json that is looked at here. */
interface Manifest {
  readonly tasks: Readonly<
    Record<string, { readonly command: string; readonly description: string }>
  >;
  readonly imports: Readonly<Record<string, string>>;
  readonly links: readonly string[];
}

const MANIFEST: Manifest = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", ROOT)),
);

Deno.test("layout, tasks run the program with the permissions of the binary", () => {
  for (const name of ["demo", "start"]) {
    const { command = "" } = MANIFEST.tasks[name] ?? {};
    const flags = /deno run (.*) main\.ts/.exec(command)?.[1];
    assertEquals(flags, PERMISSIONS.join(" "), name);
  }
});

Deno.test("layout, tasks that load packages trust the machine's authorities", () => {
  for (const [name, { command }] of Object.entries(MANIFEST.tasks)) {
    const ok = command.startsWith("deno task ") ||
      /^(export )?DENO_TLS_CA_STORE=mozilla,system /.test(command);
    assert(ok, `task ${name}: ${command}`);
  }
});

Deno.test("layout, each JSR package has a stand-in of its name", () => {
  const packages = Object.entries(MANIFEST.imports)
    .filter(([, target]) => target.startsWith("jsr:"))
    .map(([name]) => name);
  const linked = MANIFEST.links.map((folder) =>
    JSON.parse(
      Deno.readTextFileSync(new URL(`${folder}/deno.json`, ROOT)),
    ).name as string
  );
  assertEquals(packages.sort(), linked.sort());
});
