import { X509Certificate } from "node:crypto";
import type { CertificateAuthority } from "../../lib/dev/mod.ts";
import type { Credentials } from "../../lib/identity/mod.ts";

/** Credentials that hold nothing but an authority. */
export function authoritiesOf(ca: CertificateAuthority): Credentials {
  return { caPem: ca.cert, authorities: [new X509Certificate(ca.cert)] };
}
