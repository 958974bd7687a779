import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  framesToEnd,
  KEY,
  pair,
  receiveCount,
  send,
  settle,
  setup,
} from "./connection_setup.ts";
import { bytesOf, concat, rawFrame, readFrames } from "./reference.ts";

Deno.test("WebSocketConnection, text and bytes in both directions", async () => {
  const { client, server } = pair();
  const messages = [
    "",
    "hello",
    "grüße €😀",
    new Uint8Array(0),
    bytesOf("raw"),
  ];
  for (const message of messages) {
    assertEquals(client.send(message), true);
    assertEquals(server.send(message), true);
  }
  assertEquals(await receiveCount(server, 5), messages);
  assertEquals(await receiveCount(client, 5), messages);
  client.abort();
  server.abort();
});

Deno.test("WebSocketConnection, a client masks and a server does not", async () => {
  for (const role of ["client", "server"] as const) {
    const { connection, peer } = setup({ role });
    connection.send("a");
    connection.ping();
    await connection.drained();
    connection.abort();
    const frames = await framesToEnd(peer);
    assertEquals(frames.map((frame) => frame.masked), [
      role === "client",
      role === "client",
    ]);
  }
});

Deno.test("WebSocketConnection.receive, all messages of one read at once", async () => {
  const { connection, peer } = setup();
  await send(
    peer,
    ...["a", "b", "c"].map((payload) => ({ opcode: 1, payload })),
  );
  assertEquals(await connection.receive(), ["a", "b", "c"]);
  connection.abort();
});

Deno.test("WebSocketConnection.receive, the leftover comes first", async () => {
  const leftover = concat([
    rawFrame({ opcode: 1, payload: "early" }),
    rawFrame({ opcode: 1, payload: "split" }).subarray(0, 3),
  ]);
  const { connection, peer } = setup({ leftover });
  leftover.fill(0);
  await peer.writeAll(rawFrame({ opcode: 1, payload: "split" }).subarray(3));
  assertEquals(await connection.receive(), ["early"]);
  assertEquals(await connection.receive(), ["split"]);
  connection.abort();
});

Deno.test("WebSocketConnection.receive, messages never alias the read buffer", async () => {
  const { connection, peer } = setup();
  await send(peer, { opcode: 2, payload: "first" });
  const [first] = await connection.receive() ?? [];
  await send(peer, { opcode: 2, payload: "SECOND" });
  await connection.receive();
  assertEquals(first, bytesOf("first"));
  connection.abort();
});

Deno.test("WebSocketConnection.receive, nothing is read while nobody calls it", async () => {
  const { connection, peer, near } = setup();
  await send(peer, { opcode: 1, payload: "a" });
  await settle();
  assertEquals(near.readCount, 0);
  assertEquals(await connection.receive(), ["a"]);
  await send(peer, { opcode: 9, payload: "x" });
  await settle();
  assertEquals(near.readCount, 1);
  assertEquals(connection.bufferedBytes, 0);
  connection.abort();
});

Deno.test("WebSocketConnection.receive, a slow reader stops the sender", async () => {
  const { client, server } = pair({ capacityBytes: 1000 });
  for (let i = 0; i < 100; i++) client.send("x".repeat(100));
  await settle();
  assertEquals(client.bufferedBytes, 100 * 106 - 1000);
  assertEquals(client.writtenCount, 9);
  assertEquals((await receiveCount(server, 100)).length, 100);
  assertEquals(client.bufferedBytes, 0);
  assertEquals(client.writtenCount, 100);
  client.abort();
  server.abort();
});

Deno.test("WebSocketConnection.receive, two callers share the messages", async () => {
  const { connection, peer } = setup();
  const first = connection.receive();
  const second = connection.receive();
  await send(peer, { opcode: 1, payload: "a" });
  await settle();
  await send(peer, { opcode: 1, payload: "b" });
  assertEquals([await first, await second], [["a"], ["b"]]);
  connection.abort();
});

Deno.test("WebSocketConnection, a ping is answered ahead of data", async () => {
  const { connection, peer } = setup({ role: "server" });
  const received = connection.receive();
  connection.send("data");
  await send(peer, { opcode: 9, payload: "p", key: KEY });
  await settle();
  connection.send("more");
  await send(peer, { opcode: 9, payload: "q", key: KEY });
  await settle();
  connection.abort();
  assertEquals(await received, null);
  const frames = await framesToEnd(peer);
  assertEquals(frames.map((frame) => frame.opcode), [1, 10, 1, 10]);
  assertEquals(frames[1]?.payload, bytesOf("p"));
});

Deno.test("WebSocketConnection, a flood of pings keeps one pong", async () => {
  const { connection, peer } = setup({ role: "server", capacityBytes: 4 });
  const received = connection.receive();
  connection.send("block");
  await settle();
  for (let i = 0; i < 500; i++) {
    await send(peer, { opcode: 9, payload: `ping ${i}`, key: KEY });
    await settle();
    assert(connection.bufferedBytes <= 3 + 2 + 8);
  }
  const frames = readFrames(await peer.readExactly(7 + 2 + 8));
  assertEquals(frames[1]?.opcode, 10);
  assertEquals(frames[1]?.payload, bytesOf("ping 499"));
  connection.abort();
  assertEquals(await received, null);
});

Deno.test("WebSocketConnection.ping, reaches the peer, whose pong comes back", async () => {
  const { client, server } = pair();
  const pongs: Uint8Array[] = [];
  client.onPong = (payload) => pongs.push(payload);
  const receiving = [client.receive(), server.receive()];
  assertEquals(client.ping(bytesOf("are you there")), true);
  await settle();
  assertEquals(pongs, [bytesOf("are you there")]);
  assertThrows(() => client.ping(new Uint8Array(126)), RangeError);
  client.abort();
  server.abort();
  assertEquals(await Promise.all(receiving), [null, null]);
});

Deno.test("WebSocketConnection, stamps of reads and writes", async () => {
  const { connection, peer, clock } = setup({ capacityBytes: 50 });
  const start = clock.monotonic();
  assertEquals(connection.lastReceivedMs, start);
  clock.advance(100);
  await send(peer, { opcode: 1, payload: "a" });
  await connection.receive();
  assertEquals(connection.lastReceivedMs, start + 100);
  assertEquals(connection.lastWrittenMs, start);
  clock.advance(100);
  connection.send("x".repeat(100));
  await settle();
  assertEquals(connection.lastWrittenMs, start + 200);
  clock.advance(100);
  await settle();
  assertEquals(connection.lastWrittenMs, start + 200);
  assert(connection.bufferedBytes > 0);
  connection.abort();
});
