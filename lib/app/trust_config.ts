import { type Config, eraseValue } from "../config/mod.ts";
import {
  type CredentialFiles,
  GivenToken,
  JoinToken,
  readServerAddress,
  type ServerAddress,
  TokenFile,
  type TokenSource,
} from "../identity/mod.ts";

/** Whether a node of this configuration has a certificate, or shall have one. */
export function hasIdentity({ edgehub: { websocket } }: Config): boolean {
  return websocket.url.startsWith("wss:") && websocket.certfile !== "";
}

/** Where the node's credentials lie. */
export function credentialFiles(config: Config): CredentialFiles {
  const { cafile, certfile, keyfile } = config.edgehub.websocket;
  return { caFile: cafile, certFile: certfile, keyFile: keyfile };
}

/**
 * Where join tokens may be. The file wins: it can be put in place while the
 * node runs. What `--set` gave is on the command line for ever, so there is
 * nothing to erase.
 *
 * @throws {IdentityError} If the configured token is none; a checked
 *   configuration has no such token.
 */
export function tokenSources({ edgehub }: Config): TokenSource[] {
  const { token, tokenFile, tokenSource } = edgehub;
  const sources: TokenSource[] = [];
  if (tokenFile) sources.push(new TokenFile(tokenFile));
  if (token) {
    sources.push(
      new GivenToken(JoinToken.parse(token), {
        place: tokenSource || "edgehub.token",
        ...(tokenSource ? { erase: () => eraseToken(tokenSource) } : {}),
      }),
    );
  }
  return sources;
}

async function eraseToken(file: string): Promise<string> {
  const erased = await eraseValue(file, "edgehub.token");
  return erased.kind === "kept" ? erased.reason : "";
}

/** CloudCore's certificate server. */
export function enrolmentServer({ edgehub }: Config): ServerAddress {
  const { httpServer } = edgehub;
  return readServerAddress(httpServer) ?? { host: httpServer, port: 0 };
}

/** How this node gets a new certificate, for people. */
export function remedyOf({ edgehub: { tokenFile } }: Config): string {
  return tokenFile
    ? `Put a new join token (keadm gettoken) into ${tokenFile}`
    : "Join with a new token (keadm gettoken): metamanager join --force; " +
      "the running node takes the new pair up";
}
