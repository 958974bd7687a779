import type { Config } from "../config/mod.ts";
import { IdentityError, readCredentials } from "../identity/mod.ts";

/** A key of the configuration that names what the node cannot use. */
export interface FileProblem {
  /** The key. */
  readonly key: string;
  /** What is wrong, and what to do about it. */
  readonly text: string;
}

/**
 * Reads the files that a configuration names, as the node would.
 *
 * @param nowMs Milliseconds since 1970, for the end of the certificate.
 * @returns What cannot be used.
 */
export function checkFiles(config: Config, nowMs: number): FileProblem[] {
  return [
    ...checkCredentials(config, nowMs),
    ...checkToken(config.edged.listen && config.edged.tokenFile),
  ];
}

function checkCredentials(
  { edgehub: { websocket } }: Config,
  nowMs: number,
): FileProblem[] {
  const { url, cafile, certfile, keyfile } = websocket;
  if (!url.startsWith("wss:")) return [];
  const files = { caFile: cafile, certFile: certfile, keyFile: keyfile };
  try {
    const { notAfterMs } = readCredentials(files);
    if (notAfterMs === undefined || notAfterMs > nowMs) return [];
    const end = new Date(notAfterMs).toISOString();
    return [{
      key: "edgehub.websocket.certfile",
      text: `the certificate ran out at ${end}: ${certfile}. Join anew`,
    }];
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    const keys = { cafile, certfile, keyfile };
    const named = Object.entries(keys).find(([, file]) => file === error.file);
    return [{
      key: `edgehub.websocket.${named?.[0] ?? "cafile"}`,
      text: `${error.message}. ${error.hint}`,
    }];
  }
}

function checkToken(file: string | undefined): FileProblem[] {
  if (!file) return [];
  const problem = (text: string) => [{ key: "edged.token-file", text }];
  try {
    if (Deno.readTextFileSync(file).trim() === "") {
      return problem(`Token file is empty: ${file}. Put one random word in it`);
    }
    const mode = Deno.statSync(file).mode ?? 0;
    if ((mode & 0o077) === 0) return [];
    return problem(`Others may read ${file}. Set its mode to 0600`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return problem(
      `Cannot read the token file: ${reason}. ` +
        "Check that the file exists and may be read by this user",
    );
  }
}
