import { assert, assertEquals, assertRejects } from "@std/assert";
import { connectProxy } from "../../../lib/tunnel/proxy_conn.ts";
import { swallow, TestServer } from "../edgehub/servers.ts";

Deno.test("connectProxy, given up while it connects: what comes up later is closed", async () => {
  for (const scheme of ["http", "https"]) {
    await using server = new TestServer(swallow);
    const stop = new AbortController();
    const connecting = connectProxy(
      new URL(`${scheme}://127.0.0.1:${server.port}`),
      { signal: stop.signal },
    );
    const failing = assertRejects(() => connecting, Error, "stop");
    stop.abort(new Error("stop"));
    await failing;
    while (server.accepted === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await server.quiet;
  }
});

Deno.test("connectProxy, given up within TLS it says when that began", async () => {
  await using server = new TestServer(swallow);
  const stop = new AbortController();
  const told: boolean[] = [];
  const connecting = connectProxy(
    new URL(`https://127.0.0.1:${server.port}`),
    {
      signal: stop.signal,
      onShaking: (isShaking) => {
        told.push(isShaking);
        stop.abort(new Error("stop"));
      },
    },
  );
  await assertRejects(() => connecting, Error, "stop");
  assertEquals(told, [true]);
});

Deno.test("connectProxy, no name is left behind that has no address", async () => {
  const { signal } = new AbortController();
  const url = new URL("http://proxy.invalid");
  // The test's own check of resources is what would fail.
  const error = await assertRejects(() => connectProxy(url, { signal }));
  assert(error instanceof Error && /lookup/.test(error.message));
});
