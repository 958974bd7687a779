import { assertEquals } from "@std/assert";
import { portableBundle } from "../../../scripts/bundle_paths.ts";

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

function portable(text: string): string {
  return portableBundle(new Map([["main.js", text]]), "main.js")
    .get("main.js") ?? "";
}

Deno.test("portableBundle, where packages lie does not show, and all else stays", () => {
  const one = portable(bundle("../../cache/deno"));
  assertEquals(one, portable(bundle("../../../home/.cache/deno")));
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

Deno.test("portableBundle, parts are named in the order in which they are come upon", () => {
  const files = (a: string, b: string) =>
    new Map([
      [`${a}.js`, `import "./${b}.js"; import "./main.js";`],
      ["main.js", `import "./${a}.js"; await import("./${b}.js"); "./x.js";`],
      [`${b}.js`, 'export const file = "other.js";'],
      ["unused.js", ""],
    ]);
  const made = portableBundle(files("chunk-A1", "dist-B2"), "main.js");
  assertEquals([...made], [
    ["main.js", 'import "./part-1.js"; await import("./part-2.js"); "./x.js";'],
    ["part-1.js", 'import "./part-2.js"; import "./main.js";'],
    ["part-2.js", 'export const file = "other.js";'],
  ]);
  assertEquals(
    [...portableBundle(files("chunk-Z9", "dist-Q0"), "main.js")],
    [...made],
  );
});
