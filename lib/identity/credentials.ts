import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { IdentityError } from "./errors.ts";

/** Where the node's credentials lie. */
export interface CredentialFiles {
  /** PEM of the authorities that may sign the cloud's certificate. */
  readonly caFile: string;
  /** PEM of the node's certificate; empty together with `keyFile` for none. */
  readonly certFile: string;
  /** PEM of its private key, unencrypted PKCS#8 or SEC1. */
  readonly keyFile: string;
}

/** What a TLS connection needs, read and checked. */
export interface Credentials {
  /** PEM of the authorities. */
  readonly caPem: string;
  /** The authorities; never empty. */
  readonly authorities: readonly X509Certificate[];
  /** PEM of the node's certificate, if it has one. */
  readonly certPem?: string;
  /** PEM of its key, if it has one. */
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
  const caPem = readFile(files.caFile, "authority", read);
  const authorities = certificatesIn(caPem, files.caFile);
  if (!files.certFile && !files.keyFile) return { caPem, authorities };
  const certPem = readFile(files.certFile, "certificate", read);
  const keyPem = readFile(files.keyFile, "private key", read);
  const [certificate] = certificatesIn(certPem, files.certFile);
  const key = keyIn(keyPem, files.keyFile);
  if (!certificate?.checkPrivateKey(key)) {
    throw new IdentityError(
      `Certificate and private key do not belong together: ` +
        `${files.certFile}, ${files.keyFile}`,
      {
        file: files.keyFile,
        hint: "Put both files of one enrolment in place, then reconnect",
      },
    );
  }
  const notAfterMs = Date.parse(certificate.validTo);
  return { caPem, authorities, certPem, keyPem, notAfterMs };
}

/**
 * Checks that the cloud's certificate was signed by one of the authorities.
 * The runtime adds them to its own roots, so a certificate of any public
 * authority for that name would pass without this (platform facts, 1.1).
 *
 * @param raw The peer's certificate, DER.
 * @throws {IdentityError} If none of them signed it.
 */
export function checkServerCertificate(
  raw: Uint8Array,
  credentials: Credentials,
): void {
  const certificate = new X509Certificate(raw);
  const signed = credentials.authorities.some((authority) =>
    certificate.issuer === authority.subject &&
    certificate.verify(authority.publicKey)
  );
  if (signed) return;
  throw new IdentityError(
    `The cloud's certificate is not signed by the configured authority: ` +
      `issuer ${certificate.issuer.replaceAll("\n", ", ")}`,
    { hint: "Check edgehub.websocket.cafile, or who answers at that address" },
  );
}

function readFile(file: string, what: string, read: ReadText): string {
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
function certificatesIn(pem: string, file: string): X509Certificate[] {
  try {
    const found = pem.match(PEM_CERTIFICATE_REGEXP) ?? [];
    if (found.length === 0) throw new SyntaxError("No certificate found");
    return found.map((text) => new X509Certificate(text));
  } catch (cause) {
    throw new IdentityError(`File holds no valid PEM certificate: ${file}`, {
      file,
      hint: "Expected a text file with -----BEGIN CERTIFICATE-----",
      cause,
    });
  }
}

function keyIn(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause is left out: it could quote what stands in the file.
    throw new IdentityError(`File holds no usable private key: ${file}`, {
      file,
      hint: "Expected an unencrypted PEM key, PKCS#8 or SEC1",
    });
  }
}
