import { IdentityError } from "./errors.ts";
import { JoinToken } from "./token.ts";

/** A place where a join token may be. */
export interface TokenSource {
  /** What a person calls it. */
  readonly place: string;
  /**
   * The token that is there now, if there is one.
   *
   * @throws {IdentityError} If what is there cannot be read, or is no token.
   */
  read(): JoinToken | undefined;
  /**
   * Takes a used token away (failures.md I4).
   *
   * @returns Why it is still there; empty if it is gone.
   */
  erase(): Promise<string>;
}

/** What {@link TokenFile.erase} says of a pipe or terminal: nothing to do. */
export const NO_FILE = "it is no file";

/** Largest token file that is read, in bytes: white space around a token. */
const FILE_BYTES_MAX = 64 * 1024;

/** A file with a join token; it may come and go. */
export class TokenFile implements TokenSource {
  /** Path of the file. */
  readonly place: string;

  /**
   * Reads nothing yet.
   *
   * @param path The file.
   */
  constructor(path: string) {
    this.place = path;
  }

  /**
   * The token in the file; none if there is no file or it is empty.
   *
   * @throws {IdentityError} If it cannot be read, or holds something else.
   */
  read(): JoinToken | undefined {
    let text: string;
    try {
      // A pipe would hold up the whole node until somebody writes to it.
      const { isFile, size } = Deno.statSync(this.place);
      if (!isFile) throw new Error("Not a regular file");
      if (size > FILE_BYTES_MAX) {
        throw new Error(`File is too large: ${size} bytes`);
      }
      text = Deno.readTextFileSync(this.place);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw new IdentityError(`Cannot read the join token: ${this.place}`, {
        file: this.place,
        hint: "Check that this user may read the file",
        cause,
      });
    }
    return text.trim() === "" ? undefined : JoinToken.parse(text);
  }

  /** Removes the file, or empties it where the folder is not ours to write. */
  erase(): Promise<string> {
    try {
      // A pipe or terminal is not ours to remove.
      if (!Deno.statSync(this.place).isFile) return Promise.resolve(NO_FILE);
      removeOrEmpty(this.place);
      return Promise.resolve("");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return Promise.resolve("");
      return Promise.resolve(
        error instanceof Error ? error.message : String(error),
      );
    }
  }
}

function removeOrEmpty(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Whoever may write the file but not its folder can still empty it; if
    // not even that, this failure is the one to tell.
    Deno.truncateSync(path);
  }
}

/** A token that was given once, in the configuration. */
export class GivenToken implements TokenSource {
  /** What a person calls it. */
  readonly place: string;
  readonly #erase: (() => Promise<string>) | undefined;
  #token: JoinToken | undefined;

  /**
   * Holds a token.
   *
   * @param token The token.
   * @param options `erase` takes it away from where it was given; left out
   *   where nothing is left of it.
   */
  constructor(
    token: JoinToken,
    options: {
      readonly place: string;
      readonly erase?: () => Promise<string>;
    },
  ) {
    this.#token = token;
    this.#erase = options.erase;
    this.place = options.place;
  }

  /** The token, until it was erased. */
  read(): JoinToken | undefined {
    return this.#token;
  }

  /** Forgets it, here and where it was given. */
  async erase(): Promise<string> {
    this.#token = undefined;
    return await this.#erase?.() ?? "";
  }
}
