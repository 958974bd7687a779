import { assertEquals } from "@std/assert";
import { type Source, sources } from "./sources.ts";

const CODE = sources(["lib", "scripts", "main.ts", "mod.ts"]);
const TESTS = sources(["tests"]).filter(({ path }) =>
  path !== "tests/house/words_test.ts"
);
const DOCS = sources(["README.md", "CHANGELOG.md", "conf", "lib"], [
  ".md",
  ".yaml",
]);

/** Places where a pattern occurs, as `path:line text`. */
function places(
  files: readonly Source[],
  pattern: RegExp,
  part: "text" | "code" = "code",
): string[] {
  return files.flatMap((file) =>
    [...file[part].matchAll(pattern)].map(({ index, 0: found }) => {
      const line = file[part].slice(0, index).split("\n").length;
      return `${file.path}:${line} ${found.trim()}`;
    })
  );
}

Deno.test("words, an open end carries the number of an issue", () => {
  const pattern = /\b(?:TODO|FIXME|XXX|HACK)\b(?!\s*\(?#\d+)[^\n]*/g;
  assertEquals(places([...CODE, ...TESTS, ...DOCS], pattern, "text"), []);
});

Deno.test("words, rooms of decisions know no clock, chance or world", () => {
  const pure = CODE.filter(({ path }) =>
    /^lib\/(operations|processor|router|message)\//.test(path)
  );
  const pattern =
    /\bDeno\.|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bcrypto\.|\bperformance\.|\bfetch\(|\bprocess\.(?:env|hrtime)/g;
  assertEquals(places(pure, pattern), []);
});

Deno.test("words, only base asks the machine for time and chance", () => {
  // The page's script runs in a browser, which has no clock of ours.
  const others = CODE.filter(({ path }) =>
    /^lib\//.test(path) && !/^lib\/(base|jsr)\//.test(path) &&
    path !== "lib/admin/page_listening.ts"
  );
  const pattern =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bset(?:Timeout|Interval)\(|\bcrypto\.randomUUID\b|\bperformance\.now\b/g;
  assertEquals(places(others, pattern), []);
});

Deno.test("words, output goes through log, command line or nothing", () => {
  assertEquals(places(CODE, /\bconsole\.\w+/g), []);
  const others = CODE.filter(({ path }) =>
    /^lib\//.test(path) &&
    path !== "lib/telemetry/log.ts" && path !== "lib/cli/io.ts"
  );
  assertEquals(places(others, /\bDeno\.std(?:out|err)\b/g), []);
});

Deno.test("words, the process ends in main.ts, for a signal, or not at all", () => {
  const others = CODE.filter(({ path }) => /^lib\/(?!cli\/)/.test(path));
  assertEquals(places(others, /\bDeno\.exit\b|\bprocess\.exit\b/g), []);
});

Deno.test("words, no failure is swallowed", () => {
  const files = CODE.filter(({ path }) => !path.startsWith("lib/jsr/"));
  const empty = /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}/g;
  const mute =
    /\.catch\(\s*(?:\)|(?:async\s*)?\(?\w*\)?\s*=>\s*(?:\{\s*\}|undefined|null|void 0)\s*,?\s*\))/g;
  assertEquals(places([...files, ...TESTS], empty), []);
  assertEquals(places(files, mute), []);
});

Deno.test("words, types are not switched off", () => {
  const pattern = /@ts-(?:ignore|nocheck|expect-error)[^\n]*/g;
  assertEquals(places([...CODE, ...TESTS], pattern, "text"), []);
  const any = /(?::|\bas|<)\s*any\b(?!\[?\w)/g;
  const files = CODE.filter(({ path }) => !path.startsWith("lib/jsr/"));
  assertEquals(places(files, any), []);
});

Deno.test("words, a lint rule is ignored for a stated reason", () => {
  const pattern = /deno-lint-ignore(?:-file)?(?: (?!--)[\w-]+)*[ ]*$/gm;
  assertEquals(places([...CODE, ...TESTS], pattern, "text"), []);
});

Deno.test("words, no test is skipped or run alone", () => {
  const pattern = /\bDeno\.test\.(?:only|ignore)\b|\bonly: true/g;
  assertEquals(places(TESTS, pattern), []);
});

Deno.test("words, nothing names the machine it was written on", () => {
  const pattern = /(?<![\w.])\/(?:work|root|home\/\w+)\/[\w.]+/g;
  const files = [...CODE, ...TESTS, ...DOCS, ...sources([".ci"], ["run"])];
  assertEquals(places(files, pattern, "text"), []);
});

Deno.test("words, no module keeps state: nothing mutable at top level", () => {
  const files = CODE.filter(({ path }) => !path.startsWith("lib/jsr/"));
  assertEquals(places(files, /^(?:export )?(?:let|var) [^\n]*/gm), []);
});

Deno.test("words, error messages begin with a capital and end without a period", () => {
  const files = CODE.filter(({ path }) => !path.startsWith("lib/jsr/"));
  // A first argument without a space is no message but a kind or a name; a
  // failed step is made from what was expected.
  const pattern =
    /new (?!StepFailed)\w*Error\(\s*(["`])(?=[^"`]* )(?:[a-z](?:(?!\1)[^])*|(?:(?!\1)[^])*\.)\1\s*[,)]/g;
  assertEquals(places(files, pattern), []);
});
