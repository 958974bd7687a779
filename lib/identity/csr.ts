import {
  bits,
  type Der,
  integer,
  octets,
  OID,
  oid,
  sequence,
  setOf,
  tagged,
  utf8,
} from "./der.ts";
import { NODE_COMMON_NAME_PREFIX, NODE_ORGANIZATION } from "./node_identity.ts";
import { pemText } from "./pem.ts";

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
/** Bytes of one of the two numbers of a P-256 signature. */
const NUMBER_BYTES = 32;

/** A new private key and the request to certify it. */
export interface SigningRequest {
  /** The private key, SEC1 PEM (`EC PRIVATE KEY`), as the stock edge keeps it. */
  readonly keyPem: string;
  /** The request, PKCS#10 DER. */
  readonly requestDer: Uint8Array;
}

/**
 * Makes a P-256 key and a request with the subject that CloudCore wants of a
 * node: `O=system:nodes, CN=system:node:<node>` (wire document, 3).
 */
export async function createSigningRequest(
  nodeId: string,
): Promise<SigningRequest> {
  const keys = await crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
  const spki = await crypto.subtle.exportKey("spki", keys.publicKey);
  const info = sequence(
    integer(Uint8Array.of(0)),
    subjectOf(nodeId),
    new Uint8Array(spki),
    // No attributes; RFC 2986 wants the empty set all the same.
    tagged(0, new Uint8Array(0)),
  );
  const raw = new Uint8Array(
    await crypto.subtle.sign(SIGNATURE, keys.privateKey, info),
  );
  const signature = sequence(
    integer(raw.subarray(0, NUMBER_BYTES)),
    integer(raw.subarray(NUMBER_BYTES)),
  );
  return {
    keyPem: await sec1Pem(keys),
    requestDer: sequence(
      info,
      sequence(oid(OID.ecdsaWithSha256)),
      bits(signature),
    ),
  };
}

function subjectOf(nodeId: string): Der {
  return sequence(
    setOf(sequence(oid(OID.organization), utf8(NODE_ORGANIZATION))),
    setOf(sequence(
      oid(OID.commonName),
      utf8(`${NODE_COMMON_NAME_PREFIX}${nodeId}`),
    )),
  );
}

/** ECPrivateKey of RFC 5915; WebCrypto itself only writes PKCS#8. */
async function sec1Pem(keys: CryptoKeyPair): Promise<string> {
  const jwk = await crypto.subtle.exportKey("jwk", keys.privateKey);
  const secret = Uint8Array.fromBase64(jwk.d ?? "", { alphabet: "base64url" });
  const point = await crypto.subtle.exportKey("raw", keys.publicKey);
  return pemText(
    "EC PRIVATE KEY",
    sequence(
      integer(Uint8Array.of(1)),
      octets(secret),
      tagged(0, oid(OID.prime256v1)),
      tagged(1, bits(new Uint8Array(point))),
    ),
  );
}
