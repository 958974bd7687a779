import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { publicView, ReadOnlyListener } from "../../../lib/admin/mod.ts";
import { LoopbackPortError, TokenFileError } from "../../../lib/base/mod.ts";
import { Health } from "../../../lib/telemetry/mod.ts";
import { keepingLog, until } from "../../support/edged_harness.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const TOKEN = "a-word";
const BEARER = { authorization: `Bearer ${TOKEN}` };

interface BenchOptions {
  readonly hostname?: string;
  readonly port?: number;
  readonly tokenFile?: string;
  readonly connectionsMax?: number;
}

async function startBench(options: BenchOptions = {}) {
  const folder = await Deno.makeTempDir();
  const tokenFile = options.tokenFile ?? `${folder}/token`;
  if (options.tokenFile === undefined) {
    await Deno.writeTextFile(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  }
  const clock = new VirtualClock();
  const health = new Health(clock);
  const log = keepingLog();
  const did: unknown[] = [];
  const events = new TransformStream<Uint8Array, Uint8Array>();
  const writer = events.writable.getWriter();
  const status = { node: "edge-1" as unknown };
  const listener = new ReadOnlyListener({
    clock,
    log,
    sources: {
      health: () => health.report(),
      metrics: () => "metamanager_up 1\n",
      status: () => {
        if (status.node instanceof Error) throw status.node;
        return status;
      },
      views: {
        "/outbox": publicView((parameters) => [parameters.get("a")]),
        "/objects": () => ["with contents"],
      },
      actions: { "/reconnect": (input) => did.push(input) },
    },
  }, { hostname: "127.0.0.1", port: 0, ...options, tokenFile });
  try {
    await listener.start();
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
  const get = async (path: string, init: RequestInit = {}) => {
    const url = `http://127.0.0.1:${listener.port}${path}`;
    const response = await fetch(url, init);
    return { response, status: response.status, body: await response.text() };
  };
  return {
    folder,
    tokenFile,
    listener,
    clock,
    health,
    log,
    did,
    status,
    writer,
    get,
    [Symbol.asyncDispose]: async () => {
      await listener.stop();
      await writer.abort().catch(String);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Sends bytes by hand and returns all that comes back. */
async function exchange(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  return await new Response(connection.readable).text();
}

Deno.test("ReadOnlyListener, health is open and all else wants the token", async () => {
  await using bench = await startBench();
  for (const path of ["/healthz", "/livez", "/readyz?verbose"]) {
    const { status, response } = await bench.get(path);
    assertEquals(status, 200, path);
    assertEquals(response.headers.get("cache-control"), "no-store");
  }
  const paths = ["/metrics", "/status", "/outbox", "/objects", "/nothing"];
  for (const path of paths) {
    const none = await bench.get(path);
    assertEquals(none.status, 401, path);
    assertEquals(none.response.headers.get("www-authenticate"), "Bearer");
    const headers = { authorization: "Bearer another" };
    assertEquals((await bench.get(path, { headers })).status, 401, path);
  }
  const { status, body, response } = await bench.get("/metrics", {
    headers: BEARER,
  });
  assertEquals([status, body], [200, "metamanager_up 1\n"]);
  assertMatch(response.headers.get("content-type") ?? "", /version=0\.0\.4/);
  assertEquals((await bench.get("/status", { headers: BEARER })).status, 200);
});

Deno.test("ReadOnlyListener, shows only views that hold no contents", async () => {
  await using bench = await startBench();
  const shown = await bench.get("/outbox?a=b%20c", { headers: BEARER });
  assertEquals(JSON.parse(shown.body), ["b c"]);
  const hidden = await bench.get("/objects", { headers: BEARER });
  assertEquals(hidden.status, 404);
  assert(!hidden.body.includes("/objects"), hidden.body);
  assert(!hidden.body.includes("/reconnect"), hidden.body);
});

Deno.test("ReadOnlyListener, nothing can be had done", async () => {
  await using bench = await startBench();
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    for (const path of ["/reconnect", "/healthz", "/metrics"]) {
      const headers = { ...BEARER, "content-type": "application/json" };
      const { status, response } = await bench.get(path, { method, headers });
      assertEquals(status, 405, `${method} ${path}`);
      assertEquals(response.headers.get("allow"), "GET, HEAD");
    }
  }
  const trace = "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  assertMatch(await exchange(bench.listener.port!, trace), /^HTTP\/1\.1 405 /);
  const got = await bench.get("/reconnect", { headers: BEARER });
  assertEquals(got.status, 404);
  assertEquals(bench.did, []);
});

Deno.test("ReadOnlyListener, HEAD has the head of GET and no body", async () => {
  await using bench = await startBench();
  const head = "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const answer = await exchange(bench.listener.port!, head);
  assertMatch(answer, /^HTTP\/1\.1 200 \r\n/);
  assert(answer.endsWith("\r\n\r\n"), answer);
});

Deno.test("ReadOnlyListener, web pages and rebound names get 403", async () => {
  await using bench = await startBench();
  const { port } = bench.listener;
  const headers = { ...BEARER, origin: "https://evil.example" };
  for (const path of ["/healthz", "/metrics"]) {
    assertEquals((await bench.get(path, { headers })).status, 403, path);
  }
  const rebound = await exchange(
    port!,
    `GET /metrics HTTP/1.1\r\nHost: evil.example:${port}\r\n` +
      `Authorization: Bearer ${TOKEN}\r\n\r\n`,
  );
  assertMatch(rebound, /^HTTP\/1\.1 403 /);
  const absolute = await exchange(
    port!,
    `GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
  );
  assertMatch(absolute, /^HTTP\/1\.1 403 /);
});

Deno.test("ReadOnlyListener, a request that is none gets 400 and harms nobody", async () => {
  await using bench = await startBench();
  const port = bench.listener.port!;
  assertMatch(await exchange(port, "hello\r\n\r\n"), /^HTTP\/1\.1 400 /);
  const long = `GET /healthz HTTP/1.1\r\nHost: localhost\r\nx: ${
    "y".repeat(9000)
  }\r\n\r\n`;
  assertMatch(await exchange(port, long).catch(String), /431|reset/);
  assertEquals((await bench.get("/healthz")).status, 200);
});

Deno.test("ReadOnlyListener, half a request holds a connection for seconds only", async () => {
  await using bench = await startBench({ connectionsMax: 2 });
  const port = bench.listener.port!;
  const open = async (text: string) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode(text));
    return connection;
  };
  using first = await open("GET /healthz HTTP/1.1\r\nHo");
  using second = await open("");
  await until(() => bench.clock.pending === 2, "both are waited for");
  await assertRejects(() => bench.get("/healthz"));
  assert(bench.log.lines.some((line) => line.includes("too many")));
  await bench.clock.advance(5000);
  for (const connection of [first, second]) {
    const end = await connection.read(new Uint8Array(16)).catch(() => null);
    assertEquals(end, null);
  }
  await until(
    async () => await bench.get("/healthz").catch(String) !== undefined,
    "there is room again",
  );
  assertEquals((await bench.get("/healthz")).status, 200);
});

Deno.test("ReadOnlyListener, a peer that does not take its answer is given up", async () => {
  await using bench = await startBench({ connectionsMax: 1 });
  const port = bench.listener.port!;
  bench.status.node = "x".repeat(32 * 1024 * 1024);
  {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const text = `GET /status HTTP/1.1\r\nHost: localhost\r\n` +
      `Authorization: Bearer ${TOKEN}\r\n\r\n`;
    await connection.write(new TextEncoder().encode(text));
    await until(async () => {
      await bench.clock.advance(1000);
      return bench.log.lines.some((line) => line.includes("not answered"));
    }, "it was given up");
    // The runtime holds its socket still, so it counts.
    await assertRejects(() => bench.get("/healthz"));
  }
  await until(
    () => bench.get("/healthz").then(() => true, () => false),
    "it left and there is room again",
  );
});

Deno.test("ReadOnlyListener, stop does not wait for a peer that reads nothing", async () => {
  await using bench = await startBench();
  bench.status.node = "x".repeat(32 * 1024 * 1024);
  using connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: bench.listener.port!,
  });
  const text = `GET /status HTTP/1.1\r\nHost: localhost\r\n` +
    `Authorization: Bearer ${TOKEN}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(text));
  await connection.read(new Uint8Array(1));
  await bench.listener.stop();
});

Deno.test("ReadOnlyListener, a token that changed counts, one that is lost is told", async () => {
  await using bench = await startBench();
  const ask = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await bench.get("/metrics", { headers })).status;
  };
  await Deno.writeTextFile(bench.tokenFile, "new");
  assertEquals([await ask(TOKEN), await ask("new")], [401, 200]);
  await Deno.chmod(bench.tokenFile, 0o644);
  assertEquals(await ask("new"), 503);
  assert(bench.log.lines.some((line) => line.includes("set its mode to 0600")));
  // Health asks for no token, so it goes on.
  assertEquals((await bench.get("/livez")).status, 200);
});

Deno.test("ReadOnlyListener, a page that cannot be made says nothing of why", async () => {
  await using bench = await startBench();
  bench.status.node = new Error("a-detail");
  const { status, body } = await bench.get("/status", { headers: BEARER });
  assertEquals(status, 500);
  assert(!body.includes("a-detail"), body);
  assert(bench.log.lines.some((line) => line.includes("a-detail")));
});

Deno.test("ReadOnlyListener, does not start without its file or its port", async () => {
  await assertRejects(
    () => startBench({ tokenFile: "/nonexistent" }),
    TokenFileError,
    "Cannot use token file /nonexistent: it cannot be read",
  );
  await using bench = await startBench();
  const { port } = bench.listener;
  await assertRejects(
    () => startBench({ port: port! }),
    LoopbackPortError,
    `Cannot listen on 127.0.0.1:${port}: another program has the port, ` +
      "choose another in admin.listen",
  );
  const parts = { clock: bench.clock, log: bench.log };
  const none = () => assertEquals(1, 2);
  assertThrows(
    () =>
      new ReadOnlyListener(
        {
          ...parts,
          sources: { health: none, metrics: none, status: none },
        } as never,
        { hostname: "0.0.0.0", port: 0, tokenFile: "t" },
      ),
    RangeError,
    "use 127.0.0.1 in admin.listen",
  );
});

Deno.test("ReadOnlyListener, stop ends connections and listens no more", async () => {
  await using bench = await startBench();
  const port = bench.listener.port!;
  using mute = await Deno.connect({ hostname: "127.0.0.1", port });
  await until(() => bench.clock.pending === 1, "it is served");
  await bench.listener.drain();
  await bench.listener.stop();
  const end = await mute.read(new Uint8Array(1)).catch(() => null);
  assertEquals(end, null);
  assertEquals([bench.listener.port, bench.clock.pending], [undefined, 0]);
  await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port }));
  await bench.listener.start();
  assertEquals(bench.listener.port, undefined);
  assertNotEquals(port, undefined);
});
