import { Buffer } from "node:buffer";
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Credentials } from "./credentials.ts";
import { createSigningRequest } from "./csr.ts";
import { EnrolmentError } from "./enrolment_error.ts";
import {
  type ClientPair,
  type HttpsContext,
  HttpsError,
  httpsGet,
  type HttpsResponse,
} from "./http.ts";
import { checkNodeIdentity } from "./node_identity.ts";
import { isSignedBy } from "./signature.ts";
import type { JoinToken } from "./token.ts";

/** What shows the cloud that we may have a certificate. */
export type Proof =
  | { readonly kind: "token"; readonly token: JoinToken }
  | { readonly kind: "certificate"; readonly pair: ClientPair };

/** A request for a certificate. */
export interface CertificateRequest {
  /** The node that it is for. */
  readonly nodeId: string;
  /** The cloud's authorities: they must have signed server and answer. */
  readonly authorities: Credentials;
  /** Why the cloud should sign. */
  readonly proof: Proof;
}

/** A new pair. */
export interface NodePair extends ClientPair {
  /** End of the certificate's validity in milliseconds since 1970. */
  readonly notAfterMs: number;
}

/** Most characters of an answer's text in an error. */
const TEXT_LENGTH_MAX = 200;

/**
 * Makes a key and asks the cloud to certify it: `GET /edge.crt` with the
 * request as body (wire document, 3). What comes back is checked before
 * anybody uses it: it is for this key and node, and the cloud's CA signed it.
 *
 * @throws {EnrolmentError} If the cloud cannot be reached, refuses, or sends
 *   something else.
 * @throws The signal's reason.
 */
export async function requestCertificate(
  request: CertificateRequest,
  context: HttpsContext,
): Promise<NodePair> {
  const { nodeId, proof, authorities } = request;
  if (!/^[\x21-\x7e]+$/.test(nodeId)) {
    throw new EnrolmentError("key", `Not a node name: ${nodeId || '""'}`, {
      hint: "Use the name that Kubernetes has or shall have for this node",
    });
  }
  const { keyPem, requestDer } = await createSigningRequest(nodeId);
  const response = await ask(
    {
      path: "/edge.crt",
      headers: {
        NodeName: nodeId,
        ...(proof.kind === "token"
          ? { Authorization: proof.token.bearer }
          : {}),
      },
      body: requestDer,
      trust: { kind: "authorities", credentials: authorities },
      ...(proof.kind === "certificate" ? { client: proof.pair } : {}),
    },
    context,
  );
  if (response.status !== 200) throw refusal(response, proof, context);
  if (response.body.length === 0) {
    throw new EnrolmentError(
      "certificate",
      "The cloud answered without a certificate: 200 with an empty body",
      {
        status: 200,
        hint: "CloudCore could not sign the request: see its log",
        retryable: true,
      },
    );
  }
  return checked(response.body, { keyPem, request });
}

async function ask(
  request: Parameters<typeof httpsGet>[0],
  context: HttpsContext,
): Promise<HttpsResponse> {
  try {
    return await httpsGet(request, context);
  } catch (cause) {
    if (!(cause instanceof HttpsError)) throw cause;
    const { message, hint, retryable } = cause;
    throw new EnrolmentError("certificate", message, {
      hint,
      retryable,
      cause,
    });
  }
}

function refusal(
  response: HttpsResponse,
  proof: Proof,
  { clock }: HttpsContext,
): EnrolmentError {
  const { status } = response;
  const token = proof.kind === "token" ? proof.token : undefined;
  const text = printable(response.body, token);
  const said = text ? `${status} ${text}` : `${status}`;
  // v1.15 says 400 where later versions say 401.
  const isDenied = status === 400 || status === 401 || status === 403;
  if (isDenied && proof.kind === "token") {
    return new EnrolmentError(
      "certificate",
      `The cloud refused the join token: ${said}`,
      { status, hint: tokenHint(proof.token, clock.now()) },
    );
  }
  if (isDenied) {
    return new EnrolmentError(
      "certificate",
      `The cloud refused the node's certificate: ${said}`,
      {
        status,
        hint: "Join again with a new token: metamanager join --force",
      },
    );
  }
  return new EnrolmentError(
    "certificate",
    status >= 500
      ? `The cloud could not sign the request: ${said}`
      : `The cloud does not sign here: ${said}`,
    {
      status,
      hint: status >= 500
        ? "See CloudCore's log"
        : "Check that this is the HTTPS port of CloudCore, by default 10002",
      retryable: status >= 500 || status === 429,
    },
  );
}

/** The clock here may be wrong, so it is only named, never believed. */
function tokenHint(token: JoinToken, nowMs: number): string {
  const fetch = "Get a new one in the cloud with keadm gettoken";
  const { expiresAtMs } = token;
  if (expiresAtMs === undefined) return fetch;
  const at = new Date(expiresAtMs).toISOString();
  if (expiresAtMs > nowMs) return `${fetch}; this one is good until ${at}`;
  return `${fetch}; this one ran out at ${at}, if the clock here is right: ${
    new Date(nowMs).toISOString()
  }`;
}

function checked(
  body: Uint8Array,
  { keyPem, request }: { keyPem: string; request: CertificateRequest },
): NodePair {
  let certificate: X509Certificate;
  let isOurs: boolean;
  try {
    certificate = new X509Certificate(Buffer.from(body));
    isOurs = certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch (cause) {
    throw unusable("it is no certificate", { cause });
  }
  if (!isOurs) throw unusable("it is not for the key that was sent");
  const signed = request.authorities.authorities.some(({ publicKey }) =>
    isSignedBy(body, publicKey)
  );
  if (!signed) throw unusable("the cloud's CA did not sign it");
  const certPem = certificate.toString();
  const identity = checkNodeIdentity(certPem, request.nodeId);
  if (identity !== "ok") {
    const subject = certificate.subject.replaceAll("\n", ", ");
    throw unusable(`it names somebody else: ${subject}`);
  }
  return { certPem, keyPem, notAfterMs: Date.parse(certificate.validTo) };
}

function unusable(
  reason: string,
  options: { cause?: unknown } = {},
): EnrolmentError {
  return new EnrolmentError(
    "certificate",
    `Cannot use the certificate that the cloud sent: ${reason}`,
    { status: 200, hint: "Check what answers at that address", ...options },
  );
}

/**
 * The start of an answer as one line of plain text.
 *
 * @param token What the answer must not say back.
 */
export function printable(body: Uint8Array, token?: JoinToken): string {
  const whole = new TextDecoder().decode(body);
  const text = token ? token.hiddenIn(whole) : whole;
  return text.slice(0, TEXT_LENGTH_MAX).replace(/[^\x20-\x7e]+/g, " ").trim();
}
