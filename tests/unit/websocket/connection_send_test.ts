import { assert, assertEquals } from "@std/assert";
import {
  framesToEnd,
  KEY,
  pair,
  receiveCount,
  send,
  settle,
  setup,
} from "./connection_setup.ts";
import { readFrames } from "./reference.ts";

Deno.test("WebSocketConnection.send, one turn leaves in one write", async () => {
  const { connection, peer, near } = setup();
  for (let i = 0; i < 100; i++) {
    connection.send(`message ${i}`, i % 3 === 0 ? "first" : "data");
  }
  connection.ping();
  await connection.drained();
  assertEquals(near.offered.length, 1);
  connection.abort();
  assertEquals((await framesToEnd(peer)).length, 101);
});

Deno.test("WebSocketConnection.send, a write holds 256 KiB or one frame", async () => {
  const { connection, near } = setup({ capacityBytes: 1 << 22 });
  for (let i = 0; i < 1000; i++) connection.send("x".repeat(1000));
  connection.send(new Uint8Array(1_000_000));
  connection.send("last");
  await connection.drained();
  const most = Math.max(...near.offered);
  assertEquals(most, 1_000_014);
  assertEquals(near.offered.filter((size) => size > 256 * 1024), [most]);
  assertEquals(near.offered.length, 4 + 1 + 1);
  connection.abort();
});

Deno.test("WebSocketConnection.send, the first lane goes ahead of data", async () => {
  const { connection, peer } = setup({ role: "server" });
  connection.send("d1");
  connection.send("f1", "first");
  connection.send("d2");
  connection.send("f2", "first");
  await connection.drained();
  connection.abort();
  const order = (await framesToEnd(peer))
    .map((frame) => new TextDecoder().decode(frame.payload));
  assertEquals(order, ["f1", "f2", "d1", "d2"]);
});

Deno.test("WebSocketConnection.send, the first lane waits for one write at most", async () => {
  const { connection, peer } = setup({ role: "server", capacityBytes: 5000 });
  for (let i = 0; i < 900; i++) connection.send("x".repeat(998));
  await settle();
  connection.send("urgent", "first");
  const bytes = await peer.readExactly(261 * 1002 + 8);
  const urgent = readFrames(bytes).findIndex((frame) =>
    frame.payload.length < 9
  );
  assertEquals(urgent, 261);
  connection.abort();
});

Deno.test("WebSocketConnection.send, data waits until the first lane is empty", async () => {
  const { connection, peer } = setup({
    role: "server",
    capacityBytes: 1 << 20,
  });
  connection.send("data");
  for (let i = 0; i < 3; i++) connection.send(new Uint8Array(99_000), "first");
  const closed = connection.close();
  await send(peer, { opcode: 8, key: KEY });
  await closed;
  const frames = await framesToEnd(peer);
  assertEquals(frames.map((frame) => frame.opcode), [2, 2, 2, 1, 8]);
});

Deno.test("WebSocketConnection.send, a large frame is not joined with others", async () => {
  const { connection, peer, near } = setup({
    role: "server",
    capacityBytes: 1 << 20,
  });
  connection.send(new Uint8Array(300_000));
  connection.send("first", "first");
  await connection.drained();
  assertEquals(near.offered, [7, 300_010]);
  connection.abort();
  assertEquals((await framesToEnd(peer)).length, 2);
});

Deno.test("WebSocketConnection.send, partial writes lose nothing", async () => {
  const { client, server } = pair({ writeSplit: () => 3, readSplit: () => 5 });
  const messages = Array.from({ length: 50 }, (_, i) => `${i}`.repeat(i));
  for (const message of messages) client.send(message);
  assertEquals(await receiveCount(server, 50), messages);
  client.abort();
  server.abort();
});

Deno.test("WebSocketConnection.writtenCount, counts only what has left completely", async () => {
  const { connection, peer } = setup({ role: "server", capacityBytes: 10 });
  const counts: number[] = [];
  connection.onWritten = () => counts.push(connection.writtenCount);
  connection.send("12345678");
  connection.send("1234");
  connection.ping();
  const drained = connection.drained();
  await settle();
  // The ping goes first, so two bytes of the first message are missing.
  assertEquals(counts, [0]);
  assertEquals(connection.bufferedBytes, 8);
  await peer.readExactly(18);
  await drained;
  assertEquals(connection.writtenCount, 2);
  assertEquals(connection.bufferedBytes, 0);
  connection.abort();
});

Deno.test("WebSocketConnection.drained, waits for what was queued, not for later data", async () => {
  const { connection, peer } = setup({ capacityBytes: 10 });
  await connection.drained();
  connection.send("a");
  connection.send("bcdefgh");
  let settled = false;
  const drained = connection.drained().then(() => settled = true);
  await settle();
  assertEquals(settled, false);
  connection.send("later".repeat(100));
  await peer.readExactly(20);
  await drained;
  assert(connection.bufferedBytes > 400);
  connection.abort();
});

Deno.test("WebSocketConnection.drained, settles when the connection ends", async () => {
  const { connection } = setup({ capacityBytes: 10 });
  connection.send("x".repeat(100));
  const drained = connection.drained();
  connection.abort();
  await drained;
  await connection.drained();
  assertEquals(connection.bufferedBytes, 0);
});
