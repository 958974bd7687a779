import { assertEquals, assertThrows } from "@std/assert";
import { type Ingredients, sbom } from "../../../scripts/sbom.ts";

const FROM: Ingredients = {
  version: "1.2.3",
  binaries: { "x86_64-unknown-linux-gnu": "aa" },
  modules: { "main.ts": "bb" },
  packages: ["yaml@2.9.1", "@scope/name@1.0.0"],
  lock: {
    npm: {
      "yaml@2.9.1": { integrity: "sha512-AAEC" },
      "@scope/name@1.0.0": { integrity: "sha512-//79" },
      "only-in-tests@1.0.0": { integrity: "sha512-AAEC" },
    },
  },
  runtime: { deno: "2.7.11", v8: "14.7", sqlite: "3.50.2" },
};

Deno.test("sbom, lists binaries, runtime, packages and modules, each under its own name", () => {
  const { bomFormat, specVersion, metadata, components, dependencies } = JSON
    .parse(sbom(FROM));
  assertEquals([bomFormat, specVersion], ["CycloneDX", "1.5"]);
  assertEquals(metadata.component.version, "1.2.3");
  const refs = components.map((one: Record<string, unknown>) => one["bom-ref"]);
  assertEquals(refs, [
    "binary:x86_64-unknown-linux-gnu",
    "pkg:github/denoland/deno@v2.7.11",
    "pkg:generic/v8@14.7",
    "pkg:generic/sqlite@3.50.2",
    "pkg:npm/%40scope/name@1.0.0",
    "pkg:npm/yaml@2.9.1",
    "file:main.ts",
  ]);
  assertEquals(dependencies[0].dependsOn, refs);
  assertEquals(components[5].hashes, [{ alg: "SHA-512", content: "000102" }]);
  assertEquals(components[4].hashes[0].content, "fffefd");
});

Deno.test("sbom, the same ingredients make the same text", () => {
  const packages = FROM.packages.toReversed();
  assertEquals(sbom({ ...FROM, packages }), sbom(FROM));
});

Deno.test("sbom, a package that the lock does not know is refused", () => {
  const packages = ["other@1.0.0"];
  assertThrows(() => sbom({ ...FROM, packages }), RangeError, "deno.lock");
});
