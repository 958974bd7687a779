import { assert, assertEquals } from "@std/assert";
import { FAULTS } from "./faults.ts";
import { MEMORY_MB_MAX } from "./program.ts";

const PAGE = await Deno.readTextFile(
  new URL("../../docs/faults.md", import.meta.url),
);
/** Cells of the rows of both tables, by their first one. */
const ROWS = new Map(
  PAGE.split("\n").filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
    .filter(([name]) => name !== "fault" && !name?.startsWith("---"))
    .map(([name = "", ...cells]) => [name, cells]),
);

Deno.test("docs/faults.md has a row for each fault, in their order", () => {
  assertEquals([...ROWS.keys()], FAULTS.map(({ name }) => name));
  assert(PAGE.includes(`below ${MEMORY_MB_MAX} MB`));
});

for (const { name, signs: { health, log, exitCode } } of FAULTS) {
  Deno.test(`docs/faults.md tells what its test sees: ${name}`, () => {
    const [state = "", line = ""] = ROWS.get(name) ?? [];
    if (health) assertEquals(state, `\`${health}\``);
    const end = exitCode === undefined ? "" : `, exit code ${exitCode}`;
    assertEquals(line, `\`${log}\`${end}`);
    assertEquals(state === "does not run", exitCode !== undefined);
  });
}

Deno.test("README says of faults what docs/faults.md says", async () => {
  const readme = await Deno.readTextFile(
    new URL("../../README.md", import.meta.url),
  );
  const table = readme.split("\n").filter((line) => line.startsWith("| "))
    .map((line) => line.split("|")[2] ?? "")
    .filter((cell) => /`(?:store )?(?:failed|degraded)/.test(cell)).join("\n");
  const words = [...table.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
  assert(words.length > 5);
  for (const word of words) assert(PAGE.includes(`\`${word}\``), word);
});
