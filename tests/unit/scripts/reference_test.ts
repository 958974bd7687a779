import { assertEquals, assertStringIncludes } from "@std/assert";
import { SCHEMA } from "../../../lib/config/schema.ts";
import { PAGE, referencePage } from "../../../scripts/reference.ts";

Deno.test("docs/configuration.md, is what deno task reference writes", () => {
  assertEquals(Deno.readTextFileSync(PAGE), referencePage());
});

Deno.test("docs/configuration.md, tells of every key its type, default and range", () => {
  const page = referencePage();
  for (const key of Object.keys(SCHEMA)) {
    assertStringIncludes(page, `**\`${key}\`**`);
  }
  assertStringIncludes(page, "_duration; default `15s`; from 0.1s up to 1h_");
  assertStringIncludes(page, "_text; default empty; never printed_");
  assertStringIncludes(page, "also `database.source`");
  assertStringIncludes(page, "_size; default `32MiB`; from 64KiB up to 64MiB_");
});
