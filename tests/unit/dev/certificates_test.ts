import { assert, assertEquals, assertRejects } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { createPrivateKey } from "node:crypto";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  CertificateAuthority,
  type KeyPairPem,
} from "../../../lib/dev/certificates.ts";

const clock = new SystemClock();

Deno.test("CertificateAuthority, its certificate is self-signed and a CA", async () => {
  const ca = await CertificateAuthority.create(clock, { commonName: "Test" });
  const cert = new X509Certificate(ca.cert);
  assertEquals(cert.subject, "CN=Test");
  assert(cert.verify(cert.publicKey));
  assert(cert.ca);
  assert(cert.checkPrivateKey(createPrivateKey(ca.pair.key)));
  assertEquals(new Uint8Array(cert.raw), new Uint8Array(ca.certDer));
});

Deno.test("client, names the node and is signed by the CA alone", async () => {
  const ca = await CertificateAuthority.create(clock);
  const other = await CertificateAuthority.create(clock);
  const { cert, key } = await ca.client("edge-1");
  const x = new X509Certificate(cert);
  assert(x.subject.includes("O=system:nodes"));
  assert(x.subject.includes("CN=system:node:edge-1"));
  assert(x.verify(new X509Certificate(ca.cert).publicKey));
  assertEquals(x.verify(new X509Certificate(other.cert).publicKey), false);
  assert(x.checkPrivateKey(createPrivateKey(key)));
  assertEquals(x.ca, false);
  const old = await ca.client("edge-1", {
    commonName: "kubeedge.io",
    organization: "kubeEdge",
  });
  assert(
    new X509Certificate(old.cert).subject.includes("CN=kubeedge.io"),
  );
});

Deno.test("validity, counts from the clock that was given", async () => {
  const fixed = new (class extends SystemClock {
    override now() {
      return Date.UTC(2030, 0, 1);
    }
  })();
  const ca = await CertificateAuthority.create(fixed);
  const { cert } = await ca.server({ fromMs: 1000, untilMs: 2000 });
  const x = new X509Certificate(cert);
  assertEquals(Date.parse(x.validFrom), Date.UTC(2030, 0, 1, 0, 0, 1));
  assertEquals(Date.parse(x.validTo), Date.UTC(2030, 0, 1, 0, 0, 2));
});

/** One TLS connection over loopback that says a word in each direction. */
async function handshake(
  server: KeyPairPem,
  client: { caCerts: string[]; hostname: string; pair?: KeyPairPem },
): Promise<string> {
  const listener = Deno.listenTls({
    port: 0,
    hostname: "127.0.0.1",
    cert: server.cert,
    key: server.key,
  });
  const { port } = listener.addr as Deno.NetAddr;
  const serving = (async () => {
    using conn = await listener.accept();
    await conn.write(new TextEncoder().encode("hello"));
  })().catch((error: unknown) => error);
  try {
    using conn = await Deno.connectTls({
      port,
      hostname: client.hostname,
      caCerts: client.caCerts,
      ...(client.pair ? { cert: client.pair.cert, key: client.pair.key } : {}),
    });
    await conn.handshake();
    const into = new Uint8Array(16);
    const count = await conn.read(into) ?? 0;
    return new TextDecoder().decode(into.subarray(0, count));
  } finally {
    listener.close();
    await serving;
  }
}

Deno.test("server, a real handshake by address and by name", async () => {
  const ca = await CertificateAuthority.create(clock);
  const server = await ca.server();
  const pair = await ca.client("edge-1");
  for (const hostname of ["127.0.0.1", "localhost"]) {
    const caCerts = [ca.cert];
    assertEquals(await handshake(server, { caCerts, hostname, pair }), "hello");
  }
});

Deno.test("server, refused when foreign, expired, early or of another name", async () => {
  const ca = await CertificateAuthority.create(clock);
  const other = await CertificateAuthority.create(clock);
  const hostname = "127.0.0.1";
  const caCerts = [ca.cert];
  const cases: [KeyPairPem, RegExp][] = [
    [await other.server(), /UnknownIssuer|BadSignature/],
    [await ca.server({ fromMs: -2000, untilMs: -1000 }), /[Ee]xpired/],
    [await ca.server({ fromMs: 3_600_000 }), /NotValidYet|not valid yet/],
    [
      await ca.server({ dnsNames: ["hub.example"], ipAddresses: ["10.0.0.1"] }),
      /not valid for name|NotValidForName/,
    ],
  ];
  for (const [server, reason] of cases) {
    const error = await assertRejects(() =>
      handshake(server, { caCerts, hostname })
    );
    assert(
      error instanceof Error && reason.test(error.message),
      `${error}`,
    );
  }
});
