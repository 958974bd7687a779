import type { CredentialFiles } from "./credentials.ts";
import { IdentityError } from "./errors.ts";
import { filePrint } from "./file_print.ts";
import type { FoundToken } from "./join_attempts.ts";
import type { KeyFileSystem } from "./key_file_system.ts";
import type { TokenSource } from "./token_source.ts";

/** Which files count for the node's trust. */
export interface TrustFilesOptions {
  /** The node's credentials. */
  readonly files: CredentialFiles;
  /** Where join tokens may be; the first place that has one counts. */
  readonly tokens: readonly TokenSource[];
  /** Files in which tokens come and go. */
  readonly tokenFiles: readonly string[];
  /** Reads the credentials. */
  readonly system: KeyFileSystem;
}

/** What lies in the files that the node's trust depends on. */
export class TrustFiles {
  readonly #options: TrustFilesOptions;

  /** Reads nothing yet. */
  constructor(options: TrustFilesOptions) {
    this.#options = options;
  }

  /** What changes when one of them changes; cheap. */
  print(): string {
    const { files, tokenFiles } = this.#options;
    const { caFile, certFile, keyFile } = files;
    return filePrint([caFile, certFile, keyFile, ...tokenFiles]);
  }

  /** Certificate and authority; `undefined` if they cannot be read. */
  texts(): string | undefined {
    const { files: { caFile, certFile }, system } = this.#options;
    try {
      return [certFile, caFile].map((file) => system.read(file)).join();
    } catch {
      // Why is told by the verdict.
      return undefined;
    }
  }

  /** The first token there is, or why the place of one cannot be read. */
  token(): FoundToken | IdentityError | undefined {
    for (const source of this.#options.tokens) {
      try {
        const token = source.read();
        if (token) return { token, source };
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error;
        const { message, hint } = error;
        return new IdentityError(message, { file: source.place, hint });
      }
    }
    return undefined;
  }
}
