import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkSockets } from "../../../lib/doctor/check_sockets.ts";
import { heads, Stage, texts } from "./stage.ts";

Deno.test("checkSockets, the node is down: free, left over, taken, no socket", async () => {
  await using stage = await Stage.make();
  const config = await stage.config("admin.socket=");
  const check = () => checkSockets(config, false);
  assertEquals(heads(await check()), ["ok socket"]);
  Deno.mkdirSync(`${stage.folder}/run`);
  const path = config.edged.socket;
  const listener = Deno.listen({ transport: "unix", path });
  const taken = await check();
  assertEquals(heads(taken), ["fail socket"]);
  assertStringIncludes(texts(taken), `Another process answers at ${path}`);
  Deno.renameSync(path, `${path}.kept`);
  listener.close();
  Deno.renameSync(`${path}.kept`, path);
  const stale = await check();
  assertEquals(heads(stale), ["ok socket"]);
  assertStringIncludes(texts(stale), "left by a node that was killed");
  Deno.removeSync(path);
  stage.write("run/edged.sock", "");
  assertEquals(heads(await check()), ["fail socket"]);
});

Deno.test("checkSockets, the node runs: it answers, it is not there, nobody listens", async () => {
  await using stage = await Stage.make();
  const config = await stage.config("edged.socket=");
  const check = () => checkSockets(config, true);
  const gone = await check();
  assertEquals(heads(gone), ["fail socket"]);
  assertStringIncludes(texts(gone), "Restart the node");
  Deno.mkdirSync(`${stage.folder}/run`);
  const path = config.admin.socket;
  const listener = Deno.listen({ transport: "unix", path });
  assertEquals(heads(await check()), ["ok socket"]);
  Deno.renameSync(path, `${path}.kept`);
  listener.close();
  Deno.renameSync(`${path}.kept`, path);
  assertEquals(heads(await check()), ["fail socket"]);
});

Deno.test("checkSockets, a path that cannot be looked at", async () => {
  await using stage = await Stage.make();
  const file = stage.write("file", "");
  const config = await stage.config(`edged.socket=${file}/x`, "admin.socket=");
  assertEquals(heads(await checkSockets(config, true)), ["warn socket"]);
});

Deno.test("checkSockets, the port of agents: free, taken, answering, silent, chosen", async () => {
  await using stage = await Stage.make();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const check = async (isRunning: boolean, at = port) => {
    const config = await stage.config(
      "edged.socket=",
      "admin.socket=",
      `edged.listen=127.0.0.1:${at}`,
      `edged.token-file=${stage.folder}/token`,
    );
    return heads(await checkSockets(config, isRunning));
  };
  assertEquals(await check(false), ["fail socket"]);
  assertEquals(await check(true), ["ok socket"]);
  listener.close();
  assertEquals(await check(false), ["ok socket"]);
  assertEquals(await check(true), ["fail socket"]);
  assertEquals(await check(true, 0), ["ok socket"]);
});
