import { assertEquals, assertThrows } from "@std/assert";
import manifest from "../../../deno.json" with { type: "json" };
import {
  checkRelease,
  readRelease,
  VersionError,
} from "../../../scripts/changelog.ts";

Deno.test("readRelease, the newest heading is the version", () => {
  const text =
    "# Changelog\n\n## 1.3.0-rc.1 (unreleased)\n\n## 1.2.3 (2026-01-01)\n";
  assertEquals(readRelease(text), {
    version: "1.3.0-rc.1",
    isUnreleased: true,
  });
  assertEquals(readRelease(text.split("\n").slice(3).join("\n")), {
    version: "1.2.3",
    isUnreleased: false,
  });
  assertThrows(() => readRelease("## 1.2 (soon)\n"), VersionError);
});

Deno.test("CHANGELOG.md, its newest version is the one that the program is built with", () => {
  const url = new URL("../../../CHANGELOG.md", import.meta.url);
  const release = readRelease(Deno.readTextFileSync(url));
  checkRelease(release, manifest.version, undefined);
});

Deno.test("checkRelease, refuses what does not agree, and a tag on what is unreleased", () => {
  const release = { version: "1.2.3", isUnreleased: false };
  checkRelease(release, "1.2.3", "v1.2.3");
  for (
    const [manifestVersion, tag, isUnreleased, text] of [
      ["1.2.2", undefined, false, "deno.json has another version"],
      ["1.2.3", "v1.2.4", false, "expected v1.2.3"],
      ["1.2.3", "1.2.3", false, "expected v1.2.3"],
      ["1.2.3", "v1.2.3", true, "unreleased"],
    ] as const
  ) {
    assertThrows(
      () => checkRelease({ ...release, isUnreleased }, manifestVersion, tag),
      VersionError,
      text,
    );
  }
});
