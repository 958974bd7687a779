import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EdgeNode } from "../../../../lib/app/mod.ts";
import { SystemClock } from "../../../../lib/base/mod.ts";
import { examinationOf } from "../../../../lib/cli/examination.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { loadConfig } from "../../../../lib/config/mod.ts";
import { examineNode } from "../../../../lib/doctor/mod.ts";
import { CloudHub } from "../../../../lib/dev/mod.ts";
import { Logger } from "../../../../lib/telemetry/mod.ts";
import { Stage } from "../../doctor/stage.ts";
import { FakeIo } from "../fake_io.ts";

async function doctor(stage: Stage, ...more: string[]) {
  const io = new FakeIo();
  const sets = stage.sets().flatMap((set) => ["--set", set]);
  const code = await main(["doctor", ...sets, ...more], io);
  return { code, out: io.out, err: io.err };
}

const cloud = (url: string) => ["--set", `edgehub.websocket.url=${url}`];

async function node(stage: Stage, url: string): Promise<EdgeNode> {
  const clock = new SystemClock();
  const config = await stage.config(`edgehub.websocket.url=${url}`);
  return new EdgeNode(config, {
    log: new Logger("node", { clock, sink: () => {} }),
  });
}

Deno.test("doctor, the node is down: every step to an upgrade and the cloud's answer", async () => {
  await using stage = await Stage.make();
  await using hub = new CloudHub();
  await hub.start();
  const url = `ws://127.0.0.1:${hub.port}`;
  const { code, out, err } = await doctor(stage, ...cloud(url));
  assertEquals([code, err], [0, ""]);
  for (
    const line of [
      "ok    configuration: the default configuration",
      "warn  configuration: edgehub.websocket.url is ws://",
      "ok    folder: ",
      "ok    free space: ",
      "ok    clock: ",
      "warn  node: It does not run\n      remedy: Start it",
      "ok    dns: 127.0.0.1 is an address",
      "ok    tcp: connected to 127.0.0.1",
      "ok    http: ",
      "ok    upgrade: ",
      "ok    answer: the cloud answers this node",
      "ok    socket: ",
      "ok    store: ",
    ]
  ) assertStringIncludes(out, line);
});

Deno.test("doctor, the node runs: it is asked, and its session is not taken", async () => {
  await using stage = await Stage.make();
  await using hub = new CloudHub();
  await hub.start();
  const url = `ws://127.0.0.1:${hub.port}`;
  await using running = await node(stage, url);
  await running.start();
  await hub.events.waitFor(({ kind }) => kind === "open");
  while (running.status().link.state !== "connected") {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { code, out } = await doctor(stage, ...cloud(url));
  assertEquals(code, 0, out);
  assertStringIncludes(out, "ok    node: edge-1 runs since ");
  assertStringIncludes(out, "ok    upgrade: The running node is connected");
  assertStringIncludes(out, ", in use");
  assertEquals(out.includes("answer:"), false);
  const opened = hub.events.entries.filter(({ kind }) => kind === "open");
  assertEquals(opened.length, 1);
  assertEquals(running.status().link.state, "connected");
  // Its socket is elsewhere: the lock of its store tells that it runs.
  const mute = await doctor(
    stage,
    ...cloud(url),
    "--set",
    `admin.socket=${stage.folder}/run/other.sock`,
  );
  assertStringIncludes(mute.out, `It runs as process ${Deno.pid}, but cannot`);
  assertStringIncludes(mute.out, "warn  upgrade: Not tried: a node runs here");
  assertEquals(
    hub.events.entries.filter(({ kind }) => kind === "open").length,
    1,
  );
});

Deno.test("doctor, what fails exits 1, and is JSON for programs", async () => {
  await using stage = await Stage.make();
  await stage.writePair();
  Deno.writeTextFileSync(`${stage.folder}/key`, "junk");
  const token = stage.write("token", "word", 0o644);
  const args = stage.tls("wss://127.0.0.1:1").concat(
    "edged.listen=127.0.0.1:0",
    `edged.token-file=${token}`,
  ).flatMap((set) => ["--set", set]);
  const { code, out } = await doctor(stage, ...args, "-o", "json");
  assertEquals(code, 1);
  const { ok, worst, checks } = JSON.parse(out);
  assertEquals([ok, worst], [false, "fail"]);
  const failed = checks.filter((one: { state: string }) =>
    one.state === "fail"
  );
  assertEquals(failed.map((one: { check: string }) => one.check), [
    "edged.token-file",
    "certificate",
    "tcp",
  ]);
  for (const { text, remedy } of failed) assert(text && remedy);
});

Deno.test("doctor, a configuration that cannot be used exits 2 and is a finding", async () => {
  await using stage = await Stage.make();
  const wrong = ["--set", "log.levl=x"];
  const text = await doctor(stage, ...wrong);
  assertEquals(text.code, 2);
  assertStringIncludes(text.out, "fail  configuration: Cannot use the config");
  assertStringIncludes(
    text.out,
    "remedy: Correct it: metamanager config check",
  );
  const json = await doctor(stage, ...wrong, "-o", "json");
  assertEquals([json.code, JSON.parse(json.out).ok], [2, false]);
});

Deno.test("doctor, a standalone node needs no cloud; a store that cannot be looked at", async () => {
  await using stage = await Stage.make();
  const alone = await doctor(stage);
  assertEquals(alone.code, 0);
  assertStringIncludes(alone.out, "ok    cloud: none is configured");
  const file = stage.write("file", "");
  const odd = await doctor(
    stage,
    "--set",
    `store.path=${file}/metamanager.db`,
    "--set",
    "admin.socket=",
  );
  assertEquals(odd.code, 1);
  assertStringIncludes(odd.out, "warn  store: Cannot look at ");
  assertStringIncludes(odd.out, "warn  node: Cannot ask the node");
});

Deno.test("doctor, where nobody can tell whether a node runs no session is opened", async () => {
  await using stage = await Stage.make();
  await using hub = new CloudHub();
  await hub.start();
  const file = stage.write("file", "");
  const { out } = await doctor(
    stage,
    ...cloud(`ws://127.0.0.1:${hub.port}`),
    "--set",
    `store.path=${file}/metamanager.db`,
  );
  assertStringIncludes(out, "warn  upgrade: Not tried: a node may run here");
  assertEquals(hub.events.entries.some(({ kind }) => kind === "open"), false);
});

Deno.test("doctor, as a stranger it does not blame folders that are not his", async () => {
  await using stage = await Stage.make();
  Deno.mkdirSync(`${stage.folder}/store`);
  const loaded = await loadConfig({ sets: stage.sets(), hostname: () => "h" });
  const checks = async (uid: number) => {
    const options = { ...examinationOf(loaded, undefined), uid };
    const found = [];
    for await (const { check } of examineNode(options)) found.push(check);
    return found;
  };
  const { uid } = Deno.statSync(stage.folder);
  assertEquals((await checks(uid ?? 0)).includes("folder"), true);
  assertEquals((await checks(4321)).includes("folder"), false);
});

Deno.test("doctor, of several addresses each is tried, and one session is opened", async () => {
  await using stage = await Stage.make();
  await using hub = new CloudHub();
  await hub.start();
  const url = `ws://localhost:${hub.port}`;
  const { code, out } = await doctor(
    stage,
    ...cloud("ws://127.0.0.1:1"),
    "--set",
    `edgehub.websocket.urls=[${url}, ws://127.0.0.1:${hub.port}]`,
  );
  assertEquals(code, 1, out);
  assertStringIncludes(out, "fail  tcp: Cannot connect to 127.0.0.1:1");
  assertStringIncludes(out, `ok    upgrade: localhost:${hub.port} took`);
  const opened = hub.events.entries.filter(({ kind }) => kind === "open");
  assertEquals(opened.length, 1);
});
