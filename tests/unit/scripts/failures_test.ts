import { assertEquals, assertMatch } from "@std/assert";
import {
  pageOf,
  ranOf,
  resultOf,
  resultsOnPage,
  type TestFile,
  testNames,
  testsOf,
  withoutResults,
} from "../../../scripts/failures.ts";

/** Not written out here, or this file would bear the name, too. */
const NAME = ["ack", "only", "after", "commit"].join("_");

const SOURCE = `
Deno.test("${NAME}: one", () => {});
Deno.test(
  "${NAME}, A1: on a line of its own",
  () => {},
);
for (const kind of KINDS) {
  Deno.test(\`${NAME}, \${kind} (\${{ a: 1 }.a})\`, () => {});
}
Deno.test({
  name: "it is ${NAME}, too",
  fn: () => {},
});
Deno.test("not_${NAME}, ${NAME}s", () => {});
`;
const FILE: TestFile = { path: "tests/unit/x_test.ts", text: SOURCE };
const NAMES = [
  `${NAME}: one`,
  `${NAME}, A1: on a line of its own`,
  `${NAME}, \${kind} (\${{ a: 1 }.a})`,
  `it is ${NAME}, too`,
];

Deno.test("testsOf, finds the tests that bear a name, in every form", () => {
  assertEquals(testNames(SOURCE).length, 5);
  const tests = testsOf({ name: NAME }, [FILE]);
  assertEquals(tests.map(({ name }) => name), NAMES);
});

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="4" failures="1" errors="0" time="1">
  <testsuite name="./tests/unit/x_test.ts" tests="4" failures="1">
    <testcase name="${NAME}: one" classname="./tests/unit/x_test.ts" time="0.1" line="2" col="6">
    </testcase>
    <testcase name="${NAME}, &quot;a&quot; (1)" classname="./tests/unit/x_test.ts" time="0.1"/>
    <testcase name="${NAME}, b (1)" classname="./tests/unit/x_test.ts" time="0.1">
      <failure message="no">why</failure>
    </testcase>
    <testcase name="it is ${NAME}, too" classname="./tests/unit/y_test.ts" time="0.1"/>
  </testsuite>
</testsuites>`;

Deno.test("resultOf, counts what came of a name, templates included", () => {
  const ran = ranOf(REPORT);
  assertEquals(ran.map(({ isPassed }) => isPassed), [true, true, false, true]);
  assertEquals(ran[1]?.name, `${NAME}, "a" (1)`);
  const results = NAMES.map((name) => resultOf({ path: FILE.path, name }, ran));
  assertEquals(results, ["passed", undefined, "1 of 2 failed", undefined]);
  const passed = ran.map((one) => ({ ...one, isPassed: true }));
  const name = NAMES[2] ?? "";
  assertEquals(resultOf({ path: FILE.path, name }, passed), "2 passed");
});

Deno.test("pageOf, tells the results, and they are read back", () => {
  const results = new Map([[`${FILE.path} ${NAMES[0]}`, "2 passed"]]);
  const page = pageOf([FILE], results);
  assertMatch(page, /^- 2 passed: `\w+: one` in \[tests/m);
  assertMatch(page, /^- not run: `\w+, A1: on/m);
  const told = resultsOnPage(page);
  assertEquals(told.get(`${FILE.path} ${NAMES[0]}`), "2 passed");
  assertEquals(told.get(`${FILE.path} ${NAMES[1]}`), "not run");
  assertEquals(pageOf([FILE], told), page);
  assertEquals(withoutResults(page), withoutResults(pageOf([FILE], new Map())));
});
