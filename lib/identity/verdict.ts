import {
  type CredentialFiles,
  type Credentials,
  readCredentials,
} from "./credentials.ts";
import { IdentityError } from "./errors.ts";
import { type KeyFileSystem, SystemKeyFileSystem } from "./key_file_system.ts";
import { checkNodeIdentity } from "./node_identity.ts";
import type { JoinToken } from "./token.ts";

/** Whether a node has to join, and why. */
export type CredentialsVerdict =
  /** It has joined. */
  | {
    readonly kind: "good";
    /** End of the certificate's validity, milliseconds since 1970. */
    readonly notAfterMs: number;
    /** Whether the certificate names no node, as those of v1.15. */
    readonly isLegacy: boolean;
  }
  /** There is neither certificate nor key. */
  | { readonly kind: "missing" }
  /** What is there is of no use. */
  | { readonly kind: "unusable"; readonly error: IdentityError }
  /** It has run out, by the clock of this machine. */
  | { readonly kind: "expired"; readonly notAfterMs: number }
  /** The token is of a cloud with another CA. */
  | { readonly kind: "other-cloud"; readonly notAfterMs: number }
  /** It is another node's: joining would take that one's identity away. */
  | { readonly kind: "foreign"; readonly error: IdentityError };

/** What is judged by. */
export interface VerdictOptions {
  /** Name of this node. */
  readonly nodeId: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** The token that would be joined with. */
  readonly token?: JoinToken | undefined;
  /** Reads the files. @default the machine's */
  readonly system?: KeyFileSystem;
}

/**
 * Tells whether the credentials in these files will do, or the node has to
 * join. Call `recoverCredentials` before.
 */
export function judgeCredentials(
  files: CredentialFiles,
  options: VerdictOptions,
): CredentialsVerdict {
  const { nodeId, nowMs, token, system = new SystemKeyFileSystem() } = options;
  let credentials: Credentials;
  try {
    if (
      system.read(files.certFile) === undefined &&
      system.read(files.keyFile) === undefined
    ) return { kind: "missing" };
    credentials = readCredentials(files);
  } catch (cause) {
    return { kind: "unusable", error: asIdentityError(cause, files) };
  }
  const { certPem = "", notAfterMs = 0, authorities } = credentials;
  const identity = checkNodeIdentity(certPem, nodeId);
  if (identity instanceof IdentityError) {
    return { kind: "foreign", error: identity };
  }
  if (token && !authorities.some(({ raw }) => token.matches(raw))) {
    return { kind: "other-cloud", notAfterMs };
  }
  if (notAfterMs <= nowMs) return { kind: "expired", notAfterMs };
  return { kind: "good", notAfterMs, isLegacy: identity === "legacy" };
}

/**
 * Whether joining could make it better. Another node's pair stays: joining
 * would take that one's identity away.
 *
 * @param isDoubted Whether cloud and node do not take each other's
 *   certificates although this node's own seems good.
 */
export function wantsToken(
  { kind }: CredentialsVerdict,
  isDoubted: boolean,
): boolean {
  return kind === "good" ? isDoubted : kind !== "foreign";
}

/** Whether a dial with these credentials may come to something. */
export function isUsable({ kind }: CredentialsVerdict): boolean {
  return kind === "good" || kind === "expired" || kind === "other-cloud";
}

function asIdentityError(
  cause: unknown,
  files: CredentialFiles,
): IdentityError {
  if (cause instanceof IdentityError) return cause;
  return new IdentityError(
    `Cannot read key and certificate: ${files.keyFile}`,
    {
      file: files.keyFile,
      hint: "Check that this user may read them",
      cause,
    },
  );
}
