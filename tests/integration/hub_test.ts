import { X509Certificate } from "node:crypto";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { AgentClient } from "../../lib/agent/mod.ts";
import { EdgeNode } from "../../lib/app/mod.ts";
import { SystemClock, systemIds } from "../../lib/base/mod.ts";
import { main } from "../../lib/cli/mod.ts";
import { loadConfig } from "../../lib/config/mod.ts";
import { DevelopmentHub } from "../../lib/dev/mod.ts";
import { silentLogger } from "../../lib/telemetry/mod.ts";
import { FakeIo } from "../unit/cli/fake_io.ts";

const POD = `kind: Pod
metadata: { name: web-0 }
spec: { containers: [{ name: main, image: "nginx:1" }] }
`;

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

async function command(args: readonly string[], input = "") {
  const io = new FakeIo();
  io.input = input;
  const code = await main(args, io);
  return { code, out: io.out, err: io.err };
}

Deno.test("hub, a newcomer plays cloud: a node finds it, and a pod applied to it comes to the agent", async () => {
  const base = await Deno.makeTempDir();
  const folder = `${base}/hub`;
  const clock = new SystemClock();
  try {
    await using cloud = await DevelopmentHub.start({
      folder,
      node: "edge-1",
      port: 0,
      apiPort: 0,
    });
    const mode = (name: string) =>
      (Deno.statSync(`${folder}/${name}`).mode ?? 0) & 0o777;
    assertEquals(mode(""), 0o700);
    assertEquals([mode("hub.json"), mode("edge-1.key")], [0o600, 0o600]);
    // One that runs overnight, or for weeks, must go on.
    for (const name of ["rootCA.crt", "edge-1.crt"]) {
      const pem = Deno.readTextFileSync(`${folder}/${name}`);
      const untilMs = Date.parse(new X509Certificate(pem).validTo);
      assert(untilMs - Date.now() > 300 * 24 * 3600 * 1000, name);
    }
    const passed: string[] = [];
    const end = cloud.watch({
      frame: ({ from, message }) =>
        passed.push(
          `${from} ${message?.route.operation} ${message?.route.resource}`,
        ),
      event: ({ kind }) => passed.push(kind),
    });
    const { config } = await loadConfig({
      file: cloud.nodeConfig,
      hostname: () => "host",
    });
    await using node = new EdgeNode(config, {
      clock,
      log: silentLogger(clock),
    });
    await node.start();
    const seen: string[] = [];
    const arrived = Promise.withResolvers<void>();
    await using agent = new AgentClient({
      address: { socket: config.edged.socket },
      module: "edged",
      answers: true,
      onMessage: ({ route }) => {
        seen.push(`${route.operation} ${route.resource}`);
        if (route.resource === "default/pod/web-0") arrived.resolve();
      },
    });
    await agent.connect();
    const applied = await command(["apply", "-f", "-", "--hub", folder], POD);
    assertEquals(applied, { code: 0, out: "pod/web-0 created\n", err: "" });
    await arrived.promise;
    assert(seen.includes("insert default/pod/web-0"), seen.join());
    await cloud.hub.synced("edge-1");
    assert(passed.includes("open"));
    assert(passed.includes("cloud insert default/pod/web-0"));
    end();

    const again = await command(
      ["apply", "-f", "-", "--hub", folder, "-o", "json"],
      POD,
    );
    assertEquals(JSON.parse(again.out).results[0].result, "unchanged");
    const gone = await command(
      ["delete", "po/web-0", "--hub", folder, "-o", "name"],
    );
    assertEquals(gone, { code: 0, out: "pod/web-0\n", err: "" });
    const others = await command(
      ["delete", "cm,widget", "a", "b", "--hub", folder],
    );
    assertEquals(
      others.err,
      ["configmap/a", "configmap/b", "widget/a", "widget/b"]
        .map((name) => `${name} not found\n`).join(""),
    );
    const none = await command(["delete", "po", "nope", "--hub", folder]);
    assertEquals(none, { code: 1, out: "", err: "pod/nope not found\n" });
    const empty = await command(["apply", "-f", "-", "--hub", folder], "---");
    assertEquals([empty.code, empty.err], [
      1,
      "There are no manifests in it\n",
    ]);
    const wrong = await command(
      ["apply", "-f", "-", "--hub", folder],
      "kind: A",
    );
    assertEquals(wrong.code, 1);
    assertStringIncludes(wrong.err, "it has no metadata");
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});

Deno.test("apply and delete, without a hub or with odd words, say what to do", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const down = await command(["apply", "-f", "-", "--hub", folder], POD);
    assertEquals(down.code, 1);
    assertStringIncludes(down.err, "No hub runs");
    assertStringIncludes(down.err, "metamanager hub");
    const gone = { url: "http://127.0.0.1:1", token: systemIds() };
    await Deno.writeTextFile(`${folder}/hub.json`, JSON.stringify(gone));
    const ended = await command(["delete", "pod", "a", "--hub", folder]);
    assertStringIncludes(ended.err, "Cannot ask the hub at http://127.0.0.1:1");
    assert(!ended.err.includes(gone.token));
    await Deno.writeTextFile(`${folder}/hub.json`, "{");
    const broken = await command(["delete", "pod", "a", "--hub", folder]);
    assertStringIncludes(broken.err, "Cannot read");
    for (
      const args of [
        ["apply"],
        ["apply", "-f", `${folder}/none`],
        ["delete", "pod"],
        ["delete", "all", "a"],
        ["delete", "pod/a", "b"],
        ["delete", "pod", "a", "-f", "x"],
        ["hub", "--port", "99999"],
        ["hub", "--node", "../x"],
      ]
    ) {
      assertEquals((await command(args)).code, 2, args.join(" "));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("hub, as a process: shows what passes, and ends in good order", async () => {
  const folder = await Deno.makeTempDir();
  const args = ["hub", "--folder", `${folder}/hub`, "--port", "0"];
  try {
    const process = spawn([...args, "--api-port", "0"]);
    const reader = process.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    let out = "";
    const upTo = async (part: string) => {
      while (!out.includes(part)) {
        const { value, done } = await reader.read();
        assert(!done, `ended before: ${part}\n${out}`);
        out += value;
      }
    };
    await upTo("Bearer");
    const [, port = ""] = /wss:\/\/127\.0\.0\.1:(\d+)\//.exec(out) ?? [];
    assertStringIncludes(out, `metamanager run --config ${folder}/hub/edge-1`);
    const text = await Deno.readTextFile(`${folder}/hub/hub.json`);
    const { url, token } = JSON.parse(text);
    assertStringIncludes(out, `POST ${url}/apply`);
    assertStringIncludes(out, `Bearer ${token}`);
    const apiPort = new URL(url).port;
    const taken = await spawn([
      ...args.slice(0, -1),
      port,
      "--api-port",
      apiPort,
    ]).output();
    assertEquals(taken.code, 1);
    const said = new TextDecoder().decode(taken.stderr);
    assertStringIncludes(said, "is taken");
    assertStringIncludes(said, "--api-port");
    const conn = await Deno.connect({ port: Number(port) });
    await conn.write(new TextEncoder().encode("no TLS"));
    conn.close();
    await upTo("connection failed");
    process.kill("SIGINT");
    while (!(await reader.read()).done);
    assertEquals((await process.status).code, 0);
    await process.stderr.cancel();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function spawn(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", MAIN, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
}
