/** A file of an archive. */
export interface TarFile {
  /** Path in the archive, ASCII, 100 characters at most. */
  readonly name: string;
  /** What it holds. */
  readonly bytes: Uint8Array;
}

/** Unit of the format. */
const BLOCK_BYTES = 512;
/** Longest name that fits a header. */
const NAME_LENGTH_MAX = 100;

/**
 * Puts files into an archive (POSIX.1-1988, `ustar`), each of mode 0600 and
 * of nobody in particular.
 *
 * @param mtimeMs Time of all files, milliseconds since 1970.
 * @throws {RangeError} If a name does not fit.
 */
export function tar(files: readonly TarFile[], mtimeMs: number): Uint8Array {
  const parts = files.flatMap(({ name, bytes }) => [
    header(name, bytes.length, mtimeMs),
    bytes,
    new Uint8Array(-bytes.length & (BLOCK_BYTES - 1)),
  ]);
  // Two blocks of zeros end it.
  return concat([...parts, new Uint8Array(2 * BLOCK_BYTES)]);
}

/** Compresses as `gzip` does. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function header(name: string, length: number, mtimeMs: number): Uint8Array {
  if (!/^[\x21-\x7e]+$/.test(name) || name.length > NAME_LENGTH_MAX) {
    throw new RangeError(`Cannot put into the archive: ${name}`);
  }
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string) =>
    block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) =>
    Math.floor(value).toString(8).padStart(digits, "0") + "\0";
  put(0, name);
  put(100, octal(0o600, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(length, 11));
  put(136, octal(mtimeMs / 1000, 11));
  // The checksum counts itself as spaces.
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\0" + "00");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, sum.toString(8).padStart(6, "0") + "\0 ");
  return block;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((total, part) => total + part.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
