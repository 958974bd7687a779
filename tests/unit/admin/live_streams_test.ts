import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  ActionError,
  LiveStreams,
  type Stream,
} from "../../../lib/admin/mod.ts";
import { AdminServer } from "../../../lib/admin/mod.ts";
import { LIMITS } from "../../../lib/base/mod.ts";
import { Health } from "../../../lib/telemetry/mod.ts";
import { keepingLog, until } from "../../support/edged_harness.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

/** A stream of numbers that is told when to go on. */
class Numbers implements Stream {
  readonly contentType = "text/plain";
  made = 0;
  ended = 0;
  /** Waits before each part. */
  gate: () => Promise<void> = () => Promise.resolve();

  readonly open = (parameters: URLSearchParams, signal: AbortSignal) => {
    if (parameters.has("wrong")) throw new ActionError(400, "wrong is wrong");
    return this.#parts(signal);
  };

  async *#parts(signal: AbortSignal) {
    try {
      for (let i = 0; !signal.aborted; i++) {
        this.made++;
        yield `${i}\n`.padEnd(1000);
        await this.gate();
      }
    } finally {
      this.ended++;
    }
  }
}

async function startServer(streams: Readonly<Record<string, Stream>>) {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/admin.sock`;
  const clock = new VirtualClock();
  const log = keepingLog();
  const live = new LiveStreams(streams, log);
  const server = new AdminServer({
    sources: {
      health: () => new Health(clock).report(),
      metrics: () => "",
      status: () => ({}),
      views: { "/both": () => ({ view: true }) },
      live,
    },
    log,
    clock,
  }, { socket });
  await server.start();
  const client = Deno.createHttpClient({
    proxy: { transport: "unix", path: socket },
  });
  const get = (path: string, init: RequestInit = {}) =>
    fetch(`http://localhost${path}`, { ...init, client });
  return {
    server,
    live,
    log,
    get,
    socket,
    [Symbol.asyncDispose]: async () => {
      client.close();
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("LiveStreams, parts come as they are made, until the listener leaves", async () => {
  const numbers = new Numbers();
  const go = Promise.withResolvers<void>();
  numbers.gate = () => numbers.made === 2 ? go.promise : Promise.resolve();
  await using bench = await startServer({ "/numbers": numbers });
  const response = await bench.get("/numbers");
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "text/plain");
  assertEquals(response.headers.get("cache-control"), "no-store");
  const reader = response.body!.getReader();
  let text = "";
  while (!text.includes("1\n")) {
    text += new TextDecoder().decode((await reader.read()).value);
  }
  assertEquals([numbers.made, bench.live.length], [2, 1]);
  await reader.cancel();
  go.resolve();
  await until(() => numbers.ended === 1, "the stream ends");
  assertEquals(bench.live.length, 0);
});

Deno.test("LiveStreams, nothing piles up for a listener that does not read", async () => {
  const numbers = new Numbers();
  await using bench = await startServer({ "/numbers": numbers });
  using connection = await Deno.connect({
    transport: "unix",
    path: bench.socket,
  });
  await connection.write(
    new TextEncoder().encode(
      "GET /numbers HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ),
  );
  await until(() => numbers.made > 0, "it begins");
  let before = -1;
  await until(() => {
    const still = before === numbers.made;
    before = numbers.made;
    return still;
  }, "it stands still");
  assert(numbers.made < 5000, `${numbers.made} parts of 1 KB were made`);
  // A stop waits for no such listener.
  await bench.server.stop();
  assertEquals(bench.live.length, 0);
});

Deno.test("LiveStreams, the number of listeners is bounded", async () => {
  const numbers = new Numbers();
  const never = Promise.withResolvers<void>();
  numbers.gate = () => never.promise;
  await using bench = await startServer({ "/numbers": numbers });
  const responses: Response[] = [];
  for (let i = 0; i < LIMITS.adminListenersMax; i++) {
    responses.push(await bench.get("/numbers"));
  }
  const refused = await bench.get("/numbers");
  assertEquals(refused.status, 503);
  assertStringIncludes(await refused.text(), "Too many listen already");
  await responses[0]!.body!.cancel();
  await until(() => bench.live.length < LIMITS.adminListenersMax, "one left");
  responses.push(await bench.get("/numbers"));
  assertEquals(responses.at(-1)!.status, 200);
  never.resolve();
  await bench.server.stop();
  await Promise.all(
    responses.map(({ body }) => body!.cancel().catch((error) => assert(error))),
  );
});

Deno.test("LiveStreams, over TCP only what is public is told", async () => {
  const open = new Numbers();
  const live = new LiveStreams({
    "/events": { contentType: "x/y", isPublic: true, open: open.open },
    "/messages": { contentType: "x/y", open: open.open },
  }, keepingLog());
  const source = live.ofPublic();
  const none = new URLSearchParams();
  assertEquals(source.paths, ["/events"]);
  assertEquals(source.answer("/messages", none), undefined);
  assertEquals(source.answer("/__proto__", none), undefined);
  assertEquals(source.ofPublic().paths, ["/events"]);
  const response = await source.answer("/events", none);
  assertEquals(live.length, 1);
  source.stop();
  await response!.text();
  assertEquals(live.length, 0);
});

Deno.test("LiveStreams, wrong parameters, other methods and names are refused", async () => {
  const numbers = new Numbers();
  const isAsked = (parameters: URLSearchParams) => parameters.has("follow");
  const broken: Stream = {
    contentType: "text/plain",
    // deno-lint-ignore require-yield -- it fails before its first part
    async *open() {
      throw new Error("no journal");
    },
  };
  await using bench = await startServer({
    "/numbers": numbers,
    "/both": { contentType: "x/y", isAsked, open: numbers.open },
    "/broken": broken,
  });
  const wrong = await bench.get("/numbers?wrong");
  assertEquals([wrong.status, await wrong.json()], [400, {
    error: "wrong is wrong",
  }]);
  const post = await bench.get("/numbers", { method: "POST" });
  assertEquals(post.status, 404);
  assertStringIncludes(await post.text(), "/numbers");
  assertEquals(await (await bench.get("/both")).json(), { view: true });
  const both = await bench.get("/both?follow");
  assertEquals(both.headers.get("content-type"), "x/y");
  await both.body!.cancel();
  const proto = await bench.get("/__proto__");
  assertEquals(proto.status, 404);
  await proto.body!.cancel();
  assertEquals(await (await bench.get("/broken")).text(), "");
  await until(
    () => bench.log.lines.some((line) => line.includes("stream broke")),
    "it is told",
  );
  await until(() => bench.live.length === 0, "all have left");
  bench.live.stop();
  const late = await bench.get("/numbers");
  assertEquals([late.status, (await late.json()).error], [
    503,
    "The node stops",
  ]);
});
