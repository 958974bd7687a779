import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SystemClock } from "../../lib/base/mod.ts";
import {
  CertificateAuthority,
  type EnrolmentRequest,
  EnrolmentServer,
} from "../../lib/dev/mod.ts";
import {
  enrol,
  JoinToken,
  readCredentials,
  requestCertificate,
  writeCredentials,
} from "../../lib/identity/mod.ts";
import { PERMISSIONS } from "../../scripts/permissions.ts";
import { withEnrolmentHub } from "../support/enrolment_hub.ts";
import {
  RECORDED_TOKEN,
  recordedExchange,
} from "../support/enrolment_recording.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);

/** What every request of ours has besides what was recorded by name. */
const OWN_FIELDS = ["connection", "content-length", "host"];

/** Compares a request of ours with a recorded one, but for token and key. */
function assertAsRecorded(
  request: EnrolmentRequest | undefined,
  { step, token }: { step: string; token: string },
): void {
  assert(request, step);
  const recorded = recordedExchange(step);
  assertEquals(request.method, recorded.method, step);
  assertEquals(request.path, recorded.path, step);
  const expected = Object.entries(recorded.headers).map(([name, value]) =>
    [
      name.toLowerCase(),
      // The recorded token and ours without the hash before the first dot.
      value.replace(RECORDED_TOKEN.slice(65), token.slice(65)),
    ] as const
  );
  const given = [...request.headers].filter(([name]) =>
    !OWN_FIELDS.includes(name)
  );
  assertEquals(given.sort(), expected.sort(), step);
  assertEquals(
    request.clientCertificate !== undefined,
    recorded.clientCertificate,
    step,
  );
  // Lengths differ by the padding of the signature alone; 72 bytes at most.
  const difference = request.body.length - recorded.body.length;
  assert(Math.abs(difference) <= 4, `${step}: ${difference}`);
  const upToKey = recorded.body.toHex().indexOf("03420004");
  const subject = (body: Uint8Array) => body.toHex().slice(6, upToKey);
  assertEquals(subject(request.body), subject(recorded.body), step);
}

Deno.test("enrolment, joins and rotates with the recorded requests, over real TLS", async () => {
  const folder = await Deno.makeTempDir();
  const files = {
    caFile: `${folder}/rootCA.crt`,
    certFile: `${folder}/server.crt`,
    keyFile: `${folder}/server.key`,
  };
  await withEnrolmentHub({ ca, clock }, async (hub) => {
    const server = { host: "127.0.0.1", port: hub.port };
    const token = await hub.endpoint.tokens.issue();
    const enrolled = await enrol({
      server,
      token: JoinToken.parse(token),
      nodeId: "edge-1",
      clock,
      random: () => 0,
    });
    writeCredentials(files, enrolled);
    const first = readCredentials(files);
    const { certPem = "", keyPem = "" } = first;
    const rotated = await requestCertificate({
      nodeId: "edge-1",
      authorities: first,
      proof: { kind: "certificate", pair: { certPem, keyPem } },
    }, { server, clock });
    writeCredentials(files, rotated);
    assert(readCredentials(files).certPem !== certPem);
    const [authority, certificate, rotation] = hub.requests;
    assertAsRecorded(authority, { step: "enrol-ca", token });
    assertAsRecorded(certificate, { step: "enrol", token });
    assertAsRecorded(rotation, { step: "rotate", token });
    assertEquals(hub.requests.length, 3);
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("enrolment, the command needs no more permissions than the program has", async () => {
  const folder = await Deno.makeTempDir();
  await using server = new EnrolmentServer({ ca, clock });
  await server.start();
  await Deno.writeTextFile(
    `${folder}/token`,
    await server.endpoint.tokens.issue(),
  );
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      ...PERMISSIONS,
      main,
      "join",
      `--server=localhost:${server.port}`,
      `--token-file=${folder}/token`,
      "--node-id=edge-1",
      `--cert-dir=${folder}/certs`,
    ],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals(code, 0, text(stderr));
  assertStringIncludes(text(stdout), "Put this into edge.yaml");
  const mode = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;
  assertEquals(mode(`${folder}/certs`), 0o700);
  for (const { name } of Deno.readDirSync(`${folder}/certs`)) {
    assertEquals(mode(`${folder}/certs/${name}`), 0o600, name);
  }
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), [
    "certs",
  ]);
  await Deno.remove(folder, { recursive: true });
});
