import { assertEquals } from "@std/assert";
import {
  currentPage,
  pageOf,
  testFiles,
  testsOf,
  withoutResults,
} from "../../scripts/failures.ts";
import { FAILURES, THEMES } from "./failures.ts";

const FILES = testFiles();

Deno.test("failures, each has one id, one name and a theme", () => {
  const ids = FAILURES.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  assertEquals(new Set(FAILURES.map(({ name }) => name)).size, ids.length);
  assertEquals(
    [...new Set(ids.map((id) => id.slice(0, 1)))],
    Object.keys(THEMES),
  );
});

Deno.test("failures, each that concerns this project has a test of its name", () => {
  const untested = FAILURES.filter((failure) =>
    !failure.elsewhere && testsOf(failure, FILES).length === 0
  );
  assertEquals(untested.map(({ id, name }) => `${id} ${name}`), []);
});

Deno.test("failures, one with a test is not said to be elsewhere", () => {
  const tested = FAILURES.filter((failure) =>
    failure.elsewhere && testsOf(failure, FILES).length > 0
  );
  assertEquals(tested.map(({ id }) => id), []);
});

Deno.test("failures, a test that gives an id gives the name that goes with it", () => {
  const wrong = FILES.flatMap(({ path, text }) =>
    FAILURES.flatMap(({ id, name }) =>
      [...text.matchAll(
        new RegExp(
          `\\b([A-K]\\d+) (?=${name}\\b)|\\b${name}, ([A-K]\\d+)\\b`,
          "g",
        ),
      )]
        .map(([, before, after]) => before ?? after)
        .filter((given) => given !== id)
        .map((given) => `${path}: ${given} ${name}`)
    )
  );
  assertEquals(wrong, []);
});

Deno.test("failures, docs/failures.md names the tests that there are: run deno task failures", () => {
  assertEquals(
    withoutResults(currentPage()),
    withoutResults(pageOf(FILES, new Map())),
  );
});
