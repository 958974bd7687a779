import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority } from "../../../lib/dev/mod.ts";
import { checkCredentials } from "../../../lib/doctor/check_credentials.ts";
import { RECORDED_TOKEN } from "../../support/enrolment_recording.ts";
import { CA, heads, Stage, texts } from "./stage.ts";

const DAY_MS = 24 * 3_600_000;
const URL = "wss://127.0.0.1:10000";
const clock = new SystemClock();

async function check(stage: Stage, ...more: string[]) {
  const config = await stage.config(...stage.tls(URL), ...more);
  return checkCredentials(config, clock.now());
}

Deno.test("checkCredentials, a good pair", async () => {
  await using stage = await Stage.make();
  await stage.writePair({ untilMs: 90 * DAY_MS });
  const ca = await CertificateAuthority.create(clock, { untilMs: 90 * DAY_MS });
  const { cert, key } = await ca.client("edge-1", { untilMs: 90 * DAY_MS });
  stage.write("ca", ca.cert);
  stage.write("cert", cert);
  stage.write("key", key);
  const { findings, hasPair, mayDial } = await check(stage);
  assertEquals(heads(findings), [
    "ok authority",
    "ok certificate",
    "ok key",
    "ok chain",
  ]);
  assertEquals([hasPair, mayDial], [true, true]);
});

Deno.test("checkCredentials, a key of another certificate is told and nothing is dialled with it", async () => {
  await using stage = await Stage.make();
  await stage.writePair();
  stage.write("key", (await CA.client("edge-1")).key);
  const { findings, hasPair, mayDial } = await check(stage);
  assertEquals(heads(findings), ["warn authority", "fail certificate"]);
  assertStringIncludes(texts(findings), "do not belong together");
  assertEquals([hasPair, mayDial], [false, false]);
});

Deno.test("checkCredentials, ends soon, ran out, another node's, another authority's, loose mode", async () => {
  await using stage = await Stage.make();
  await stage.writePair({ untilMs: 13 * DAY_MS });
  const soon = await check(stage, "edgehub.rotate-certificates=false");
  assertEquals(heads(soon.findings)[1], "warn certificate");
  assertStringIncludes(texts(soon.findings), "rotate-certificates is off");
  assertStringIncludes(
    texts((await check(stage)).findings),
    "was not replaced yet | Join with a new token",
  );
  await stage.writePair({ fromMs: -2000, untilMs: -1000 });
  const late = await check(stage);
  assertEquals(heads(late.findings)[1], "fail certificate");
  assertStringIncludes(texts(late.findings), "It ran out at 20");
  assert(late.mayDial);
  await stage.writePair({ commonName: "system:node:edge-2" });
  const foreign = await check(stage);
  assertEquals(heads(foreign.findings), ["warn authority", "fail certificate"]);
  assertEquals(foreign.mayDial, false);
  await stage.writePair({ commonName: "kubeedge.io" });
  assertStringIncludes(texts((await check(stage)).findings), "names no node");
  const by = await CertificateAuthority.create(clock);
  await stage.writePair({ by });
  Deno.chmodSync(`${stage.folder}/key`, 0o644);
  const loose = await check(stage);
  assertEquals(heads(loose.findings).slice(2), ["warn key", "warn chain"]);
  assertStringIncludes(texts(loose.findings), "mode 0644 | chmod 600");
  assertStringIncludes(texts(loose.findings), "did not sign");
});

Deno.test("checkCredentials, an authority that ran out, junk, or is not there", async () => {
  await using stage = await Stage.make();
  await stage.writePair();
  const past = { fromMs: -2000, untilMs: -1000 };
  stage.write("ca", (await CertificateAuthority.create(clock, past)).cert);
  const late = await check(stage);
  assertEquals(heads(late.findings)[0], "fail authority");
  assertStringIncludes(texts(late.findings), "present authority into");
  stage.write("ca", "junk");
  const junk = await check(stage);
  assertEquals(heads(junk.findings), ["fail authority"]);
  Deno.removeSync(`${stage.folder}/ca`);
  assertEquals(heads((await check(stage)).findings), ["fail authority"]);
});

Deno.test("checkCredentials, not joined: with a token it will, without it cannot", async () => {
  await using stage = await Stage.make();
  const none = await check(stage);
  assertEquals(heads(none.findings), ["fail authority", "fail certificate"]);
  assertStringIncludes(texts(none.findings), "There is none");
  const token = await check(stage, `edgehub.token=${RECORDED_TOKEN}`);
  assertEquals(heads(token.findings), ["warn authority", "warn certificate"]);
  assertStringIncludes(
    texts(token.findings),
    "joins with the token of edgehub",
  );
  assertEquals(texts(token.findings).includes(RECORDED_TOKEN), false);
});

Deno.test("checkCredentials, a node without a certificate, and one without TLS", async () => {
  await using stage = await Stage.make();
  stage.write("ca", CA.cert);
  const bare = await check(
    stage,
    "edgehub.websocket.certfile=",
    "edgehub.websocket.keyfile=",
  );
  assertEquals(heads(bare.findings), ["warn authority"]);
  assertEquals([bare.hasPair, bare.mayDial], [false, true]);
  const plain = await check(stage, "edgehub.websocket.url=ws://127.0.0.1:1");
  assertEquals(plain, { findings: [], hasPair: false, mayDial: true });
});
