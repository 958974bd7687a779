import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  LoopbackPortError,
  TokenFileError,
  UnixSocketError,
} from "../../../lib/base/mod.ts";
import { attachInProcess, EdgedLink } from "../../../lib/edged/mod.ts";
import { HandshakeRefusedError } from "../../../lib/websocket/mod.ts";
import {
  downward,
  HandClock,
  RawAgent,
  startBench,
  until,
  upward,
} from "../../support/edged_harness.ts";

/** Sends raw bytes and returns everything that comes back. */
async function exchange(path: string, text: string): Promise<string> {
  using connection = await Deno.connect({ transport: "unix", path });
  await connection.write(new TextEncoder().encode(text));
  return await new Response(connection.readable).text().catch(String);
}

/** Status of a refused attachment. */
async function refusal(
  where: { socket: string } | { port: number },
  options: { target?: string; headers?: Record<string, string> } = {},
): Promise<number> {
  try {
    const agent = await RawAgent.attach(where, options);
    await agent.leave();
  } catch (error) {
    if (error instanceof HandshakeRefusedError) return error.status;
    throw error;
  }
  return 101;
}

Deno.test("EdgedLink, listens on a socket in a folder of mode 0750", async () => {
  await using bench = await startBench();
  const folder = await Deno.stat(`${bench.folder}/run`);
  assertEquals(folder.mode! & 0o777, 0o750);
  assertEquals((await Deno.stat(bench.socket)).mode! & 0o777, 0o660);
  await bench.link.stop();
  await assertRejects(() => Deno.stat(bench.socket), Deno.errors.NotFound);
});

Deno.test("EdgedLink, answers each wrong request with its status", async () => {
  await using bench = await startBench();
  const where = { socket: bench.socket };
  const headers = { origin: "http://evil.example" };
  assertEquals(await refusal(where, { headers }), 403);
  assertEquals(await refusal(where, { target: "/other" }), 404);
  assertEquals(await refusal(where, { target: "/attach/Bad" }), 400);
  assertEquals(await refusal(where, { target: "/attach/router" }), 400);
  assertEquals(await refusal(where, { target: "/attach/a?answers=1" }), 400);
  assertEquals(await refusal(where, { target: "/attach/a?since=x" }), 400);
  const plain = await exchange(
    bench.socket,
    "GET /attach/edged HTTP/1.1\r\nHost: localhost\r\n\r\n",
  );
  assertMatch(plain, /^HTTP\/1\.1 426 /);
  const foreign = await exchange(
    bench.socket,
    "GET /attach/edged HTTP/1.1\r\nHost: evil.example\r\n\r\n",
  );
  assertMatch(foreign, /^HTTP\/1\.1 403 /);
  assertEquals(bench.link.stats.refusals, { 400: 4, 403: 2, 404: 1, 426: 1 });
  assertEquals(bench.link.agents, []);
  assertEquals(bench.router.modules().length, 1);
});

Deno.test("EdgedLink, bytes that are no HTTP get 400 and harm nobody", async () => {
  await using bench = await startBench();
  const agent = await RawAgent.attach(bench);
  const garbage = await exchange(bench.socket, "\x16\x03\x01 hello\r\n\r\n");
  assertMatch(garbage, /^HTTP\/1\.1 400 /);
  const long = await exchange(bench.socket, "GET /" + "a".repeat(20_000));
  assertMatch(long, /431|reset/i);
  assertEquals(bench.link.stats.refusals[400], 2);
  bench.router.send("edged", { message: downward("a/pod/b"), from: "x" });
  assertEquals((await agent.next()).route.resource, "a/pod/b");
  await agent.leave();
});

Deno.test("EdgedLink, a peer that leaves in the handshake is forgotten", async () => {
  await using bench = await startBench();
  (await Deno.connect({ transport: "unix", path: bench.socket })).close();
  await until(() => bench.link.stats.refusals[400] === 1, "counted");
});

Deno.test("EdgedLink, registers an agent with what it said", async () => {
  await using bench = await startBench();
  const agent = await RawAgent.attach(bench, {
    target: "/attach/edged?answers=true&since=42",
  });
  await until(() => bench.router.has("edged"), "registered");
  const module = bench.router.modules()[1]!;
  assertEquals(module.group, "edged");
  assertEquals(module.agent, { answers: true, since: 42 });
  const other = await RawAgent.attach(bench, { target: "/attach/other" });
  await until(() => bench.router.has("other"), "registered");
  assertEquals(bench.router.modules()[2]!.agent, { answers: false });
  assertEquals(bench.link.agents, ["edged", "other"]);
  assertEquals(bench.link.stats.attached, 2);
  await agent.leave();
  await until(() => !bench.router.has("edged"), "unregistered");
  await until(() => bench.link.stats.attached === 1, "counted");
  await other.leave();
});

Deno.test("EdgedLink, the handshake has a deadline", async () => {
  const clock = new HandClock();
  await using bench = await startBench({ parts: { clock } });
  using idle = await Deno.connect({ transport: "unix", path: bench.socket });
  await idle.write(new TextEncoder().encode("GET /attach/ed"));
  // Another timer looks after the socket file.
  await until(() => clock.pending === 2, "the deadline is set");
  const ended = idle.read(new Uint8Array(100)).catch(() => null);
  clock.advance(9_999);
  await until(() => clock.pending === 2, "the deadline is still set");
  clock.advance(1);
  assertEquals(await ended, null);
});

Deno.test("EdgedLink, the newest attachment of a module wins", async () => {
  await using bench = await startBench();
  const events: string[] = [];
  bench.router.observe({
    registered: (module) => events.push(`+${module.agent?.since}`),
    unregistered: (module) => events.push(`-${module.agent?.since}`),
  });
  const first = await RawAgent.attach(bench, {
    target: "/attach/edged?since=1",
  });
  await until(() => events.length === 1, "the first is there");
  const second = await RawAgent.attach(bench, {
    target: "/attach/edged?since=2",
  });
  assertEquals(await first.closeCode(), 4409);
  assertMatch((await first.socket.ended).reason, /newer attachment.*not dial/);
  assertEquals(events, ["+1", "-1", "+2"]);
  assertEquals(bench.link.stats.replaced, 1);
  bench.router.send("edged", { message: downward("a/pod/b"), from: "x" });
  assertEquals((await second.next()).route.resource, "a/pod/b");
  await second.leave();
});

Deno.test("EdgedLink, what a replaced agent still sends is not passed on", async () => {
  await using bench = await startBench({ capacity: 1 });
  bench.processor.held = true;
  const first = await RawAgent.attach(bench);
  for (const name of ["a", "b", "c"]) first.send(upward(`x/podstatus/${name}`));
  await until(() => bench.processor.queue.length === 1, "the first message");
  await until(() => bench.link.stats.received === 2, "one waits for room");
  const second = await RawAgent.attach(bench);
  assertEquals(await first.closeCode(), 4409);
  bench.processor.held = false;
  bench.processor.work();
  second.send(upward("x/podstatus/d"));
  await until(() => bench.processor.received.length === 2, "the new one's");
  assertEquals(
    bench.processor.received.map(({ message }) => message.route.resource),
    ["x/podstatus/a", "x/podstatus/d"],
  );
  await second.leave();
});

Deno.test("EdgedLink, takes no more agents than its bound", async () => {
  await using bench = await startBench({ edged: { limits: { agentsMax: 2 } } });
  const a = await RawAgent.attach(bench, { target: "/attach/a" });
  const b = await RawAgent.attach(bench, { target: "/attach/b" });
  await until(() => bench.link.agents.length === 2, "both are there");
  assertEquals(await refusal(bench, { target: "/attach/c" }), 503);
  const again = await RawAgent.attach(bench, { target: "/attach/b" });
  assertEquals(await b.closeCode(), 4409);
  await a.leave();
  await until(() => bench.link.agents.length === 1, "one left");
  const c = await RawAgent.attach(bench, { target: "/attach/c" });
  await Promise.all([again.leave(), c.leave()]);
});

Deno.test("EdgedLink, bounds the handshakes under way", async () => {
  await using bench = await startBench({
    edged: { limits: { handshakesMax: 1 } },
  });
  const path = bench.socket;
  using _slow = await Deno.connect({ transport: "unix", path });
  using extra = await Deno.connect({ transport: "unix", path });
  assertEquals(await extra.read(new Uint8Array(1)).catch(() => null), null);
  assertEquals(bench.link.stats.refusals, { 0: 1 });
});

Deno.test("EdgedLink, a module of this process keeps its name", async () => {
  await using bench = await startBench();
  using _own = attachInProcess(bench.router, {
    module: "edged",
    onMessage: () => undefined,
    log: bench.log,
  });
  assertEquals(await refusal(bench), 409);
});

Deno.test("EdgedLink, the TCP door wants the token of its file", async () => {
  const tokenFile = await Deno.makeTempFile();
  await Deno.writeTextFile(tokenFile, "word-one\n");
  await Deno.chmod(tokenFile, 0o600);
  await using bench = await startBench({
    edged: { listen: { hostname: "127.0.0.1", port: 0, tokenFile } },
  });
  const where = { port: bench.link.port! };
  const bearer = (word: string) => ({
    headers: { authorization: `Bearer ${word}` },
  });
  assertEquals(await refusal(where), 401);
  assertEquals(await refusal(where, bearer("word-two")), 401);
  const agent = await RawAgent.attach(where, bearer("word-one"));
  await until(() => bench.router.has("edged"), "attached");
  await Deno.writeTextFile(tokenFile, "word-two");
  assertEquals(await refusal(where, bearer("word-one")), 401);
  await Deno.chmod(tokenFile, 0o644);
  assertEquals(await refusal(where, bearer("word-two")), 500);
  assertEquals(
    await refusal({ socket: bench.socket }, {
      target: "/attach/x",
    }),
    101,
  );
  assert(!bench.log.lines.join().includes("word-"), "tokens are not logged");
  await agent.leave();
  await Deno.remove(tokenFile);
});

Deno.test("EdgedLink, the TCP door may be the only one", async () => {
  const tokenFile = await Deno.makeTempFile();
  await Deno.writeTextFile(tokenFile, "word");
  await Deno.chmod(tokenFile, 0o600);
  const listen = { hostname: "127.0.0.1", port: 0, tokenFile };
  await using bench = await startBench({ edged: { socket: "", listen } });
  const headers = { authorization: "Bearer word" };
  const agent = await RawAgent.attach({ port: bench.link.port! }, { headers });
  await until(() => bench.router.has("edged"), "attached");
  await assertRejects(() => Deno.stat(bench.socket), Deno.errors.NotFound);
  await agent.leave();
  await Deno.remove(tokenFile);
});

Deno.test("EdgedLink, listens on loopback only", async () => {
  await using bench = await startBench();
  for (const hostname of ["0.0.0.0", "::", "192.168.1.1", "node.example"]) {
    assertThrows(
      () =>
        new EdgedLink(
          { ...bench, clock: new HandClock() } as never,
          { socket: "x", listen: { hostname, port: 0, tokenFile: "t" } },
        ),
      RangeError,
      hostname,
    );
  }
});

Deno.test("EdgedLink, does not start without its token file", async () => {
  const listen = { hostname: "127.0.0.1", port: 0, tokenFile: "/nonexistent" };
  await assertRejects(() => startBench({ edged: { listen } }), TokenFileError);
});

Deno.test("EdgedLink, does not start where another instance runs", async () => {
  await using bench = await startBench();
  await assertRejects(
    () => startBench({ edged: { socket: bench.socket } }),
    UnixSocketError,
    "another instance",
  );
  const agent = await RawAgent.attach(bench);
  await agent.leave();
});

Deno.test("EdgedLink, a taken port leaves no socket behind", async () => {
  const tokenFile = await Deno.makeTempFile({});
  await Deno.writeTextFile(tokenFile, "word");
  await Deno.chmod(tokenFile, 0o600);
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/s.sock`;
  const { port } = taken.addr as Deno.NetAddr;
  await assertRejects(
    () =>
      startBench({
        edged: { socket, listen: { hostname: "127.0.0.1", port, tokenFile } },
      }),
    LoopbackPortError,
    `Cannot listen on 127.0.0.1:${port}: another program has ` +
      "the port, choose another in edged.listen",
  );
  await assertRejects(() => Deno.stat(socket), Deno.errors.NotFound);
  await Deno.remove(folder, { recursive: true });
  await Deno.remove(tokenFile);
});

Deno.test("EdgedLink, drain closes agents with 1001 behind what waits", async () => {
  await using bench = await startBench();
  const agent = await RawAgent.attach(bench);
  await until(() => bench.router.has("edged"), "attached");
  bench.router.send("edged", { message: downward("a/pod/b"), from: "x" });
  const drained = bench.link.drain(5_000);
  assertEquals((await agent.next()).route.resource, "a/pod/b");
  assertEquals(await agent.closeCode(), 1001);
  await drained;
  await assertRejects(() => RawAgent.attach(bench), Deno.errors.NotFound);
  assertEquals(bench.router.modules().length, 1);
  await bench.link.drain(10);
});

Deno.test("EdgedLink, drain does not wait for a mute agent", async () => {
  await using bench = await startBench();
  using mute = await Deno.connect({ transport: "unix", path: bench.socket });
  await mute.write(
    new TextEncoder().encode(
      "GET /attach/edged HTTP/1.1\r\nHost: localhost\r\n" +
        "Upgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
  );
  await until(() => bench.router.has("edged"), "attached");
  await bench.link.drain(10);
  assertEquals(bench.router.has("edged"), false);
});

Deno.test("EdgedLink, stop ends agents and handshakes at once", async () => {
  const bench = await startBench();
  const agent = await RawAgent.attach(bench);
  const idle = await Deno.connect({ transport: "unix", path: bench.socket });
  await until(() => bench.router.has("edged"), "attached");
  await bench[Symbol.asyncDispose]();
  assertEquals(await agent.closeCode(), 1006);
  assertEquals(await idle.read(new Uint8Array(1)).catch(() => null), null);
  idle.close();
  assertEquals(bench.router.has("edged"), false);
  await bench.link.stop();
});
