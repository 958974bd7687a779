/**
 * The mode of a file that more than its owner may read, as four digits;
 * `undefined` if nobody else may, or there is no such file.
 */
export function looseMode(path: string): string | undefined {
  try {
    const { mode } = Deno.statSync(path);
    if (mode === null || (mode & 0o077) === 0) return undefined;
    return (mode & 0o7777).toString(8).padStart(4, "0");
  } catch {
    // Whether the file can be read is told by whoever reads it.
    return undefined;
  }
}
