import { type KeyObject, verify } from "node:crypto";

/** Digests of the signatures in use; SHA-1 and older are not accepted. */
const DIGESTS = ["sha256", "sha384", "sha512"] as const;

const SEQUENCE = 0x30;
const BIT_STRING = 0x03;

/**
 * Tells whether a key signed a certificate.
 *
 * The certificate is taken apart here because the runtime's own check ties
 * the digest to the curve: it calls a P-384 authority that signs with SHA-256
 * false, and throws where the kinds of key differ (Deno 2.7.11).
 *
 * @param certificate DER.
 * @returns `false` also if it is no certificate, or the kind of key is unknown.
 */
export function isSignedBy(certificate: Uint8Array, key: KeyObject): boolean {
  const parts = partsOf(certificate);
  if (!parts) return false;
  const { signed, signature } = parts;
  const digests = key.asymmetricKeyType === "ed25519" ? [null] : DIGESTS;
  return digests.some((digest) => {
    try {
      return verify(digest, signed, key, signature);
    } catch {
      // The key cannot make signatures of this kind, so it did not make it.
      return false;
    }
  });
}

interface Parts {
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** What was signed, and the signature (RFC 5280 4.1). */
function partsOf(certificate: Uint8Array): Parts | undefined {
  const whole = elementAt(certificate, 0);
  if (whole?.tag !== SEQUENCE) return undefined;
  const signed = elementAt(certificate, whole.bodyAt);
  const algorithm = signed && elementAt(certificate, signed.endAt);
  const bits = algorithm && elementAt(certificate, algorithm.endAt);
  if (bits?.tag !== BIT_STRING) return undefined;
  const { length } = certificate;
  if (whole.endAt !== length || bits.endAt !== length) return undefined;
  return {
    signed: certificate.subarray(whole.bodyAt, signed?.endAt),
    // The first byte of a BIT STRING counts unused bits; here there are none.
    signature: certificate.subarray(bits.bodyAt + 1, bits.endAt),
  };
}

interface Element {
  readonly tag: number;
  readonly bodyAt: number;
  readonly endAt: number;
}

/** The DER element that begins there; `undefined` if it does not fit. */
function elementAt(bytes: Uint8Array, at: number): Element | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4) return undefined;
  let length = lengthBytes === 0 ? first : 0;
  for (let i = 0; i < lengthBytes; i++) {
    length = length * 256 + (bytes[at + 2 + i] ?? 0);
  }
  const bodyAt = at + 2 + lengthBytes;
  const endAt = bodyAt + length;
  return endAt <= bytes.length ? { tag, bodyAt, endAt } : undefined;
}
