/**
 * What changes when one of these files changes: cheap to take, so that it can
 * be taken every few seconds. A file that cannot be looked at counts by its
 * failure.
 */
export function filePrint(paths: readonly string[]): string {
  return paths.filter(Boolean).map(printOf).join(" ");
}

function printOf(path: string): string {
  try {
    const { ino, size, mode, mtime } = Deno.statSync(path);
    return `${ino}:${size}:${mode}:${mtime?.getTime()}`;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}
