import { assertEquals, assertRejects } from "@std/assert";
import { readArguments } from "../../../lib/cli/arguments.ts";
import { UsageError } from "../../../lib/cli/mod.ts";
import { join } from "../../../lib/cli/commands/join.ts";
import { joinPlan } from "../../../lib/cli/join_plan.ts";
import { RECORDED_TOKEN } from "../../support/enrolment_recording.ts";
import { FakeIo } from "./fake_io.ts";

const plan = (...args: string[]) =>
  joinPlan(readArguments(join, args, new FakeIo()));

Deno.test("joinPlan, without a word: the host's name, beside the store, no server", async () => {
  const { server, token, nodeId, files, attemptsMax, isForced } = await plan();
  assertEquals({ server, token, nodeId, attemptsMax, isForced }, {
    server: undefined,
    token: undefined,
    nodeId: "host",
    attemptsMax: 5,
    isForced: false,
  });
  assertEquals(files, {
    caFile: "/var/lib/metamanager/certs/rootCA.crt",
    certFile: "/var/lib/metamanager/certs/server.crt",
    keyFile: "/var/lib/metamanager/certs/server.key",
  });
});

Deno.test("joinPlan, the configuration names server, node and files; options win", async () => {
  const sets = [
    "edgehub.websocket.url=wss://[::1]:10000",
    "edgehub.websocket.cafile=/c/ca",
    "edgehub.websocket.certfile=/c/crt",
    "edgehub.websocket.keyfile=/c/key",
    "edgehub.controller.node-id=edge-7",
  ].flatMap((set) => ["--set", set]);
  const configured = await plan(...sets);
  assertEquals(configured.server, { host: "::1", port: 10_002 });
  assertEquals(configured.nodeId, "edge-7");
  assertEquals(configured.files, {
    caFile: "/c/ca",
    certFile: "/c/crt",
    keyFile: "/c/key",
  });
  const given = await plan(
    ...sets,
    "--server=c:1",
    "--node-id=n",
    "--cert-dir=/d",
    "--attempts=2",
    "--force",
  );
  assertEquals(given.server, { host: "c", port: 1 });
  assertEquals(given.nodeId, "n");
  assertEquals(given.files.keyFile, "/d/server.key");
  assertEquals([given.attemptsMax, given.isForced], [2, true]);
});

Deno.test("joinPlan, a relative folder is named so that it can stand in edge.yaml", async () => {
  const { files } = await plan("--cert-dir=certs");
  assertEquals(files.keyFile, `${Deno.cwd()}/certs/server.key`);
});

Deno.test("joinPlan, the token from the command line or a file; none if the file is gone", async () => {
  const [hash] = RECORDED_TOKEN.split(".");
  assertEquals((await plan("--token", RECORDED_TOKEN)).token?.caHash, hash);
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, `${RECORDED_TOKEN}\n`);
  const read = await plan("--token-file", file);
  assertEquals([read.token?.caHash, read.tokenFile], [hash, file]);
  await Deno.remove(file);
  assertEquals((await plan("--token-file", file)).token, undefined);
});

Deno.test("joinPlan, without options the token and the server of the configuration count", async () => {
  const folder = await Deno.makeTempDir();
  const config = `${folder}/edge.yaml`;
  const [hash] = RECORDED_TOKEN.split(".");
  await Deno.writeTextFile(
    config,
    `edgehub:\n  token: ${RECORDED_TOKEN}\n  token-file: token\n` +
      "  http-server: c:7\n",
  );
  const inConfig = await plan("--config", config);
  assertEquals(inConfig.server, { host: "c", port: 7 });
  assertEquals([inConfig.token?.caHash, inConfig.configFile], [hash, config]);
  await Deno.writeTextFile(`${folder}/token`, RECORDED_TOKEN);
  const inFile = await plan("--config", config);
  assertEquals([inFile.token?.caHash, inFile.tokenFile, inFile.configFile], [
    hash,
    `${folder}/token`,
    "",
  ]);
  const given = await plan("--config", config, "--token", RECORDED_TOKEN);
  assertEquals([given.tokenFile, given.configFile], ["", ""]);
  const set = await plan("--set", `edgehub.token=${RECORDED_TOKEN}`);
  assertEquals([set.token?.caHash, set.configFile], [hash, ""]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("joinPlan, refuses what makes no sense, and quotes no token", async () => {
  const refused = async (reason: string, ...args: string[]) => {
    const error = await assertRejects(() => plan(...args), UsageError, reason);
    assertEquals(error.message.includes("secret"), false);
  };
  await refused("--server expects HOST", "--server", "a b");
  await refused("--attempts expects 1 to 9999", "--attempts", "0");
  await refused("expected 4 parts", "--token", "secret");
  await refused("exclude each other", "--token", "a", "--token-file", "b");
  await refused("no readable file", "--token-file", "/");
});
