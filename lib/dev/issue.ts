import type { Clock } from "../base/mod.ts";
import { der, pemText } from "../identity/mod.ts";

const {
  bits,
  booleanTrue,
  concat,
  integer,
  octets,
  OID,
  oid,
  sequence,
  setOf,
  tagged,
  time,
  utf8,
} = der;
type Der = der.Der;

const DAY_MS = 24 * 3600 * 1000;
const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
const SIGNATURE_ALGORITHM = sequence(oid(OID.ecdsaWithSha256));

/** Certificate and key, as files and `Deno.listenTls` want them. */
export interface KeyPairPem {
  /** The certificate, PEM. */
  readonly cert: string;
  /** The private key, PKCS#8 PEM. */
  readonly key: string;
  /** The certificate, DER. */
  readonly certDer: Uint8Array;
}

/** Validity of a new certificate. */
export interface Validity {
  /** Start, milliseconds from now; negative for the past. @default -60 000 */
  readonly fromMs?: number;
  /** End, milliseconds from now; negative makes an expired one. @default 1 day */
  readonly untilMs?: number;
}

/** Whom a certificate names. */
export interface Subject {
  /** Common name. */
  readonly commonName: string;
  /** Organization. */
  readonly organization?: string;
}

/** What a certificate is made of. */
export interface IssueRequest {
  /** Validity counts from its time. */
  readonly clock: Clock;
  /** Name of the signer. */
  readonly issuer: Der;
  /** Private key of the signer. */
  readonly signer: CryptoKey;
  /** Whom it names. */
  readonly subject: Der;
  /** How long it is good. */
  readonly validity: Validity;
  /** Its extensions. */
  readonly extensions: readonly Der[];
}

/** A certificate with a key pair of ours. */
export async function issue(
  request: IssueRequest & { readonly keys: CryptoKeyPair },
): Promise<KeyPairPem> {
  const { keys } = request;
  const publicKey = new Uint8Array(
    await crypto.subtle.exportKey("spki", keys.publicKey),
  );
  const certDer = await certify({ ...request, publicKey });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert: pemText("CERTIFICATE", certDer),
    key: pemText("PRIVATE KEY", new Uint8Array(key)),
    certDer,
  };
}

/** A certificate for a public key, whoever holds the private one. */
export async function certify(
  request: IssueRequest & { readonly publicKey: Uint8Array },
): Promise<Der> {
  const { clock, validity } = request;
  const serial = crypto.getRandomValues(new Uint8Array(16));
  // RFC 5280 wants serial numbers above zero.
  serial[0] = (serial[0] ?? 0) | 0x40;
  const now = clock.now();
  const toSign = sequence(
    tagged(0, integer(Uint8Array.of(2))),
    integer(serial),
    SIGNATURE_ALGORITHM,
    request.issuer,
    sequence(
      time(now + (validity.fromMs ?? -60_000)),
      time(now + (validity.untilMs ?? DAY_MS)),
    ),
    request.subject,
    request.publicKey,
    tagged(3, sequence(...request.extensions)),
  );
  return sequence(
    toSign,
    SIGNATURE_ALGORITHM,
    bits(await sign(request.signer, toSign)),
  );
}

/** WebCrypto gives r and s raw; X.509 wants them as a SEQUENCE. */
async function sign(key: CryptoKey, bytes: Der): Promise<Der> {
  const raw = new Uint8Array(await crypto.subtle.sign(SIGNATURE, key, bytes));
  return sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
}

/** A P-256 key pair. */
export async function newKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
}

/** Identifier of a public key: its SHA-1 (RFC 5280, 4.2.1.2). */
export async function keyId(keys: CryptoKeyPair): Promise<Der> {
  const point = await crypto.subtle.exportKey("raw", keys.publicKey);
  return new Uint8Array(await crypto.subtle.digest("SHA-1", point));
}

/** A name; an empty organization is left out. */
export function nameOf(subject: Subject): Der {
  const part = (type: string, text: string) =>
    setOf(sequence(oid(type), utf8(text)));
  return sequence(
    subject.organization
      ? part(OID.organization, subject.organization)
      : concat(),
    part(OID.commonName, subject.commonName),
  );
}

/** An extension that may be passed over. */
export function extension(type: string, value: Der): Der {
  return sequence(oid(type), octets(value));
}

/** An extension that must be understood. */
export function critical(type: string, value: Der): Der {
  return sequence(oid(type), booleanTrue(), octets(value));
}
