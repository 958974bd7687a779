import { assertEquals, assertRejects } from "@std/assert";
import {
  ActionError,
  AdminServer,
  LiveStreams,
  type Stream,
} from "../../../lib/admin/mod.ts";
import { SystemClock } from "../../../lib/base/mod.ts";
import { AdminClientError } from "../../../lib/cli/admin_client.ts";
import { listenToNode } from "../../../lib/cli/admin_stream.ts";
import { Health } from "../../../lib/telemetry/mod.ts";
import { keepingLog } from "../../support/edged_harness.ts";

async function startServer(open: Stream["open"]) {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/admin.sock`;
  const clock = new SystemClock();
  const log = keepingLog();
  const server = new AdminServer({
    sources: {
      health: () => new Health(clock).report(),
      metrics: () => "",
      status: () => ({}),
      live: new LiveStreams({ "/lines": { contentType: "x/y", open } }, log),
    },
    clock,
    log,
  }, { socket });
  await server.start();
  return {
    socket,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("listenToNode, lines whole, however they were cut on the way", async () => {
  await using server = await startServer(async function* () {
    yield '{"a":1}\n{"b"';
    await Promise.resolve();
    yield ':"ü"}\n\n';
    yield "rest without an end";
  });
  const lines: string[] = [];
  const { signal } = new AbortController();
  for await (const line of listenToNode(server.socket, "/lines", { signal })) {
    lines.push(line);
  }
  assertEquals(lines, ['{"a":1}', '{"b":"ü"}']);
});

Deno.test("listenToNode, ends without an error when it is ended", async () => {
  await using server = await startServer(async function* (_parameters, signal) {
    yield "1\n";
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  const ending = new AbortController();
  const lines: string[] = [];
  const all = listenToNode(server.socket, "/lines", {
    signal: ending.signal,
  });
  for await (const line of all) {
    lines.push(line);
    ending.abort();
  }
  assertEquals(lines, ["1"]);
});

Deno.test("listenToNode, a refusal and a missing node are told", async () => {
  const { signal } = new AbortController();
  const listen = async (socket: string) =>
    await listenToNode(socket, "/lines", { signal }).next();
  {
    await using server = await startServer(() => {
      throw new ActionError(400, "since is wrong", { hint: "Give an age" });
    });
    const error = await assertRejects(
      () => listen(server.socket),
      AdminClientError,
      "since is wrong",
    );
    assertEquals(error.hint, "Give an age");
  }
  await assertRejects(
    () => listen("/nowhere/admin.sock"),
    AdminClientError,
    "No node runs",
  );
});
