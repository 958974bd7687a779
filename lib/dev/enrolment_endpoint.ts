import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import type { Clock } from "../base/mod.ts";
import type { CertificateAuthority, Validity } from "./certificates.ts";
import { JoinTokens } from "./join_tokens.ts";

/** A request to CloudCore's HTTPS port. */
export interface EnrolmentRequest {
  /** Method. */
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  /** Header fields. */
  readonly headers: Headers;
  /** Body, also of a GET. */
  readonly body: Uint8Array;
  /** DER of the certificate that the client showed, if it did. */
  readonly clientCertificate?: Uint8Array;
}

/** An answer. */
export interface EnrolmentAnswer {
  /** HTTP status. */
  readonly status: number;
  /** Value of `Content-Type`; missing: none is sent. */
  readonly contentType?: string;
  /** Body. */
  readonly body: Uint8Array;
}

/** Which CloudCore it is. */
export interface EnrolmentEndpointOptions {
  /** The CA. */
  readonly ca: CertificateAuthority;
  /** Judges tokens and certificates. */
  readonly clock: Clock;
  /** Whose status codes. @default "v1.15" */
  readonly version?: "v1.15" | "head";
  /** Validity of what it signs. @default 365 days */
  readonly validity?: Validity;
}

const YEAR_MS = 365 * 24 * 3600 * 1000;
const REFUSED = "Invalid authorization token";

/**
 * What CloudCore answers to `/ca.crt` and `/edge.crt` (wire document, 3), as
 * recorded from v1.15.0; `head` differs in three answers.
 */
export class EnrolmentEndpoint {
  /** The join tokens that it takes. */
  readonly tokens: JoinTokens;
  readonly #options: EnrolmentEndpointOptions;

  /** Builds it. */
  constructor(options: EnrolmentEndpointOptions) {
    this.#options = options;
    this.tokens = new JoinTokens(options.ca, options.clock);
  }

  /** Answers one request. */
  async answer(request: EnrolmentRequest): Promise<EnrolmentAnswer> {
    const [path] = request.path.split("?");
    if (request.method !== "GET") return text(405, "");
    if (path === "/ca.crt") return der(this.#options.ca.certDer);
    if (path === "/edge.crt") return await this.#sign(request);
    return text(404, "404 page not found\n");
  }

  get #isHead(): boolean {
    return this.#options.version === "head";
  }

  async #sign(request: EnrolmentRequest): Promise<EnrolmentAnswer> {
    const refused = await this.#refusal(request);
    if (refused) return refused;
    try {
      const { ca, validity = { untilMs: YEAR_MS } } = this.#options;
      return der(await ca.sign(request.body, validity));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return this.#isHead
        ? text(500, error.message)
        : { status: 200, body: new Uint8Array(0) };
    }
  }

  /** Who shows a certificate is judged by it alone. */
  async #refusal(
    { headers, clientCertificate }: EnrolmentRequest,
  ): Promise<EnrolmentAnswer | undefined> {
    if (clientCertificate) {
      const node = headers.get("nodename") ?? "";
      return this.#mayRotate(clientCertificate, node)
        ? undefined
        : text(401, "Failed to verify the certificate");
    }
    const words = (headers.get("authorization") ?? "").split(" ");
    const [scheme, jwt = ""] = words;
    if (words.length !== 2 || scheme !== "Bearer") return text(401, REFUSED);
    if (await this.tokens.verify(jwt)) return undefined;
    return text(this.#isHead ? 401 : 400, REFUSED);
  }

  #mayRotate(raw: Uint8Array, node: string): boolean {
    const certificate = new X509Certificate(Buffer.from(raw));
    const { ca, clock } = this.#options;
    const nowMs = clock.now();
    const isOurs = certificate.verify(new X509Certificate(ca.cert).publicKey);
    const isGood = Date.parse(certificate.validFrom) <= nowMs &&
      nowMs <= Date.parse(certificate.validTo);
    if (!isOurs || !isGood) return false;
    // v1.15 looks at the chain only.
    if (!this.#isHead) return true;
    const subject = new Set(certificate.subject.split("\n"));
    return (subject.has("O=system:nodes") &&
      subject.has(`CN=system:node:${node}`)) ||
      (subject.has("O=KubeEdge") && subject.has("CN=kubeedge.io"));
  }
}

function der(body: Uint8Array): EnrolmentAnswer {
  return { status: 200, contentType: "application/octet-stream", body };
}

function text(status: number, body: string): EnrolmentAnswer {
  return {
    status,
    contentType: "text/plain; charset=utf-8",
    body: new TextEncoder().encode(body),
  };
}
