import { assertEquals, assertStringIncludes } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { checkFiles } from "../../../lib/doctor/mod.ts";
import { main } from "../../../lib/cli/mod.ts";
import { loadConfig } from "../../../lib/config/mod.ts";
import { CertificateAuthority } from "../../../lib/dev/mod.ts";
import { writeCredentials } from "../../../lib/identity/mod.ts";
import { RECORDED_TOKEN } from "../../support/enrolment_recording.ts";
import { FakeIo } from "../cli/fake_io.ts";

Deno.test("checkFiles, what the configuration names is read as the node would", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const ca = await CertificateAuthority.create(new SystemClock());
    const write = (name: string, text: string, mode = 0o600) => {
      Deno.writeTextFileSync(`${folder}/${name}`, text);
      Deno.chmodSync(`${folder}/${name}`, mode);
    };
    const check = async () => {
      const io = new FakeIo();
      const sets = [
        "edgehub.websocket.url=wss://127.0.0.1:10000",
        "edgehub.controller.node-id=edge-1",
        `edgehub.websocket.cafile=${folder}/ca`,
        `edgehub.websocket.certfile=${folder}/cert`,
        `edgehub.websocket.keyfile=${folder}/key`,
        "edged.listen=127.0.0.1:10351",
        `edged.token-file=${folder}/token`,
      ].flatMap((set) => ["--set", set]);
      const code = await main(["config", "check", ...sets], io);
      const warned = io.out.split("\n").filter((l) => l.startsWith("warning"));
      return { code, warned, ...io };
    };
    const nothing = await check();
    assertEquals(nothing.code, 1);
    const [missing = ""] = nothing.warned;
    assertStringIncludes(missing, "edgehub.websocket.certfile: no certificate");
    assertStringIncludes(nothing.warned[1] ?? "", "edged.token-file: ");
    assertStringIncludes(nothing.err, "the configuration is well-formed, but");
    assertEquals(nothing.out.includes("ok:"), false);

    const { cert, key } = await ca.client("edge-1");
    write("ca", ca.cert);
    write("cert", cert);
    write("key", "junk");
    write("token", "word", 0o644);
    const half = await check();
    assertStringIncludes(half.warned[0] ?? "", "edgehub.websocket.keyfile: ");
    assertStringIncludes(half.warned[1] ?? "", "Set its mode to 0600");

    write("key", key);
    write("token", " ");
    const empty = await check();
    assertEquals(empty.warned.length, 1);
    assertStringIncludes(empty.warned[0] ?? "", "Token file is empty");

    write("token", "word");
    const good = await check();
    assertEquals([good.code, good.err, good.warned], [0, "", []]);

    const old = await ca.client("edge-1", { fromMs: -2000, untilMs: -1000 });
    write("cert", old.cert);
    write("key", old.key);
    const late = await check();
    assertEquals(late.code, 1);
    assertStringIncludes(late.warned[0] ?? "", "the certificate ran out at");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("checkFiles, a node with a token that has not joined yet is fine", async () => {
  const folder = await Deno.makeTempDir();
  const sets = [
    "edgehub.websocket.url=wss://127.0.0.1:10000",
    ...["ca", "cert", "key"].map((name) =>
      `edgehub.websocket.${name}file=${folder}/${name}`
    ),
  ];
  const check = async (...more: string[]) => {
    const io = new FakeIo();
    const args = [...sets, ...more].flatMap((set) => ["--set", set]);
    return { code: await main(["config", "check", ...args], io), ...io };
  };
  const token = await check(`edgehub.token=${RECORDED_TOKEN}`);
  assertEquals([token.code, token.err], [0, ""]);
  assertStringIncludes(token.out, "note: not joined yet: ");
  assertEquals(token.out.includes(RECORDED_TOKEN), false);
  const file = `edgehub.token-file=${folder}/token`;
  const absent = await check(file);
  assertEquals(absent.code, 0);
  assertStringIncludes(absent.out, `joins with the token of ${folder}/token`);
  await Deno.writeTextFile(`${folder}/token`, "junk", { mode: 0o600 });
  const junk = await check(file);
  assertEquals(junk.code, 1);
  assertStringIncludes(junk.out, "edgehub.token-file: Cannot use the join");
  await Deno.writeTextFile(`${folder}/token`, RECORDED_TOKEN);
  await Deno.chmod(`${folder}/token`, 0o644);
  const loose = await check(file);
  assertStringIncludes(loose.out, "mode 0644. Set its mode to 0600");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("checkFiles, a neighbour's certificate and a key that others may read are problems", async () => {
  const folder = await Deno.makeTempDir();
  const ca = await CertificateAuthority.create(new SystemClock());
  const files = ["ca", "cert", "key"].map((name) => `${folder}/${name}`);
  const [caFile = "", certFile = "", keyFile = ""] = files;
  const check = async (node: string, mode: number) => {
    const { cert, key } = await ca.client(node);
    const [caPem, certPem, keyPem] = [ca.cert, cert, key];
    const at = { caFile, certFile, keyFile };
    writeCredentials(at, { caPem, certPem, keyPem });
    Deno.chmodSync(keyFile, mode);
    const { config } = await loadConfig({
      sets: [
        "edgehub.websocket.url=wss://127.0.0.1:10000",
        "edgehub.controller.node-id=edge-1",
        `edgehub.websocket.cafile=${caFile}`,
        `edgehub.websocket.certfile=${certFile}`,
        `edgehub.websocket.keyfile=${keyFile}`,
      ],
      hostname: () => "h",
    });
    const { problems } = checkFiles(config, new SystemClock().now());
    return problems.map(({ key, text }) => `${key}: ${text}`);
  };
  assertEquals(await check("edge-1", 0o600), []);
  const [foreign] = await check("edge-2", 0o600);
  assertStringIncludes(foreign ?? "", "certfile: The certificate is not this");
  assertEquals(await check("edge-1", 0o640), [
    `edgehub.websocket.keyfile: Others may read ${keyFile}, mode 0640. ` +
    "Set its mode to 0600",
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("checkFiles, a node without a certificate of its own needs the authority", async () => {
  const file = await Deno.makeTempFile();
  const { config } = await loadConfig({
    sets: [
      "edgehub.websocket.url=wss://127.0.0.1:10000",
      `edgehub.websocket.cafile=${file}`,
    ],
    hostname: () => "h",
  });
  const keys = () => checkFiles(config, 0).problems.map(({ key }) => key);
  assertEquals(keys(), ["edgehub.websocket.cafile"]);
  const ca = await CertificateAuthority.create(new SystemClock());
  await Deno.writeTextFile(file, ca.cert);
  assertEquals(keys(), []);
  await Deno.remove(file);
});

Deno.test("checkFiles, who signs for a proxy is read if it speaks TLS", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/proxy.crt`;
  const check = async (proxy: string) => {
    const { config } = await loadConfig({
      sets: [`edgehub.proxy=${proxy}`, `edgehub.proxy-cafile=${file}`],
      hostname: () => "edge-1",
    });
    return checkFiles(config, 0).problems;
  };
  assertEquals(await check("http://p:1"), []);
  const [missing] = await check("https://p:1");
  assertEquals(missing?.key, "edgehub.proxy-cafile");
  assertStringIncludes(missing?.text ?? "", "Cannot read the proxy's");
  const ca = await CertificateAuthority.create(new SystemClock());
  await Deno.writeTextFile(file, ca.cert);
  assertEquals(await check("https://p:1"), []);
  await Deno.remove(folder, { recursive: true });
});
