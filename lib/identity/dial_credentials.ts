import type { Clock } from "../base/mod.ts";
import type { Logger } from "../telemetry/mod.ts";
import {
  type CredentialFiles,
  type Credentials,
  readCredentials,
} from "./credentials.ts";
import { IdentityError } from "./errors.ts";
import { looseMode } from "./loose_mode.ts";
import { checkNodeIdentity } from "./node_identity.ts";

/** Whose credentials are read, and where. */
export interface DialCredentialsOptions {
  /** Name of this node. */
  readonly nodeId: string;
  /** Where its credentials lie. */
  readonly files: CredentialFiles;
  /** How this node gets a new certificate, for people. */
  readonly remedy: string;
  /** Time. */
  readonly clock: Clock;
  /** Told what is wrong but no reason not to dial. */
  readonly log: Pick<Logger, "warn">;
}

/**
 * Reads the node's credentials for one dial and says at each dial what is
 * wrong with them. Another node's certificate opens no link (failures.md I7).
 *
 * One that has run out is used all the same: the cloud is the judge, and the
 * clock here may be wrong (failures.md D8). So is a key that others may read:
 * what they may have read stays read, and the link is how a far gateway is
 * mended.
 *
 * @throws {IdentityError} If the dial must not be made.
 */
export function dialCredentials(options: DialCredentialsOptions): Credentials {
  const { nodeId, files, remedy, clock, log } = options;
  if (isMissing(files.certFile) && isMissing(files.keyFile)) {
    throw new IdentityError(
      `This node has not joined yet: no certificate at ${files.certFile}`,
      { file: files.certFile, hint: remedy },
    );
  }
  const credentials = readCredentials(files);
  const { certPem = "", notAfterMs = Infinity } = credentials;
  const identity = checkNodeIdentity(certPem, nodeId);
  if (identity instanceof IdentityError) {
    const { message, hint } = identity;
    throw new IdentityError(message, { file: files.certFile, hint });
  }
  if (identity === "legacy") {
    log.warn(
      "certificate names no node, as those of v1.15: " +
        "any node of this cloud could use it",
      { file: files.certFile },
    );
  }
  if (notAfterMs <= clock.now()) {
    const until = new Date(notAfterMs).toISOString();
    log.warn("certificate has run out, by the clock here", {
      until,
      hint: remedy,
    });
  }
  const mode = looseMode(files.keyFile);
  if (mode) {
    const hint = `chmod 600 ${files.keyFile}`;
    log.warn("others may read the private key", {
      file: files.keyFile,
      mode,
      hint,
    });
  }
  return credentials;
}

function isMissing(file: string): boolean {
  try {
    Deno.statSync(file);
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}
