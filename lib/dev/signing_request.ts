import { der } from "../identity/mod.ts";

/** What a signer takes from a certificate signing request. */
export interface SigningRequest {
  /** Common name of its subject; empty if it has none. */
  readonly commonName: string;
  /** Organization of its subject; empty if it has none. */
  readonly organization: string;
  /** The public key, SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
/** Bytes of one of the two numbers of a P-256 signature. */
const NUMBER_BYTES = 32;

/**
 * Reads a PKCS#10 request (RFC 2986) for a P-256 key and checks that this key
 * signed it, as Go's signer does.
 *
 * @param bytes DER.
 * @throws {SyntaxError} If it is no such request, or its signature is wrong.
 */
export async function readSigningRequest(
  bytes: Uint8Array,
): Promise<SigningRequest> {
  const [whole, ...behind] = elementsOf(Uint8Array.from(bytes));
  if (!whole || behind.length > 0) throw malformed();
  const [info, _algorithm, signature] = elementsOf(whole.body);
  if (!info || !signature) throw malformed();
  const [_version, subject, key] = elementsOf(info.body);
  if (!subject || !key) throw malformed();
  await checkSignature(info.whole, {
    publicKey: key.whole,
    // The first byte of a BIT STRING counts unused bits; here there are none.
    signature: signature.body.subarray(1),
  });
  return {
    commonName: partOf(subject, der.OID.commonName),
    organization: partOf(subject, der.OID.organization),
    publicKey: key.whole,
  };
}

interface Element {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly whole: Uint8Array<ArrayBuffer>;
}

/** The elements that bytes consist of. */
function elementsOf(bytes: Uint8Array<ArrayBuffer>): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at + 1] ?? 0;
    const digits = first < 0x80 ? 0 : first & 0x7f;
    let length = digits === 0 ? first : 0;
    for (let i = 0; i < digits; i++) {
      length = length * 256 + (bytes[at + 2 + i] ?? 0);
    }
    const bodyAt = at + 2 + digits;
    if (bodyAt + length > bytes.length) throw malformed();
    found.push({
      body: bytes.subarray(bodyAt, bodyAt + length),
      whole: bytes.subarray(at, bodyAt + length),
    });
    at = bodyAt + length;
  }
  return found;
}

/** One attribute of a name: a SEQUENCE of SETs of type and text. */
function partOf(name: Element, type: string): string {
  const wanted = der.oid(type).toHex();
  for (const set of elementsOf(name.body)) {
    for (const attribute of elementsOf(set.body)) {
      const [id, text] = elementsOf(attribute.body);
      if (id?.whole.toHex() === wanted && text) {
        return new TextDecoder().decode(text.body);
      }
    }
  }
  return "";
}

async function checkSignature(
  signed: Uint8Array<ArrayBuffer>,
  by: {
    publicKey: Uint8Array<ArrayBuffer>;
    signature: Uint8Array<ArrayBuffer>;
  },
): Promise<void> {
  const [numbers] = elementsOf(by.signature);
  const [r, s] = elementsOf(numbers?.body ?? new Uint8Array(0));
  if (!r || !s) throw malformed();
  const raw = new Uint8Array(2 * NUMBER_BYTES);
  raw.set(fixed(r.body), 0);
  raw.set(fixed(s.body), NUMBER_BYTES);
  let isRight: boolean;
  try {
    const key = await crypto.subtle.importKey(
      "spki",
      by.publicKey,
      CURVE,
      true,
      [
        "verify",
      ],
    );
    isRight = await crypto.subtle.verify(SIGNATURE, key, raw, signed);
  } catch (cause) {
    throw malformed(cause);
  }
  if (!isRight) {
    throw new SyntaxError("Signing request is not signed by its own key");
  }
}

/** An INTEGER as WebCrypto wants it: as many bytes as the curve has. */
function fixed(number: Uint8Array): Uint8Array {
  const digits = number.subarray(Math.max(0, number.length - NUMBER_BYTES));
  const bytes = new Uint8Array(NUMBER_BYTES);
  bytes.set(digits, NUMBER_BYTES - digits.length);
  return bytes;
}

function malformed(cause?: unknown): SyntaxError {
  return new SyntaxError("Not a PKCS#10 request for a P-256 key", { cause });
}
