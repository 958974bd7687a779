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
  assertStringIncludes(page, "_duration; default `15s`; from 0.1s up to 1h;");
  assertStringIncludes(page, "_text; default empty; never printed;");
  assertStringIncludes(page, "also `database.source`");
  assertStringIncludes(page, "_size; default `32MiB`; from 64KiB up to 64MiB;");
});

Deno.test("referencePage, says of each key what a reload does with it", () => {
  const page = referencePage();
  for (const [key, spec] of Object.entries(SCHEMA)) {
    const [, entry = ""] = page.split(`- **\`${key}\`**`);
    const [facts = ""] = entry.split("_\n");
    const live = "live" in spec ? spec.live : "restart";
    const said = {
      "at-once": "counts at once",
      redial: "counts with a new dial",
      restart: "needs a restart",
    }[live];
    assertEquals(facts.endsWith(`; ${said}`), true, key);
  }
});
