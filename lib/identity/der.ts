/**
 * The few ASN.1 DER encodings that certificates and what leads to them need
 * (ITU-T X.690).
 *
 * @module
 */

/** Object identifiers of ECDSA P-256 keys, requests and certificates. */
export const OID = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  prime256v1: "1.2.840.10045.3.1.7",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** Bytes of DER: plain memory, as WebCrypto wants it. */
export type Der = Uint8Array<ArrayBuffer>;

/** Puts pieces one behind the other. */
export function concat(...parts: readonly Uint8Array[]): Der {
  const whole = new Uint8Array(
    parts.reduce((length, part) => length + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Any element: tag, length, contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Der {
  const body = concat(...contents);
  return concat(Uint8Array.of(tag), length(body.length), body);
}

/** SEQUENCE. */
export function sequence(...items: readonly Uint8Array[]): Der {
  return element(0x30, ...items);
}

/** SET of one item, which needs no sorting. */
export function setOf(item: Uint8Array): Der {
  return element(0x31, item);
}

/** INTEGER, not negative, from big-endian bytes. */
export function integer(bytes: Uint8Array): Der {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  // A set top bit would make it negative.
  return (trimmed[0] ?? 0) >= 0x80
    ? element(0x02, Uint8Array.of(0), trimmed)
    : element(0x02, trimmed);
}

/** BOOLEAN true; false is left out wherever it is the default. */
export function booleanTrue(): Der {
  return element(0x01, Uint8Array.of(0xff));
}

/** OBJECT IDENTIFIER from its dotted text. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) {
      digits.unshift((left & 0x7f) | 0x80);
    }
    bytes.push(...digits);
  }
  return element(0x06, Uint8Array.from(bytes));
}

/** UTF8String. */
export function utf8(text: string): Der {
  return element(0x0c, new TextEncoder().encode(text));
}

/** OCTET STRING. */
export function octets(bytes: Uint8Array): Der {
  return element(0x04, bytes);
}

/** BIT STRING of whole bytes, or with unused bits at the end of the last one. */
export function bits(bytes: Uint8Array, unused = 0): Der {
  return element(0x03, Uint8Array.of(unused), bytes);
}

/** UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5). */
export function time(atMs: number): Der {
  const digits = new Date(atMs).toISOString().replace(/[-:T]|\.\d+/g, "");
  const encoder = new TextEncoder();
  return Number(digits.slice(0, 4)) >= 2050
    ? element(0x18, encoder.encode(digits))
    : element(0x17, encoder.encode(digits.slice(2)));
}

/** Context-specific element: `[n]`, constructed or primitive. */
export function tagged(
  number: number,
  contents: Uint8Array,
  constructed = true,
): Der {
  return element((constructed ? 0xa0 : 0x80) | number, contents);
}

function length(count: number): Der {
  if (count < 0x80) return Uint8Array.of(count);
  const digits: number[] = [];
  for (let left = count; left > 0; left = Math.floor(left / 256)) {
    digits.unshift(left % 256);
  }
  return Uint8Array.of(0x80 | digits.length, ...digits);
}
