import { assertEquals, assertRejects } from "@std/assert";
import {
  closeCode,
  framesToEnd,
  KEY,
  pair,
  send,
  settle,
  setup,
} from "./connection_setup.ts";
import { bytesOf, readFrames } from "./reference.ts";

Deno.test("WebSocketConnection.close, in order from our side", async () => {
  for (const role of ["client", "server"] as const) {
    const { connection, peer, clock } = setup({ role });
    connection.send("last words");
    const closed = connection.close({ code: 4409, reason: "replaced" });
    assertEquals(connection.send("too late"), false);
    assertEquals(connection.ping(), false);
    await settle();
    const key = role === "server" ? { key: KEY } : {};
    const body = Uint8Array.of(0x11, 0x39);
    await send(peer, { opcode: 8, payload: body, ...key });
    await settle();
    if (role === "client") peer.close();
    await closed;
    assertEquals(await connection.ended, { code: 4409, reason: "", by: "us" });
    assertEquals(await connection.receive(), null);
    assertEquals(clock.timerCount, 0);
    if (role === "client") continue;
    const frames = await framesToEnd(peer);
    assertEquals(frames.map((frame) => frame.opcode), [1, 8]);
    assertEquals(closeCode(frames[1]), 4409);
    assertEquals(frames[1]?.payload.subarray(2), bytesOf("replaced"));
  }
});

Deno.test("WebSocketConnection.close, both sides of a pair end with the code", async () => {
  for (const closer of ["client", "server"] as const) {
    const { client, server, clock } = pair();
    const receiving = [client.receive(), server.receive()];
    const near = closer === "client" ? client : server;
    const far = closer === "client" ? server : client;
    await near.close({ code: 1001, reason: "bye" });
    assertEquals(await near.ended, { code: 1001, reason: "", by: "us" });
    assertEquals(await far.ended, { code: 1001, reason: "bye", by: "peer" });
    assertEquals(await Promise.all(receiving), [null, null]);
    assertEquals(clock.timerCount, 0);
  }
});

Deno.test("WebSocketConnection.close, at once from both sides", async () => {
  const { client, server } = pair();
  await Promise.all([client.close(), server.close()]);
  assertEquals((await client.ended).by, "us");
  assertEquals((await server.ended).by, "us");
});

Deno.test("WebSocketConnection.close, messages that still come are dropped", async () => {
  const { connection, peer } = setup({ role: "server", capacityBytes: 100 });
  const received = connection.receive();
  const closed = connection.close();
  for (let i = 0; i < 50; i++) {
    await send(peer, { opcode: 1, payload: `late ${i}`, key: KEY });
  }
  await send(peer, { opcode: 8, key: KEY });
  await closed;
  assertEquals(await received, null);
  assertEquals(await connection.ended, { code: 1000, reason: "", by: "us" });
});

Deno.test("WebSocketConnection.close, a mute peer is left at the deadline", async () => {
  const { connection, near, clock } = setup();
  const closed = connection.close({ deadlineMs: 300 });
  await settle();
  clock.advance(299);
  await settle();
  assertEquals(near.closed, false);
  clock.advance(1);
  await closed;
  assertEquals(near.closed, true);
  assertEquals(await connection.ended, { code: 1000, reason: "", by: "us" });
});

Deno.test("WebSocketConnection.close, the default deadline is 5 s", async () => {
  const { connection, near, clock } = setup();
  const closed = connection.close();
  await settle();
  clock.advance(4999);
  await settle();
  assertEquals(near.closed, false);
  clock.advance(1);
  await closed;
});

Deno.test("WebSocketConnection.close, 1006 if the close frame never left", async () => {
  const { connection, clock } = setup({ capacityBytes: 10 });
  connection.send("x".repeat(100));
  const closed = connection.close({ deadlineMs: 10 });
  await settle();
  clock.advance(10);
  await closed;
  assertEquals(await connection.ended, { code: 1006, reason: "", by: "us" });
});

Deno.test("WebSocketConnection.close, a client waits a second for the end of the stream", async () => {
  const { connection, peer, near, clock } = setup();
  const closed = connection.close();
  await send(peer, { opcode: 8, payload: Uint8Array.of(3, 232) });
  await settle();
  clock.advance(999);
  await settle();
  assertEquals(near.closed, false);
  clock.advance(1);
  await closed;
});

Deno.test("WebSocketConnection.close, an invalid code is refused and closes nothing", async () => {
  const { connection, peer } = setup();
  await assertRejects(() => connection.close({ code: 1006 }), RangeError);
  await send(peer, { opcode: 1, payload: "still here" });
  assertEquals(await connection.receive(), ["still here"]);
  connection.abort();
});

Deno.test("WebSocketConnection.close, further calls wait for the same end", async () => {
  const { connection, peer } = setup({ role: "server" });
  const first = connection.close();
  const second = connection.close({ code: 4000 });
  await send(peer, { opcode: 8, payload: Uint8Array.of(3, 232), key: KEY });
  await Promise.all([first, second]);
  await connection.close();
  assertEquals((await framesToEnd(peer)).map(closeCode), [1000]);
});

Deno.test("WebSocketConnection, the peer's close code is echoed behind what is queued", async () => {
  for (const payload of [Uint8Array.of(0x0f, 0xa0, 0x78), new Uint8Array(0)]) {
    const { connection, peer } = setup({ role: "server" });
    const received = connection.receive();
    await send(
      peer,
      { opcode: 1, payload: "message", key: KEY },
      { opcode: 8, payload, key: KEY },
    );
    connection.send("queued");
    assertEquals(await received, ["message"]);
    assertEquals(await connection.receive(), null);
    const code = payload.length ? 4000 : 1005;
    const reason = payload.length ? "x" : "";
    assertEquals(await connection.ended, { code, reason, by: "peer" });
    const frames = await framesToEnd(peer);
    assertEquals(frames.map((frame) => frame.opcode), [1, 8]);
    assertEquals(closeCode(frames[1]), code);
  }
});

Deno.test("WebSocketConnection, a client that got a close frame waits for the server to end the stream", async () => {
  const { connection, peer, near, clock } = setup();
  const received = connection.receive();
  await send(peer, { opcode: 8, payload: Uint8Array.of(3, 233) });
  assertEquals(closeCode(readFrames(await peer.readExactly(8))[0]), 1001);
  await settle();
  assertEquals(near.closed, false);
  peer.close();
  assertEquals(await received, null);
  assertEquals(await connection.ended, { code: 1001, reason: "", by: "peer" });
  assertEquals(clock.timerCount, 0);
});

Deno.test("WebSocketConnection, no pong follows the close frame", async () => {
  const { connection, peer } = setup({ role: "server", capacityBytes: 20 });
  const closed = connection.close({ code: 1000, reason: "x".repeat(30) });
  await settle();
  await send(peer, { opcode: 9, key: KEY });
  await settle();
  await send(peer, { opcode: 8, key: KEY });
  const frames = await framesToEnd(peer);
  await closed;
  assertEquals(frames.map((frame) => frame.opcode), [8]);
});

Deno.test("WebSocketConnection, garbage while closing ends it", async () => {
  const { connection, peer } = setup();
  const closed = connection.close({ code: 1001 });
  await send(peer, { opcode: 3 });
  await closed;
  assertEquals(await connection.ended, { code: 1001, reason: "", by: "us" });
});

Deno.test("WebSocketConnection, pings are answered while closing", async () => {
  const { connection, peer } = setup({ role: "server", capacityBytes: 8 });
  connection.send("0123456789");
  await settle();
  const closed = connection.close();
  await send(peer, { opcode: 9, key: KEY });
  await settle();
  const frames = readFrames(await peer.readExactly(12 + 2 + 4));
  assertEquals(frames.map((frame) => frame.opcode), [1, 10, 8]);
  await send(peer, { opcode: 9, key: KEY }, { opcode: 8, key: KEY });
  await closed;
  assertEquals(await peer.readToEnd(), new Uint8Array(0));
});

Deno.test("WebSocketConnection.close, the peer's code counts even if ours never left", async () => {
  const { connection, peer, clock } = setup({ capacityBytes: 10 });
  connection.send("x".repeat(100));
  const closed = connection.close({ deadlineMs: 10 });
  await send(peer, { opcode: 8, payload: Uint8Array.of(0x0f, 0xa0) });
  await settle();
  clock.advance(10);
  await closed;
  assertEquals(await connection.ended, { code: 4000, reason: "", by: "us" });
});
