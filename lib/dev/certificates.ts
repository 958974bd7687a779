import type { Clock } from "../base/mod.ts";
import { der } from "../identity/mod.ts";
import {
  certify,
  critical,
  extension,
  issue,
  keyId,
  type KeyPairPem,
  nameOf,
  newKeys,
  type Subject,
  type Validity,
} from "./issue.ts";
import { readSigningRequest } from "./signing_request.ts";

export type { KeyPairPem, Validity };

const { bits, booleanTrue, octets, OID, oid, sequence, tagged } = der;
type Der = der.Der;

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

  /**
   * Signs a request as CloudCore does: common name and organization are kept,
   * for clients only, whoever asks (wire document, 3).
   *
   * @param request PKCS#10, DER.
   * @param options Validity; a subject here wins over the one asked for.
   * @returns The certificate, DER.
   * @throws {SyntaxError} If it is no such request, or its key did not sign it.
   */
  async sign(
    request: Uint8Array,
    options: ClientCertificateOptions = {},
  ): Promise<Uint8Array> {
    const asked = await readSigningRequest(request);
    return await certify({
      clock: this.#clock,
      issuer: this.#name,
      signer: this.#keys.privateKey,
      subject: nameOf({ ...asked, ...options }),
      publicKey: asked.publicKey,
      validity: options,
      extensions: await this.#leafExtensions([
        extension(OID.extKeyUsage, sequence(oid(OID.clientAuth))),
      ]),
    });
  }

  async #leaf(
    subject: Subject,
    options: { validity: Validity; extensions: readonly Der[] },
  ): Promise<KeyPairPem> {
    return await issue({
      clock: this.#clock,
      issuer: this.#name,
      signer: this.#keys.privateKey,
      subject: nameOf(subject),
      keys: await newKeys(),
      validity: options.validity,
      extensions: await this.#leafExtensions(options.extensions),
    });
  }

  async #leafExtensions(own: readonly Der[]): Promise<readonly Der[]> {
    return [
      critical(OID.basicConstraints, sequence()),
      // digitalSignature, keyEncipherment
      critical(OID.keyUsage, bits(Uint8Array.of(0b1010_0000), 5)),
      ...own,
      extension(
        OID.authorityKeyIdentifier,
        sequence(tagged(0, await keyId(this.#keys), false)),
      ),
    ];
  }
}
