/** A file of an archive. */
export interface TarEntry {
  /** Path in the archive, at most 99 bytes of ASCII. */
  readonly path: string;
  /** What it holds. */
  readonly bytes: Uint8Array;
  /** Whether it can be run. */
  readonly isExecutable: boolean;
}

const BLOCK = 512;
/** 2020-01-01, in seconds: the time of every file. */
const TIME_S = 1_577_836_800;

/**
 * Makes a tar archive (ustar) in which nothing tells of where, when or by whom
 * it was made: sorted by path, one time, owner 0.
 *
 * @throws {RangeError} If a path does not fit.
 */
export function tar(entries: readonly TarEntry[]): Uint8Array<ArrayBuffer> {
  const sorted = entries.toSorted((a, b) => a.path < b.path ? -1 : 1);
  const padded = (length: number) => Math.ceil(length / BLOCK) * BLOCK;
  const length = sorted.reduce(
    (sum, { bytes }) => sum + BLOCK + padded(bytes.length),
    // Two empty blocks end it; tools read it in records of twenty.
    2 * BLOCK,
  );
  const archive = new Uint8Array(Math.ceil(length / 10_240) * 10_240);
  let offset = 0;
  for (const entry of sorted) {
    archive.set(header(entry), offset);
    archive.set(entry.bytes, offset + BLOCK);
    offset += BLOCK + padded(entry.bytes.length);
  }
  return archive;
}

function header({ path, bytes, isExecutable }: TarEntry): Uint8Array {
  if (!/^[\x21-\x7e]{1,99}$/.test(path)) {
    throw new RangeError(`Cannot archive a path: ${path}`);
  }
  const block = new Uint8Array(BLOCK);
  const put = (offset: number, text: string) =>
    block.set(new TextEncoder().encode(text), offset);
  const octal = (value: number, digits: number) =>
    value.toString(8).padStart(digits, "0");
  put(0, path);
  put(100, octal(isExecutable ? 0o755 : 0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(bytes.length, 11));
  put(136, octal(TIME_S, 11));
  // The checksum counts itself as blanks.
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(265, "root");
  put(297, "root");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return block;
}
