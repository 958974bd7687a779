import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { IdentityError } from "./errors.ts";
import { isSignedBy } from "./signature.ts";

/** Where the node's credentials lie. */
export interface CredentialFiles {
  /**
   * PEM of the authorities that may sign the cloud's certificate, those
   * between included: the runtime does not show what the cloud sends of them.
   */
  readonly caFile: string;
  /** PEM of the node's certificate; empty together with `keyFile` for none. */
  readonly certFile: string;
  /** PEM of its private key, unencrypted PKCS#8, PKCS#1 or SEC1. */
  readonly keyFile: string;
}

/** What a TLS connection needs, read and checked. */
export interface Credentials {
  /** PEM of the authorities, and nothing else that stood in the file. */
  readonly caPem: string;
  /** The authorities; never empty. */
  readonly authorities: readonly X509Certificate[];
  /** PEM of the node's certificate and of those behind it, if it has one. */
  readonly certPem?: string;
  /** PEM of its key, PKCS#8, if it has one. */
  readonly keyPem?: string;
  /** End of the certificate's validity in milliseconds since 1970. */
  readonly notAfterMs?: number;
}

/** Reads a text file. */
export type ReadText = (file: string) => string;

/**
 * Reads credentials anew, as each dial does, so that rotated files are used
 * at once (failures.md D6).
 *
 * The pair is checked here because a key that does not belong to its
 * certificate ends the whole process inside the TLS library, past any `catch`;
 * half-rotated files are enough.
 *
 * @param read Reads one file. @default Deno.readTextFileSync
 * @throws {IdentityError} If a file cannot be read, holds no certificate or
 *   key, or certificate and key do not belong together.
 */
export function readCredentials(
  files: CredentialFiles,
  read: ReadText = Deno.readTextFileSync,
): Credentials {
  const authorities = readCertificates(files.caFile, "authority", read);
  const caPem = pemOf(authorities);
  if (!files.certFile && !files.keyFile) return { caPem, authorities };
  const chain = readCertificates(files.certFile, "certificate", read);
  const key = readKey(files.keyFile, read);
  const [certificate] = chain;
  if (!certificate || !belongsTo(certificate, key)) {
    throw new IdentityError(
      `Certificate and private key do not belong together: ` +
        `${files.certFile}, ${files.keyFile}`,
      {
        file: files.keyFile,
        hint: "Put both files of one enrolment in place, then reconnect",
      },
    );
  }
  return {
    caPem,
    authorities,
    // Exactly what was checked, whatever else stands in the files.
    certPem: pemOf(chain),
    keyPem: String(key.export({ type: "pkcs8", format: "pem" })),
    notAfterMs: Date.parse(certificate.validTo),
  };
}

/**
 * Checks that the cloud's certificate was signed by one of the authorities.
 * The runtime adds them to its own roots, so a certificate of any public
 * authority for that name would pass without this (platform facts, 1.1).
 *
 * @param raw The peer's certificate, DER.
 * @throws {IdentityError} If none of them signed it.
 * @throws If it is no certificate.
 */
export function checkServerCertificate(
  raw: Uint8Array,
  credentials: Credentials,
): void {
  const { issuer } = new X509Certificate(raw);
  const signed = credentials.authorities.some((authority) =>
    issuer === authority.subject && isSignedBy(raw, authority.publicKey)
  );
  if (signed) return;
  const named = issuer.replaceAll("\n", ", ").slice(0, ISSUER_LENGTH_MAX);
  throw new IdentityError(
    `The cloud's certificate is not signed by the configured authority: ` +
      `issuer ${named}`,
    { hint: "Check edgehub.websocket.cafile, or who answers at that address" },
  );
}

/** Most characters of a peer's name in an error. */
const ISSUER_LENGTH_MAX = 200;

function readFile(file: string, what: string, read: ReadText): string {
  if (!file) {
    throw new IdentityError(`No file is given for the ${what}`, {
      hint: "A certificate needs its key and a key its certificate; " +
        "the authority is always needed",
    });
  }
  try {
    return read(file);
  } catch (cause) {
    throw new IdentityError(`Cannot read ${what}: ${file}`, {
      file,
      hint: "Check that the file exists and may be read by this user",
      cause,
    });
  }
}

const PEM_CERTIFICATE_REGEXP =
  /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** At least one: the TLS library passes over junk in silence. */
function readCertificates(
  file: string,
  what: string,
  read: ReadText,
): X509Certificate[] {
  const pem = readFile(file, what, read);
  try {
    const found = pem.match(PEM_CERTIFICATE_REGEXP) ?? [];
    if (found.length === 0) throw new SyntaxError("No certificate found");
    const certificates = found.map((text) => new X509Certificate(text));
    // A key of a kind that nobody here can use shows when it is asked for.
    for (const certificate of certificates) certificate.publicKey;
    return certificates;
  } catch (cause) {
    throw new IdentityError(`File holds no usable PEM ${what}: ${file}`, {
      file,
      hint: "Expected a text file with -----BEGIN CERTIFICATE-----, " +
        "key RSA, ECDSA or Ed25519",
      cause,
    });
  }
}

/** A key may stand behind `EC PARAMETERS` or in one file with its certificate. */
const PEM_KEY_REGEXP =
  /-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----[^-]+-----END \1-----/;

function readKey(file: string, read: ReadText): KeyObject {
  const pem = readFile(file, "private key", read);
  try {
    return createPrivateKey(PEM_KEY_REGEXP.exec(pem)?.[0] ?? "");
  } catch {
    // The cause is left out: it could quote what stands in the file.
    throw new IdentityError(`File holds no usable private key: ${file}`, {
      file,
      hint: "Expected an unencrypted PEM key, PKCS#8, PKCS#1 or SEC1",
    });
  }
}

function belongsTo(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    // Kinds of key that cannot even be compared do not belong together.
    return false;
  }
}

function pemOf(certificates: readonly X509Certificate[]): string {
  return certificates.map((certificate) => certificate.toString()).join("");
}
