import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { createPrivateKey } from "node:crypto";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority, type KeyPairPem } from "../../../lib/dev/mod.ts";
import {
  checkServerCertificate,
  type CredentialFiles,
  IdentityError,
  readCredentials,
} from "../../../lib/identity/mod.ts";
import { KINDS, UNKNOWN_KIND } from "./kinds_of_key.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);
const pair = await ca.client("edge-1");
const other = await ca.client("edge-1");

const NAMES: CredentialFiles = {
  caFile: "/pki/ca.crt",
  certFile: "/pki/server.crt",
  keyFile: "/pki/server.key",
};

/** Reads from memory what would lie in files. */
function read(files: {
  ca?: string;
  cert?: string;
  key?: string;
}, names = NAMES) {
  const texts = new Map([
    [NAMES.caFile, files.ca ?? ca.cert],
    [NAMES.certFile, files.cert ?? pair.cert],
    [NAMES.keyFile, files.key ?? pair.key],
  ]);
  return readCredentials(names, (file) => {
    const text = texts.get(file);
    if (text === undefined) throw new Deno.errors.NotFound(file);
    return text;
  });
}

function refused(run: () => unknown): IdentityError {
  const error = assertThrows(run, IdentityError);
  assertNotEquals(error.hint, "");
  // Whatever is wrong, no key material is quoted, by the causes neither.
  const secrets = [pair.key, other.key].flatMap((key) =>
    key.split("\n").filter((line) => !line.startsWith("-") && line !== "")
  );
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    for (const secret of secrets) {
      assert(!`${at.message}${at.stack}`.includes(secret), at.message);
    }
  }
  return error;
}

function pemOf(key: string, type: "sec1" | "pkcs8"): string {
  return String(createPrivateKey(key).export({ type, format: "pem" }));
}

Deno.test("readCredentials, a pair with its authority", () => {
  const found = read({});
  assertEquals(found.caPem.trim(), ca.cert.trim());
  assertEquals(found.authorities.length, 1);
  assertEquals(found.certPem?.trim(), pair.cert.trim());
  assertEquals(found.keyPem, pair.key);
  const lifeMs = (found.notAfterMs ?? 0) - clock.now();
  assert(Math.abs(lifeMs - 24 * 3600 * 1000) < 60_000, `${lifeMs}`);
});

Deno.test("readCredentials, real files, read anew each time", async () => {
  const folder = await Deno.makeTempDir();
  const files = {
    caFile: `${folder}/ca`,
    certFile: `${folder}/cert`,
    keyFile: `${folder}/key`,
  };
  const put = async ({ cert, key }: KeyPairPem) => {
    await Deno.writeTextFile(files.certFile, cert);
    await Deno.writeTextFile(files.keyFile, key);
  };
  try {
    await Deno.writeTextFile(files.caFile, ca.cert);
    await put(pair);
    assertEquals(readCredentials(files).keyPem, pair.key);
    await put(other);
    assertEquals(readCredentials(files).keyPem, other.key);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readCredentials, without certificate and key only the authority", () => {
  const found = read({}, { ...NAMES, certFile: "", keyFile: "" });
  assertEquals(found.certPem, undefined);
  assertEquals(found.keyPem, undefined);
  assertEquals(found.notAfterMs, undefined);
});

Deno.test("readCredentials, a pair that does not belong together is refused", () => {
  const error = refused(() => read({ key: other.key }));
  assertStringIncludes(error.message, "do not belong together");
  assertStringIncludes(error.message, NAMES.certFile);
  assertEquals(error.file, NAMES.keyFile);
});

Deno.test("readCredentials, keys of another kind do not belong together", async () => {
  const kinds = [
    await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]),
    await crypto.subtle.generateKey(
      { name: "ECDSA", namedCurve: "P-384" },
      true,
      ["sign", "verify"],
    ),
    await crypto.subtle.generateKey(
      {
        name: "RSASSA-PKCS1-v1_5",
        modulusLength: 2048,
        publicExponent: Uint8Array.of(1, 0, 1),
        hash: "SHA-256",
      },
      true,
      ["sign", "verify"],
    ),
  ] as CryptoKeyPair[];
  for (const { privateKey } of kinds) {
    const der = await crypto.subtle.exportKey("pkcs8", privateKey);
    const key = `-----BEGIN PRIVATE KEY-----\n${
      new Uint8Array(der).toBase64().match(/.{1,64}/g)?.join("\n")
    }\n-----END PRIVATE KEY-----\n`;
    const error = refused(() => read({ key }));
    assertStringIncludes(error.message, "do not belong together");
  }
});

Deno.test("readCredentials, only the first certificate is the node's", () => {
  assertEquals(
    read({ cert: pair.cert + ca.cert }).certPem?.match(/BEGIN/g)?.length,
    2,
  );
  refused(() => read({ cert: ca.cert + pair.cert }));
});

Deno.test("readCredentials, keys as SEC1, behind EC PARAMETERS, with the certificate", () => {
  const sec1 = pemOf(pair.key, "sec1");
  assertStringIncludes(sec1, "BEGIN EC PRIVATE KEY");
  const parameters =
    "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  const texts = [
    sec1,
    parameters + sec1,
    pair.cert + pair.key,
    `Bag Attributes\n${pair.key}`,
    pair.key.replaceAll("\n", "\r\n"),
  ];
  for (const key of texts) assertEquals(read({ key }).keyPem, pair.key);
});

Deno.test("readCredentials, what goes to TLS is what was checked and nothing else", () => {
  const found = read({
    ca: `# ours\n${ca.cert}-----BEGIN TRUSTED CERTIFICATE-----\nAA==\n`,
    cert: `${pair.cert}\njunk`,
  });
  assertMatch(
    found.caPem,
    /^-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n$/,
  );
  assert(!found.certPem?.includes("junk"));
});

Deno.test("readCredentials, junk is refused and named", () => {
  const cut = (pem: string) => pem.slice(0, pem.length / 2);
  const bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const cases: [Parameters<typeof read>[0], string][] = [
    [{ ca: "junk" }, NAMES.caFile],
    [{ ca: "" }, NAMES.caFile],
    [{ ca: bad }, NAMES.caFile],
    [{ ca: ca.cert + bad }, NAMES.caFile],
    [{ ca: cut(ca.cert) }, NAMES.caFile],
    [{ ca: ca.pair.key }, NAMES.caFile],
    [{ ca: UNKNOWN_KIND }, NAMES.caFile],
    [{ cert: bad }, NAMES.certFile],
    [{ cert: pair.key }, NAMES.certFile],
    [{ key: "junk" }, NAMES.keyFile],
    [{ key: "" }, NAMES.keyFile],
    [{ key: cut(pair.key) }, NAMES.keyFile],
    [{ key: pair.cert }, NAMES.keyFile],
    [{ key: pair.key.replace("M", "!") }, NAMES.keyFile],
    [{
      key: pair.key.replaceAll("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
    }, NAMES.keyFile],
  ];
  for (const [files, file] of cases) {
    const error = refused(() => read(files));
    assertEquals(error.file, file);
    assertStringIncludes(error.message, file);
  }
});

Deno.test("readCredentials, a missing file is named with its cause", () => {
  for (const key of ["caFile", "certFile", "keyFile"] as const) {
    const names = { ...NAMES, [key]: "/nowhere" };
    const error = refused(() => read({}, names));
    assertEquals(error.file, "/nowhere");
    assert(error.cause instanceof Deno.errors.NotFound);
  }
});

Deno.test("readCredentials, half a pair and no authority are refused", () => {
  for (const key of ["caFile", "certFile", "keyFile"] as const) {
    const error = refused(() => read({}, { ...NAMES, [key]: "" }));
    assertMatch(error.message, /^No file is given for the /);
  }
});

Deno.test("checkServerCertificate, by any authority of the file, by no other", async () => {
  const stranger = await CertificateAuthority.create(clock);
  const { certDer } = await ca.server();
  checkServerCertificate(certDer, read({}));
  checkServerCertificate(certDer, read({ ca: stranger.cert + ca.cert }));
  // Both call themselves the same: only the signature tells them apart.
  const error = assertThrows(
    () => checkServerCertificate(certDer, read({ ca: stranger.cert })),
    IdentityError,
  );
  assertStringIncludes(error.message, "issuer CN=KubeEdge");
  assertEquals(error.file, "");
  assertNotEquals(error.hint, "");
});

Deno.test("checkServerCertificate, a signer that does not bear the issuer's name does not count", async () => {
  const named = await CertificateAuthority.create(clock, { commonName: "A" });
  const { certDer } = await named.server();
  assertThrows(() => checkServerCertificate(certDer, read({})), IdentityError);
});

Deno.test("checkServerCertificate, an issuer's name is cut and on one line", async () => {
  const commonName = `long\nname ${"x".repeat(1000)}`;
  const named = await CertificateAuthority.create(clock, { commonName });
  const { certDer } = await named.server();
  const error = assertThrows(
    () => checkServerCertificate(certDer, read({})),
    IdentityError,
  );
  assert(error.message.length < 300 && !error.message.includes("\n"));
});

Deno.test("checkServerCertificate, authorities of every usual kind of key", () => {
  const all = Object.values(KINDS).map(({ ca }) => ca).join("");
  for (const { leaf } of Object.values(KINDS)) {
    const body = leaf.replace(/-----[A-Z ]+-----|\s/g, "");
    checkServerCertificate(Uint8Array.fromBase64(body), read({ ca: all }));
  }
});

Deno.test("checkServerCertificate, bytes that are no certificate", () => {
  assertThrows(() => checkServerCertificate(Uint8Array.of(1, 2), read({})));
});
