import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { backoffMs, type Random, sleep } from "../base/mod.ts";
import {
  type NodePair,
  printable,
  requestCertificate,
} from "./certificate_request.ts";
import type { Credentials } from "./credentials.ts";
import { EnrolmentError, type EnrolmentStep } from "./enrolment_error.ts";
import { type HttpsContext, HttpsError, httpsGet } from "./http.ts";
import type { JoinToken } from "./token.ts";

/** What an enrolment has come to. */
export type EnrolmentProgress =
  /** A step is done; `detail` says with what result. */
  | {
    readonly kind: "done";
    readonly step: EnrolmentStep;
    readonly detail: string;
  }
  /** A step failed and is tried again after a wait. */
  | {
    readonly kind: "retry";
    readonly step: EnrolmentStep;
    readonly error: EnrolmentError;
    readonly waitMs: number;
  };

/** Who enrols where. */
export interface EnrolOptions extends HttpsContext {
  /** The cloud's permission. */
  readonly token: JoinToken;
  /** Name of this node. */
  readonly nodeId: string;
  /** Spreads the retries. */
  readonly random: Random;
  /** Tries of each step while a failure may pass; 1 or more. @default 5 */
  readonly attemptsMax?: number;
  /** Told of each step. */
  readonly onProgress?: (progress: EnrolmentProgress) => void;
}

/** What an enrolment brings. */
export interface Enrolled extends NodePair {
  /** The cloud's CA certificate, PEM. */
  readonly caPem: string;
}

const ATTEMPTS_MAX = 5;
/** Waits between tries: up to 1 s, doubling, up to 15 s. */
const BACKOFF = { baseMs: 1000, capMs: 15_000 } as const;

/**
 * Gets the node its first certificate with a join token (wire document, 3):
 * fetches the CA, which nobody vouches for but the hash in the token, then
 * asks for a certificate from a server that this CA vouches for.
 *
 * Nothing is written: hand the result to `writeCredentials`.
 *
 * @throws {EnrolmentError} With the step that failed and the remedy.
 * @throws The signal's reason.
 */
export async function enrol(options: EnrolOptions): Promise<Enrolled> {
  const { token, nodeId } = options;
  const authority = await step(
    "authority",
    options,
    () => fetchAuthority(options),
  );
  const caPem = authority.toString();
  options.onProgress?.({
    kind: "done",
    step: "authority",
    detail: `SHA-256 ${token.caHash.slice(0, 16)}... as in the token`,
  });
  const authorities: Credentials = { caPem, authorities: [authority] };
  const pair = await step("certificate", options, () =>
    requestCertificate(
      { nodeId, authorities, proof: { kind: "token", token } },
      options,
    ));
  options.onProgress?.({
    kind: "done",
    step: "certificate",
    detail: `good until ${new Date(pair.notAfterMs).toISOString()}`,
  });
  return { ...pair, caPem };
}

async function step<T>(
  name: EnrolmentStep,
  options: EnrolOptions,
  run: () => Promise<T>,
): Promise<T> {
  const { clock, random, signal, attemptsMax = ATTEMPTS_MAX } = options;
  for (let attempt = 1;; attempt++) {
    try {
      return await run();
    } catch (error) {
      const again = error instanceof EnrolmentError && error.retryable &&
        attempt < attemptsMax;
      if (!again) throw error;
      const waitMs = backoffMs(attempt - 1, BACKOFF, random);
      options.onProgress?.({ kind: "retry", step: name, error, waitMs });
      await sleep(clock, waitMs, signal);
    }
  }
}

async function fetchAuthority(
  options: EnrolOptions,
): Promise<X509Certificate> {
  const { status, body } = await ask(options);
  if (status !== 200) {
    throw new EnrolmentError(
      "authority",
      `The cloud does not give its CA certificate: ${status} ${printable(body)}`
        .trimEnd(),
      {
        status,
        hint: "Check that this is the HTTPS port of CloudCore, by default " +
          "10002",
        retryable: status >= 500 || status === 429,
      },
    );
  }
  if (!options.token.matches(body)) {
    throw new EnrolmentError(
      "authority",
      "The cloud's CA certificate is not the one that the token names",
      {
        status,
        hint: "The token is of another cloud or older than its CA, or " +
          "somebody stands between: compare with keadm gettoken",
      },
    );
  }
  try {
    return new X509Certificate(Buffer.from(body));
  } catch (cause) {
    throw new EnrolmentError(
      "authority",
      "What the token names is no certificate",
      { status, hint: "See CloudCore's log and its CA secret", cause },
    );
  }
}

async function ask(options: EnrolOptions) {
  try {
    return await httpsGet(
      { path: "/ca.crt", trust: { kind: "unverified" } },
      options,
    );
  } catch (cause) {
    if (!(cause instanceof HttpsError)) throw cause;
    const { message, hint, retryable } = cause;
    throw new EnrolmentError("authority", message, { hint, retryable, cause });
  }
}
