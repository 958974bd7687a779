import { assertEquals } from "@std/assert";
import { portablePaths } from "../../../scripts/bundle_paths.ts";

/** A bundle as the bundler writes it, for packages that lie in a folder. */
function bundle(cache: string): string {
  return `// ${cache}/npm/registry.npmjs.org/yaml/2.9.1/dist/visit.js
var require_visit = __commonJS({
  "${cache}/npm/registry.npmjs.org/yaml/2.9.1/dist/visit.js"(exports) {
    const text = "a/npm/b/c";
  }
});
// lib/base/clock.ts
`;
}

Deno.test("portablePaths, where packages lie does not show, and all else stays", () => {
  const one = portablePaths(bundle("../../cache/deno"));
  assertEquals(one, portablePaths(bundle("../../../home/.cache/deno")));
  assertEquals(
    one,
    `// npm:yaml/2.9.1/dist/visit.js
var require_visit = __commonJS({
  "npm:yaml/2.9.1/dist/visit.js"(exports) {
    const text = "a/npm/b/c";
  }
});
// lib/base/clock.ts
`,
  );
});
