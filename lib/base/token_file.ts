/** The file with the bearer token of a TCP door cannot be used. */
export class TokenFileError extends Error {
  /** Always `TokenFileError`. */
  override readonly name = "TokenFileError";

  /**
   * Names the file.
   *
   * @param reason Why, and the remedy; never the token.
   */
  constructor(path: string, reason: string, options: ErrorOptions = {}) {
    super(`Cannot use token file ${path}: ${reason}`, options);
  }
}

/**
 * Reads the token that peers send over TCP. It is read anew for each of them,
 * so a changed file needs no restart.
 *
 * @throws {TokenFileError} If the file cannot be read, is empty, or others
 *   than its owner may read or write it.
 */
export async function readTokenFile(path: string): Promise<string> {
  let mode: number;
  let text: string;
  try {
    mode = (await Deno.stat(path)).mode ?? 0;
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new TokenFileError(
      path,
      "it cannot be read, put one random word into it, for the node's user, with mode 0600",
      { cause: error },
    );
  }
  if ((mode & 0o077) !== 0) {
    throw new TokenFileError(path, "others may read it, set its mode to 0600");
  }
  const token = text.trim();
  if (token === "") {
    throw new TokenFileError(path, "it is empty, put one random word into it");
  }
  if (/\s/.test(token)) {
    throw new TokenFileError(path, "it holds more than one word");
  }
  return token;
}
