import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { loadConfig } from "../../../lib/config/mod.ts";
import { SCHEMA } from "../../../lib/config/schema.ts";

const FILE = new URL("../../../conf/edge.yaml", import.meta.url);
const TEXT = Deno.readTextFileSync(FILE);

/** Dotted paths of everything that is no section. */
function keysOf(value: unknown, path: string[] = []): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [path.join(".")];
  }
  return Object.entries(value).flatMap(([name, inner]) =>
    keysOf(inner, [...path, name])
  );
}

Deno.test("conf/edge.yaml, has every key of the schema in its order and no other", () => {
  assertEquals(keysOf(parse(TEXT)), Object.keys(SCHEMA));
});

Deno.test("conf/edge.yaml, every value is the default", async () => {
  const hostname = () => "host";
  const defaults = await loadConfig({ hostname });
  const file = await loadConfig({ file: FILE.pathname, hostname });
  assertEquals(file.config, defaults.config);
  assertEquals(file.notes, defaults.notes);
});

Deno.test("conf/edge.yaml, every key has a comment before it or its section", () => {
  const lines = TEXT.split("\n");
  for (const key of Object.keys(SCHEMA)) {
    const name = key.split(".").at(-1);
    const commented = lines.some((line, i) =>
      line.trimStart().startsWith(`${name}:`) &&
      lines.slice(Math.max(0, i - 3), i).some((l) => /^\s*#/.test(l))
    );
    assert(commented, key);
  }
});

Deno.test("README.md, its table names keys of the schema only", () => {
  const readme = Deno.readTextFileSync(
    new URL("../../../README.md", import.meta.url),
  );
  const [, section = ""] = readme.split(/^## Configuration$/m);
  const [table = ""] = section.split(/^## /m);
  const named = [...table.matchAll(/^\| (`.*?) +\|/gm)].flatMap(([, cell]) => {
    const names = [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, n]) => n!);
    const parent = names[0]!.replace(/\.[^.]+$/, "");
    return names.map((name) => name.includes(".") ? name : `${parent}.${name}`);
  });
  assert(named.length > 5);
  assertEquals(named.filter((key) => !(key in SCHEMA)), []);
});
