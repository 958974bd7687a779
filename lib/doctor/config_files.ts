import type { Config } from "../config/mod.ts";
import {
  type CredentialFiles,
  IdentityError,
  judgeCredentials,
  looseMode,
  readCredentials,
  TokenFile,
} from "../identity/mod.ts";
import { readProxyAuthorities, TunnelError } from "../tunnel/mod.ts";

/** A key of the configuration that names what the node cannot use. */
export interface FileProblem {
  /** The key. */
  readonly key: string;
  /** What is wrong, and what to do about it. */
  readonly text: string;
}

/** What was found in the files that a configuration names. */
export interface FileFindings {
  /** What cannot be used. */
  readonly problems: readonly FileProblem[];
  /** What an operator should know although nothing is wrong. */
  readonly notes: readonly string[];
}

/**
 * Reads the files that a configuration names, as the node would.
 *
 * @param nowMs Milliseconds since 1970, for the end of the certificate.
 */
export function checkFiles(config: Config, nowMs: number): FileFindings {
  const { edgehub: { tokenFile }, edged } = config;
  const problems = [
    ...checkJoinToken(tokenFile),
    ...checkToken(edged.listen && edged.tokenFile),
    ...checkProxy(config),
  ];
  const { websocket } = config.edgehub;
  if (!websocket.url.startsWith("wss:")) return { problems, notes: [] };
  const found = websocket.certfile === ""
    ? checkAuthority(config)
    : checkIdentity(config, nowMs);
  return { problems: [...found.problems, ...problems], notes: found.notes };
}

const FINE: FileFindings = { problems: [], notes: [] };

/** A node without a certificate of its own. */
function checkAuthority(config: Config): FileFindings {
  try {
    readCredentials(filesOf(config));
    return FINE;
  } catch (error) {
    return unusable(config, error);
  }
}

function checkIdentity(config: Config, nowMs: number): FileFindings {
  const { websocket: { certfile, keyfile }, controller, token, tokenFile } =
    config.edgehub;
  const { nodeId } = controller;
  const verdict = judgeCredentials(filesOf(config), { nodeId, nowMs });
  const problem = (key: string, text: string): FileFindings => ({
    problems: [{ key: `edgehub.websocket.${key}`, text }],
    notes: [],
  });
  switch (verdict.kind) {
    case "missing": {
      const place = token ? "edgehub.token" : tokenFile;
      if (!place) {
        return problem(
          "certfile",
          `no certificate and no token to get one: ${certfile}. ` +
            "Join, or set edgehub.token-file",
        );
      }
      const note = `not joined yet: the node joins with the token of ${place}`;
      return { problems: [], notes: [note] };
    }
    case "unusable":
      return unusable(config, verdict.error);
    case "foreign":
      return problem(
        "certfile",
        `${verdict.error.message}. ${verdict.error.hint}`,
      );
    case "expired": {
      const end = new Date(verdict.notAfterMs).toISOString();
      return problem(
        "certfile",
        `the certificate ran out at ${end}: ${certfile}. Join anew`,
      );
    }
    default: {
      const mode = looseMode(keyfile);
      if (!mode) return FINE;
      return problem(
        "keyfile",
        `Others may read ${keyfile}, mode ${mode}. Set its mode to 0600`,
      );
    }
  }
}

/** @param error Names its file, by which the key is found. */
function unusable({ edgehub: { websocket } }: Config, error: unknown) {
  if (!(error instanceof IdentityError)) throw error;
  const { cafile, certfile, keyfile } = websocket;
  const keys = { cafile, certfile, keyfile };
  const named = Object.entries(keys).find(([, file]) => file === error.file);
  return {
    problems: [{
      key: `edgehub.websocket.${named?.[0] ?? "cafile"}`,
      text: `${error.message}. ${error.hint}`,
    }],
    notes: [],
  };
}

function filesOf({ edgehub: { websocket } }: Config): CredentialFiles {
  const { cafile, certfile, keyfile } = websocket;
  return { caFile: cafile, certFile: certfile, keyFile: keyfile };
}

/** Who may sign for the proxy counts only if it speaks TLS itself. */
function checkProxy({ edgehub: { proxy } }: Config): FileProblem[] {
  if (!proxy.url.startsWith("https:") || !proxy.caFile) return [];
  try {
    readProxyAuthorities(proxy.caFile);
    return [];
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error;
    const text = `${error.message}. ${error.hint}`;
    return [{ key: "edgehub.proxy-cafile", text }];
  }
}

/** A join token comes and goes; while it is there it is a good one. */
function checkJoinToken(file: string): FileProblem[] {
  if (!file) return [];
  const key = "edgehub.token-file";
  try {
    if (!new TokenFile(file).read()) return [];
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return [{ key, text: `${error.message}. ${error.hint}` }];
  }
  const mode = looseMode(file);
  if (!mode) return [];
  return [{
    key,
    text: `Others may read ${file}, mode ${mode}. Set its mode to 0600`,
  }];
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
