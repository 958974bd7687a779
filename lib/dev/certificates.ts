import type { Clock } from "../base/mod.ts";
import {
  bits,
  booleanTrue,
  concat,
  type Der,
  integer,
  octets,
  OID,
  oid,
  sequence,
  setOf,
  tagged,
  time,
  utf8,
} from "./der.ts";

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

/** What a server certificate is for. */
export interface ServerCertificateOptions extends Validity {
  /** DNS names. @default ["localhost"] */
  readonly dnsNames?: readonly string[];
  /** IPv4 addresses. @default ["127.0.0.1"] */
  readonly ipAddresses?: readonly string[];
}

/** Whom a client certificate names. */
export interface ClientCertificateOptions extends Validity {
  /** Common name. @default `system:node:` and the name that was given */
  readonly commonName?: string;
  /** Organization. @default "system:nodes" */
  readonly organization?: string;
}

const DAY_MS = 24 * 3600 * 1000;
const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
const SIGNATURE_ALGORITHM = sequence(oid(OID.ecdsaWithSha256));

interface Subject {
  readonly commonName: string;
  readonly organization?: string;
}

/**
 * A throw-away certificate authority for tests and demos: ECDSA P-256 with
 * SHA-256, in the shape of CloudCore's (wire document, 3). Its key never
 * leaves the object, except through {@link CertificateAuthority.pair}.
 */
export class CertificateAuthority {
  /** The CA's certificate, PEM. */
  readonly cert: string;
  /** The CA's certificate, DER: the body of `/ca.crt`. */
  readonly certDer: Uint8Array;
  /** The CA's own certificate and key. */
  readonly pair: KeyPairPem;
  readonly #clock: Clock;
  readonly #name: Der;
  readonly #keys: CryptoKeyPair;

  private constructor(clock: Clock, made: {
    name: Der;
    keys: CryptoKeyPair;
    pair: KeyPairPem;
  }) {
    this.#clock = clock;
    this.#name = made.name;
    this.#keys = made.keys;
    this.pair = made.pair;
    this.cert = made.pair.cert;
    this.certDer = made.pair.certDer;
  }

  /**
   * Makes a CA.
   *
   * @param clock Wall clock that validity counts from.
   */
  static async create(
    clock: Clock,
    options: Validity & { readonly commonName?: string } = {},
  ): Promise<CertificateAuthority> {
    const keys = await newKeys();
    const name = nameOf({ commonName: options.commonName ?? "KubeEdge" });
    const pair = await issue({
      clock,
      issuer: name,
      signer: keys.privateKey,
      subject: name,
      keys,
      validity: options,
      extensions: [
        critical(OID.basicConstraints, sequence(booleanTrue())),
        // digitalSignature, keyCertSign, cRLSign
        critical(OID.keyUsage, bits(Uint8Array.of(0b1000_0110), 1)),
        extension(OID.subjectKeyIdentifier, octets(await keyId(keys))),
      ],
    });
    return new CertificateAuthority(clock, { name, keys, pair });
  }

  /** Issues a server certificate with its names as SAN. */
  async server(options: ServerCertificateOptions = {}): Promise<KeyPairPem> {
    const names = [
      ...(options.dnsNames ?? ["localhost"]).map((name) =>
        tagged(2, new TextEncoder().encode(name), false)
      ),
      ...(options.ipAddresses ?? ["127.0.0.1"]).map((address) =>
        tagged(7, Uint8Array.from(address.split(".").map(Number)), false)
      ),
    ];
    return await this.#leaf(
      { commonName: "KubeEdge", organization: "KubeEdge" },
      {
        validity: options,
        extensions: [
          extension(OID.extKeyUsage, sequence(oid(OID.serverAuth))),
          extension(OID.subjectAltName, sequence(...names)),
        ],
      },
    );
  }

  /**
   * Issues a client certificate.
   *
   * @param node Name of the node: the subject is `system:node:<node>`.
   */
  async client(
    node: string,
    options: ClientCertificateOptions = {},
  ): Promise<KeyPairPem> {
    return await this.#leaf(
      {
        commonName: options.commonName ?? `system:node:${node}`,
        organization: options.organization ?? "system:nodes",
      },
      {
        validity: options,
        extensions: [
          extension(OID.extKeyUsage, sequence(oid(OID.clientAuth))),
        ],
      },
    );
  }

  async #leaf(
    subject: Subject,
    options: { validity: Validity; extensions: readonly Der[] },
  ): Promise<KeyPairPem> {
    const keys = await newKeys();
    return await issue({
      clock: this.#clock,
      issuer: this.#name,
      signer: this.#keys.privateKey,
      subject: nameOf(subject),
      keys,
      validity: options.validity,
      extensions: [
        critical(OID.basicConstraints, sequence()),
        // digitalSignature, keyEncipherment
        critical(OID.keyUsage, bits(Uint8Array.of(0b1010_0000), 5)),
        ...options.extensions,
        extension(
          OID.authorityKeyIdentifier,
          sequence(tagged(0, await keyId(this.#keys), false)),
        ),
      ],
    });
  }
}

interface Request {
  readonly clock: Clock;
  readonly issuer: Der;
  readonly signer: CryptoKey;
  readonly subject: Der;
  readonly keys: CryptoKeyPair;
  readonly validity: Validity;
  readonly extensions: readonly Der[];
}

async function issue(request: Request): Promise<KeyPairPem> {
  const { clock, validity, keys } = request;
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
    new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)),
    tagged(3, sequence(...request.extensions)),
  );
  const certDer = sequence(
    toSign,
    SIGNATURE_ALGORITHM,
    bits(await sign(request.signer, toSign)),
  );
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert: pem("CERTIFICATE", certDer),
    key: pem("PRIVATE KEY", new Uint8Array(key)),
    certDer,
  };
}

/** WebCrypto gives r and s raw; X.509 wants them as a SEQUENCE. */
async function sign(key: CryptoKey, bytes: Der): Promise<Der> {
  const raw = new Uint8Array(await crypto.subtle.sign(SIGNATURE, key, bytes));
  return sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
}

async function newKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
}

async function keyId(keys: CryptoKeyPair): Promise<Der> {
  const point = await crypto.subtle.exportKey("raw", keys.publicKey);
  return new Uint8Array(await crypto.subtle.digest("SHA-1", point));
}

function nameOf(subject: Subject): Der {
  const part = (type: string, text: string) =>
    setOf(sequence(oid(type), utf8(text)));
  return sequence(
    subject.organization
      ? part(OID.organization, subject.organization)
      : concat(),
    part(OID.commonName, subject.commonName),
  );
}

function extension(type: string, value: Der): Der {
  return sequence(oid(type), octets(value));
}

function critical(type: string, value: Der): Der {
  return sequence(oid(type), booleanTrue(), octets(value));
}

/** PEM text with lines of 64 characters (RFC 7468). */
export function pem(label: string, der: Uint8Array): string {
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${
    lines.join("\n")
  }\n-----END ${label}-----\n`;
}
