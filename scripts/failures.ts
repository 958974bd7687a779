/**
 * Writes docs/failures.md: which failure must not happen, which tests bear
 * its name, and how they went.
 *
 *     deno task test --junit-path=junit.xml
 *     deno task failures [junit.xml ...]
 *
 * A test that no file speaks of keeps the result that the page has.
 *
 * @module
 */
import { FAILURES, THEMES } from "../tests/house/failures.ts";
import type { Failure } from "../tests/house/failures.ts";

const ROOT = new URL("../", import.meta.url);

/** The page, from the root. */
export const PAGE = "docs/failures.md";

/** Folders of tests that no failure needs. */
const LEFT_OUT = new Set(["house", "bench", "support", "fixtures"]);

/** A test that bears the name of a failure. */
export interface NamedTest {
  /** Its file, from the root. */
  readonly path: string;
  /** Its name as the source has it; what varies stands as `${...}`. */
  readonly name: string;
}

/** How often each test passed, failed and was skipped. */
export type Results = ReadonlyMap<string, string>;

/** A test file. */
export interface TestFile {
  readonly path: string;
  readonly text: string;
}

const TEST_REGEXP =
  /(?:Deno\.test\(\s*(?:\{\s*name:\s*)?|\bname:\s*)(["'`])((?:\\.|(?!\1)[^\\])*)\1/g;

/** The names of tests in a file, in their order. */
export function testNames(text: string): string[] {
  return [...text.matchAll(TEST_REGEXP)].map(([, , name = ""]) =>
    name.replace(/\s+/g, " ")
  );
}

/** The tests that bear the name of a failure, by file. */
export function testsOf(
  failure: Pick<Failure, "name">,
  files: readonly TestFile[],
): NamedTest[] {
  const named = new RegExp(`(?<![a-z_])${failure.name}(?![a-z_])`);
  return files.flatMap(({ path, text }) =>
    testNames(text).filter((name) => named.test(name))
      .map((name) => ({ path, name }))
  );
}

/** Every test file that may name a failure, by path. */
export function testFiles(): TestFile[] {
  const files: TestFile[] = [];
  const walk = (folder: string) => {
    for (
      const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))
    ) {
      if (isDirectory && !(folder === "tests/" && LEFT_OUT.has(name))) {
        walk(`${folder}${name}/`);
      } else if (name.endsWith("_test.ts")) {
        const path = `${folder}${name}`;
        files.push({ path, text: Deno.readTextFileSync(new URL(path, ROOT)) });
      }
    }
  };
  walk("tests/");
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** The key of a test in the results. */
function keyOf(test: NamedTest): string {
  return `${test.path} ${shown(test)}`;
}

/** How one test case of a run went. */
interface Ran {
  readonly path: string;
  readonly name: string;
  readonly isPassed: boolean;
}

/** Reads what `--junit-path` wrote. */
export function ranOf(xml: string): Ran[] {
  const cases = xml.matchAll(
    /<testcase name="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>([^]*?)<\/testcase>)/g,
  );
  return [...cases].map(([, name = "", path = "", body = ""]) => ({
    path: unescaped(path).replace(/^\.\//, ""),
    name: unescaped(name),
    isPassed: !/<(?:failure|error|skipped)\b/.test(body),
  }));
}

/** How the test cases of a test went; `undefined` if none ran. */
export function resultOf(
  test: NamedTest,
  ran: readonly Ran[],
): string | undefined {
  const parts = test.name.split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/)
    .map((part) => part.replace(/\\(.)/g, "$1"))
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`^${parts.join("[^]*")}$`);
  const own = ran.filter(({ path, name }) =>
    path === test.path && pattern.test(name)
  );
  if (own.length === 0) return undefined;
  const failed = own.filter(({ isPassed }) => !isPassed).length;
  if (failed > 0) return `${failed} of ${own.length} failed`;
  return own.length === 1 ? "passed" : `${own.length} passed`;
}

/** The results that a page tells. */
export function resultsOnPage(page: string): Results {
  const results = new Map<string, string>();
  for (const line of page.split("\n")) {
    const [, result, name, path] = LINE_REGEXP.exec(line) ?? [];
    if (path && name && result) results.set(keyOf({ path, name }), result);
  }
  return results;
}

/** One test on the page. */
const LINE_REGEXP = /^- ([^:`]*): `([^`]*)` in \[([^\]]*)\]/;

function lineOf(test: NamedTest, result: string): string {
  return `- ${result}: \`${shown(test)}\` in [${test.path}](../${test.path})`;
}

/** The page. */
export function pageOf(files: readonly TestFile[], results: Results): string {
  const tests = new Map(
    FAILURES.map((failure) => [failure, testsOf(failure, files)]),
  );
  const without = FAILURES.filter(({ elsewhere }) => elsewhere).length;
  const lines = [
    "<!-- deno-fmt-ignore-file -->",
    "",
    "# Failures that must not happen",
    "",
    "What users of edge systems have met, what must hold here instead, and the",
    "tests that bear its name. This page is made by `deno task failures`; a house",
    "test fails when a test comes or goes and the page does not. The results are",
    "those of the last run whose report was given to it.",
    "",
    `${FAILURES.length} failures; ${without} of them do not concern what there is so far.`,
    "",
  ];
  let theme = "";
  for (const [failure, named] of tests) {
    const letter = failure.id.slice(0, 1);
    if (letter !== theme) {
      theme = letter;
      lines.push(`## ${letter}. ${THEMES[letter]}`, "");
    }
    lines.push(`### ${failure.id} ${failure.name}`, "", failure.holds, "");
    if (failure.elsewhere) {
      lines.push(`Not of this project so far: ${failure.elsewhere}`, "");
    }
    for (const test of named) {
      lines.push(lineOf(test, results.get(keyOf(test)) ?? "not run"));
    }
    if (named.length > 0) lines.push("");
  }
  return lines.join("\n");
}

/** The page without its results. */
export function withoutResults(page: string): string {
  return page.replace(/^- [^:`]*: `/gm, "- `");
}

/** The page as it lies there; empty if there is none. */
export function currentPage(): string {
  try {
    return Deno.readTextFileSync(new URL(PAGE, ROOT));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** The name as it stands on the page. */
function shown({ name }: NamedTest): string {
  return name.replaceAll("\\`", "'").replaceAll("`", "'");
}

function unescaped(text: string): string {
  const entities: Record<string, string> = {
    lt: "<",
    gt: ">",
    quot: '"',
    apos: "'",
    amp: "&",
  };
  return text.replace(
    /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi,
    (_, dec, hex, name) =>
      name ? entities[name] ?? "" : String.fromCodePoint(
        dec ? Number(dec) : parseInt(hex, 16),
      ),
  );
}

function main(reports: readonly string[]): void {
  const files = testFiles();
  const ran = reports.flatMap((path) => ranOf(Deno.readTextFileSync(path)));
  const results = new Map(resultsOnPage(currentPage()));
  for (const failure of FAILURES) {
    for (const test of testsOf(failure, files)) {
      const result = resultOf(test, ran);
      if (result !== undefined) results.set(keyOf(test), result);
    }
  }
  Deno.writeTextFileSync(new URL(PAGE, ROOT), pageOf(files, results));
}

if (import.meta.main) main(Deno.args);
