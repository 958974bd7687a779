import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  enrolmentServer,
  hasIdentity,
  remedyOf,
  tokenSources,
} from "../../../lib/app/trust_config.ts";
import { loadConfig } from "../../../lib/config/mod.ts";
import { RECORDED_TOKEN } from "../../support/enrolment_recording.ts";

const FILES = ["ca", "cert", "key"].map((f) => `edgehub.websocket.${f}file=/f`);

async function load(...sets: string[]) {
  const { config } = await loadConfig({ sets, hostname: () => "h" });
  return config;
}

Deno.test("trust configuration, only a node with a certificate over wss has an identity", async () => {
  const wss = "edgehub.websocket.url=wss://c:1";
  assert(hasIdentity(await load(wss, ...FILES)));
  assert(!hasIdentity(await load(wss, FILES[0] ?? "")));
  assert(!hasIdentity(await load("edgehub.websocket.url=ws://c:1", ...FILES)));
  assert(!hasIdentity(await load()));
});

Deno.test("trust configuration, the token file comes before the token, --set is never erased", async () => {
  const config = await load(
    "edgehub.token-file=/t",
    `edgehub.token=${RECORDED_TOKEN}`,
  );
  const [file, given, ...more] = tokenSources(config);
  assertEquals([file?.place, given?.place, more], ["/t", "edgehub.token", []]);
  assertEquals(await given?.erase(), "");
  assertEquals(tokenSources(await load()), []);
  assertStringIncludes(remedyOf(config), "into /t");
  assertStringIncludes(remedyOf(await load()), "metamanager join --force");
});

Deno.test("trust configuration, the token of a file is erased there", async () => {
  const file = await Deno.makeTempFile();
  const text = (token: string) => `edgehub: {token: ${token}} # x\n`;
  await Deno.writeTextFile(file, text(RECORDED_TOKEN));
  const { config } = await loadConfig({ file, hostname: () => "h" });
  const [given] = tokenSources(config);
  assertEquals([given?.place, await given?.erase()], [file, ""]);
  assertEquals(await Deno.readTextFile(file), text('""'));
  await Deno.remove(file);
  assertStringIncludes(await given?.erase() ?? "", "No such file");
});

Deno.test("trust configuration, the certificate server", async () => {
  const server = async (...sets: string[]) =>
    enrolmentServer(await load(...sets));
  assertEquals(await server("edgehub.websocket.url=ws://c:1"), {
    host: "c",
    port: 10_002,
  });
  assertEquals(await server("edgehub.http-server=[::1]:7"), {
    host: "::1",
    port: 7,
  });
});
