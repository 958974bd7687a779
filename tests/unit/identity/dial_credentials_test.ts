import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  CertificateAuthority,
  type ClientCertificateOptions,
} from "../../../lib/dev/mod.ts";
import { dialCredentials } from "../../../lib/identity/dial_credentials.ts";
import { IdentityError } from "../../../lib/identity/errors.ts";
import { writeCredentials } from "../../../lib/identity/key_files.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);

async function dial(
  certificate: (ClientCertificateOptions & { node?: string }) | undefined,
  keyMode = 0o600,
) {
  const folder = await Deno.makeTempDir();
  const files = {
    caFile: `${folder}/ca`,
    certFile: `${folder}/crt`,
    keyFile: `${folder}/key`,
  };
  const warned: string[] = [];
  try {
    if (certificate) {
      const node = certificate.node ?? "edge-1";
      const { cert, key } = await ca.client(node, certificate);
      writeCredentials(files, { caPem: ca.cert, certPem: cert, keyPem: key });
      Deno.chmodSync(files.keyFile, keyMode);
    }
    const { certPem } = dialCredentials({
      nodeId: "edge-1",
      files,
      remedy: "do this",
      clock,
      log: { warn: (text, fields) => warned.push(`${text} ${fields?.hint}`) },
    });
    return { hasPair: certPem !== undefined, warned };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refusal(
  certificate: Parameters<typeof dial>[0],
): Promise<IdentityError> {
  const made = await dial(certificate).catch((error) => error);
  return assertThrows(() => {
    throw made;
  }, IdentityError);
}

Deno.test("dialCredentials, a good pair is used without a word", async () => {
  assertEquals(await dial({}), { hasPair: true, warned: [] });
});

Deno.test("certificate_bound_to_node, I7: a neighbour's pair is refused before the dial, by its file", async () => {
  const error = await refusal({ node: "edge-2" });
  assertStringIncludes(error.message, "got system:node:edge-2");
  assertStringIncludes(error.file, "/crt");
});

Deno.test("dialCredentials, a node that has not joined is told how", async () => {
  const error = await refusal(undefined);
  assertStringIncludes(error.message, "This node has not joined yet");
  assertEquals(error.hint, "do this");
});

Deno.test("dialCredentials, v1.15's name and a certificate that has run out are used, and said each time", async () => {
  const legacy = await dial({ commonName: "kubeedge.io" });
  assertEquals([legacy.hasPair, legacy.warned.length], [true, 1]);
  assertStringIncludes(legacy.warned[0] ?? "", "names no node");
  const expired = await dial({ fromMs: -2000, untilMs: -1000 });
  assertEquals(expired.warned, [
    "certificate has run out, by the clock here do this",
  ]);
});

Deno.test("keys_and_tokens_private_on_disk, I4: a key that others may read is said at each dial", async () => {
  for (const mode of [0o644, 0o640, 0o604]) {
    const { hasPair, warned } = await dial({}, mode);
    assertEquals([hasPair, warned.length], [true, 1]);
    assertStringIncludes(warned[0] ?? "", "others may read the private key");
    assertStringIncludes(warned[0] ?? "", "chmod 600 ");
  }
});
