/** The newest version that a changelog tells of. */
export interface Release {
  /** `MAJOR.MINOR.PATCH`, perhaps with `-PRE`. */
  readonly version: string;
  /** Whether it still waits for its day. */
  readonly isUnreleased: boolean;
}

/** The changelog, deno.json and a tag do not agree. */
export class VersionError extends Error {
  /** Always `VersionError`. */
  override readonly name = "VersionError";
}

const HEADING_REGEXP =
  /^## (\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?) \((unreleased|\d{4}-\d{2}-\d{2})\)$/m;

/**
 * Reads the newest version: `## 1.2.3 (2026-12-01)` or `## 1.2.3 (unreleased)`.
 *
 * @throws {VersionError} If no heading is one.
 */
export function readRelease(changelog: string): Release {
  const [, version, day] = HEADING_REGEXP.exec(changelog) ?? [];
  if (version === undefined) {
    throw new VersionError(
      "CHANGELOG.md has no heading like: ## 1.2.3 (2026-12-01)",
    );
  }
  return { version, isUnreleased: day === "unreleased" };
}

/**
 * Checks that all who name the version name the same one. The changelog is
 * its home; deno.json repeats it, since the program is built with that.
 *
 * @param tag Tag of the release, `v1.2.3`; `undefined` if none is made.
 * @throws {VersionError} If they differ, or a tag meets what is unreleased.
 */
export function checkRelease(
  release: Release,
  manifestVersion: string,
  tag: string | undefined,
): void {
  const { version, isUnreleased } = release;
  if (manifestVersion !== version) {
    throw new VersionError(
      `deno.json has another version than CHANGELOG.md: ${manifestVersion}, ` +
        `expected ${version}`,
    );
  }
  if (tag === undefined) return;
  if (tag !== `v${version}`) {
    throw new VersionError(
      `The tag is not that of CHANGELOG.md: ${tag}, expected v${version}`,
    );
  }
  if (isUnreleased) {
    throw new VersionError(
      `CHANGELOG.md says that ${version} is unreleased: give it its day`,
    );
  }
}
