import { assert, assertEquals } from "@std/assert";
import { functionLengths, sources } from "./sources.ts";

const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 70;

/**
 * Files and functions that are longer, with their lengths. These lists may
 * only shrink: an entry that is no longer needed must go, none may grow.
 */
const LONG_FILES: Readonly<Record<string, number>> = {};
const LONG_FUNCTIONS: Readonly<Record<string, number>> = {};

const SOURCES = sources(["lib", "scripts", "main.ts", "mod.ts"]);

Deno.test("size, files have at most 300 lines", () => {
  const long = SOURCES.map(({ path, text }) =>
    [path, text.split("\n").length - 1] as const
  ).filter(([path, lines]) => lines > (LONG_FILES[path] ?? FILE_LINES_MAX));
  assertEquals(long, []);
});

Deno.test("size, functions have at most 70 lines", () => {
  // The stand-ins follow the packages that they stand for.
  const long = SOURCES.filter(({ path }) => !path.startsWith("lib/jsr/"))
    .flatMap((source) =>
      functionLengths(source)
        .map(({ head, line, length }) =>
          [`${source.path}:${line} ${head}`, length] as const
        )
        .filter(([, length]) =>
          length > (LONG_FUNCTIONS[source.path] ?? FUNCTION_LINES_MAX)
        )
    );
  assertEquals(long, []);
});

Deno.test("size, the lists of exceptions hold nothing that is short again", () => {
  for (const [path, lines] of Object.entries(LONG_FILES)) {
    const source = SOURCES.find((s) => s.path === path);
    const length = (source?.text.split("\n").length ?? 0) - 1;
    assert(length > FILE_LINES_MAX, `${path} may leave the list`);
    assertEquals(length, lines, `${path}: lower the number in the list`);
  }
  for (const [path, lines] of Object.entries(LONG_FUNCTIONS)) {
    const source = SOURCES.find((s) => s.path === path);
    const longest = Math.max(
      0,
      ...(source ? functionLengths(source).map((f) => f.length) : []),
    );
    assert(longest > FUNCTION_LINES_MAX, `${path} may leave the list`);
    assertEquals(longest, lines, `${path}: lower the number in the list`);
  }
});
