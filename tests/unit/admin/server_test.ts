import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { AdminServer } from "../../../lib/admin/mod.ts";
import { UnixSocketError } from "../../../lib/base/mod.ts";
import { Health } from "../../../lib/telemetry/mod.ts";
import { keepingLog, until } from "../../support/edged_harness.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

async function startBench(options: { socket?: string } = {}) {
  const folder = await Deno.makeTempDir();
  const socket = options.socket ?? `${folder}/run/admin.sock`;
  const clock = new VirtualClock();
  const health = new Health(clock, { stallMs: 0 });
  const log = keepingLog();
  const status = { node: "edge-1" as unknown };
  const server = new AdminServer({
    sources: {
      health: () => health.report(),
      metrics: () => "metamanager_up 1\n",
      status: () => {
        if (status.node instanceof Error) throw status.node;
        return status;
      },
    },
    log,
    clock,
  }, { socket });
  try {
    await server.start();
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
  const client = Deno.createHttpClient({
    proxy: { transport: "unix", path: socket },
  });
  const get = async (path: string, init: RequestInit = {}) => {
    const url = path.startsWith("http") ? path : `http://localhost${path}`;
    const response = await fetch(url, { ...init, client });
    return { response, status: response.status, body: await response.text() };
  };
  return {
    folder,
    socket,
    server,
    clock,
    health,
    log,
    status,
    get,
    [Symbol.asyncDispose]: async () => {
      client.close();
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Sends a request by hand and returns its first line. */
async function statusLine(path: string, text: string): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path });
  await connection.write(new TextEncoder().encode(text));
  const buffer = new Uint8Array(1_000);
  const length = await connection.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, length ?? 0))
    .split("\r\n")[0]!;
}

Deno.test("AdminServer, the socket is for the node's user alone", async () => {
  await using bench = await startBench();
  assertEquals((await Deno.stat(bench.socket)).mode! & 0o777, 0o600);
  const folder = await Deno.stat(`${bench.folder}/run`);
  assertEquals(folder.mode! & 0o777, 0o750);
  await bench.server.start();
  await bench.server.stop();
  await assertRejects(() => Deno.stat(bench.socket), Deno.errors.NotFound);
});

Deno.test("AdminServer, health pages tell what is wrong", async () => {
  await using bench = await startBench();
  for (const path of ["/healthz", "/livez", "/readyz"]) {
    const { status, body, response } = await bench.get(path);
    assertEquals([status, body], [200, "ok\n"], path);
    assertEquals(response.headers.get("cache-control"), "no-store");
  }
  bench.health.set("cloud link", "degraded", "not connected");
  bench.health.set("store", "ok");
  const verbose = await bench.get("/readyz?verbose");
  assertEquals(verbose.status, 200);
  assertEquals(
    verbose.body,
    "[-]cloud link degraded: not connected\n[+]store ok\ncheck passed\n",
  );
  bench.health.set("store", "failed", "disk full");
  const failed = await bench.get("/readyz");
  assertEquals(failed.status, 503);
  assertMatch(failed.body, /\[-\]store failed: disk full\n/);
  assertEquals((await bench.get("/healthz")).status, 503);
  assertEquals((await bench.get("/livez")).status, 200);
});

Deno.test("AdminServer, a loop that stands still is not live", async () => {
  await using bench = await startBench();
  bench.health.heartbeat("processor", () => 1);
  bench.health.report();
  const { status, body } = await bench.get("/livez");
  assertEquals(status, 503);
  assertMatch(body, /\[-\]processor stalled\n/);
});

Deno.test("AdminServer, metrics and status", async () => {
  await using bench = await startBench();
  const metrics = await bench.get("/metrics");
  assertEquals(metrics.body, "metamanager_up 1\n");
  assertMatch(metrics.response.headers.get("content-type")!, /version=0\.0\.4/);
  const status = await bench.get("/status");
  assertEquals(JSON.parse(status.body), { node: "edge-1" });
  assertEquals(status.response.headers.get("content-type"), "application/json");
});

Deno.test("AdminServer, other paths and methods", async () => {
  await using bench = await startBench();
  const missing = await bench.get("/nothing");
  assertEquals(missing.status, 404);
  assertMatch(missing.body, /\/metrics/);
  const post = await bench.get("/metrics", { method: "POST", body: "x" });
  assertEquals(post.status, 405);
  assertEquals(post.response.headers.get("allow"), "GET, HEAD");
  const head = await bench.get("/metrics", { method: "HEAD" });
  assertEquals([head.status, head.body], [200, ""]);
});

Deno.test("AdminServer, refuses web pages and foreign hosts", async () => {
  await using bench = await startBench();
  const ask = (lines: string) =>
    statusLine(bench.socket, `GET /status HTTP/1.1\r\n${lines}\r\n\r\n`);
  assertMatch(await ask("Host: localhost"), / 200 /);
  assertMatch(await ask("Host: 127.0.0.1:80"), / 200 /);
  assertMatch(await ask("Host: evil.example"), / 403 /);
  assertMatch(
    await ask("Host: localhost\r\nOrigin: http://evil.example"),
    / 403 /,
  );
  const none = await statusLine(bench.socket, "GET /status HTTP/1.0\r\n\r\n");
  assertMatch(none, / 403 /);
});

Deno.test("AdminServer, a source that throws is logged, its text not shown", async () => {
  await using bench = await startBench();
  bench.status.node = new Error("inner words");
  const { status, body } = await bench.get("/status");
  assertEquals(status, 500);
  assert(!body.includes("inner words"));
  assertMatch(bench.log.lines.join("\n"), /page failed.*inner words/);
});

Deno.test("AdminServer, does not start where another instance runs", async () => {
  await using bench = await startBench();
  await assertRejects(
    () => startBench({ socket: bench.socket }),
    UnixSocketError,
    "another instance",
  );
});

Deno.test("AdminServer, answers while the node drains, not after its stop", async () => {
  await using bench = await startBench();
  await bench.server.drain();
  assertEquals((await bench.get("/livez")).status, 200);
  using idle = await Deno.connect({ transport: "unix", path: bench.socket });
  await bench.server.stop();
  assertEquals(await idle.read(new Uint8Array(1)).catch(() => null), null);
  await assertRejects(() =>
    Deno.connect({ transport: "unix", path: bench.socket })
  );
  await bench.server.stop();
});

Deno.test("AdminServer, drain and stop before start do nothing", async () => {
  const server = new AdminServer({} as never, { socket: "x" });
  await server.drain();
  await server.stop();
  await server[Symbol.asyncDispose]();
});

Deno.test("AdminServer, a socket file removed under a running node is made anew", async () => {
  await using bench = await startBench();
  const { clock, folder, get, log, socket } = bench;
  const answers = async () => {
    await clock.advance(5000);
    try {
      return (await Deno.stat(socket)).mode! & 0o777;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return 0;
      throw error;
    }
  };
  // Its whole folder, as a cleaner of /run would take it.
  for (const path of [socket, `${folder}/run`]) {
    await Deno.remove(path, { recursive: true });
    await until(async () => await answers() === 0o600, "the socket is back");
    assertEquals((await get("/livez")).status, 200, path);
  }
  const told = log.lines.filter((line) => line.includes("made anew"));
  assertEquals(told.length, 2);
  // It cannot be made while a file has the folder's name; then it is.
  await Deno.remove(`${folder}/run`, { recursive: true });
  await Deno.writeTextFile(`${folder}/run`, "");
  await until(async () => {
    await clock.advance(5000);
    return log.lines.some((line) => line.includes("cannot be made anew"));
  }, "the failure is told");
  await Deno.remove(`${folder}/run`);
  await until(async () => await answers() === 0o600, "the socket is back");
});
