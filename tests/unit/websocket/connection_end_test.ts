import { assert, assertEquals } from "@std/assert";
import { ProtocolError } from "../../../lib/websocket/mod.ts";
import {
  closeCode,
  framesToEnd,
  KEY,
  send,
  settle,
  setup,
} from "./connection_setup.ts";
import { bytesOf, type RawFrame, rawFrame, readFrames } from "./reference.ts";

Deno.test("WebSocketConnection, the end of the stream without a close frame", async () => {
  const { connection, peer } = setup();
  const received = connection.receive();
  peer.close();
  assertEquals(await received, null);
  assertEquals(await connection.ended, { code: 1006, reason: "", by: "peer" });
  assertEquals(connection.send("x"), false);
  await connection.close();
});

Deno.test("WebSocketConnection, the end of the stream within a message", async () => {
  const { connection, peer } = setup();
  const received = connection.receive();
  await send(peer, { opcode: 1, fin: false, payload: "half" });
  peer.close();
  assertEquals(await received, null);
  const { code, by, error } = await connection.ended;
  assertEquals({ code, by }, { code: 1006, by: "peer" });
  assertEquals((error as Error).message, "Stream ended within a message");
});

Deno.test("WebSocketConnection, a read error ends it", async () => {
  const { connection, peer } = setup();
  const received = connection.receive();
  const reset = new Error("reset");
  peer.abort(reset);
  assertEquals(await received, null);
  assertEquals(await connection.ended, {
    code: 1006,
    reason: "",
    by: "error",
    error: reset,
  });
});

Deno.test("WebSocketConnection, a write error ends it", async () => {
  const { connection, peer, near } = setup();
  peer.close();
  connection.send("x");
  const end = await connection.ended;
  assertEquals([end.code, end.by], [1006, "error"]);
  assert(end.error instanceof Deno.errors.BrokenPipe);
  assertEquals(near.closed, true);
  assertEquals(connection.send("x"), false);
});

Deno.test("WebSocketConnection, a stream that breaks its contract ends it", async () => {
  for (const taken of [0, 100, NaN]) {
    const { connection, near } = setup();
    near.write = () => Promise.resolve(taken);
    near.read = () => new Promise(() => {});
    connection.send("x");
    assert((await connection.ended).error instanceof RangeError);
  }
  const { connection, near } = setup();
  near.read = () => Promise.resolve(0);
  assertEquals(await connection.receive(), null);
  assert((await connection.ended).error instanceof RangeError);
});

Deno.test("WebSocketConnection, an observer that throws ends it", async () => {
  const written = setup().connection;
  written.onWritten = () => {
    throw new TypeError("observer");
  };
  written.send("x");
  assert((await written.ended).error instanceof TypeError);
  const { connection, peer } = setup();
  connection.onPong = () => {
    throw new TypeError("observer");
  };
  await send(peer, { opcode: 10 });
  assertEquals(await connection.receive(), null);
  assert((await connection.ended).error instanceof TypeError);
});

Deno.test("WebSocketConnection.abort, ends at once and once", async () => {
  const { connection, near, clock } = setup();
  const received = connection.receive();
  connection.send("never written");
  const why = new Error("mute");
  connection.abort(why);
  connection.abort();
  assertEquals(near.closed, true);
  assertEquals(await received, null);
  assertEquals(await connection.ended, {
    code: 1006,
    reason: "",
    by: "error",
    error: why,
  });
  assertEquals(near.offered, []);
  assertEquals(clock.timerCount, 0);
});

Deno.test("WebSocketConnection.abort, without an error it is our own will", async () => {
  const { connection } = setup();
  connection.abort();
  assertEquals(await connection.ended, { code: 1006, reason: "", by: "us" });
});

Deno.test("WebSocketConnection.abort, ends a close that waits", async () => {
  const { connection, clock } = setup();
  const closed = connection.close();
  await settle();
  connection.abort();
  await closed;
  assertEquals(clock.timerCount, 0);
});

const FAULTS: [string, RawFrame, number][] = [
  ["an unmasked frame", { opcode: 1, payload: "x" }, 1002],
  ["text that is not UTF-8", {
    opcode: 1,
    payload: Uint8Array.of(0xff),
    key: KEY,
  }, 1007],
  ["a message that is too big", {
    opcode: 2,
    declared: (1n << 20n) + 1n,
    key: KEY,
  }, 1009],
];

for (const [what, frame, code] of FAULTS) {
  Deno.test(`WebSocketConnection, ${what} closes with ${code}`, async () => {
    const { connection, peer, near, clock } = setup({ role: "server" });
    await send(peer, { opcode: 1, payload: "good", key: KEY }, frame);
    assertEquals(await connection.receive(), ["good"]);
    assertEquals(connection.send("late"), false);
    // What the peer still sends is taken off the stream, so that it is not reset.
    await peer.writeAll(new Uint8Array(200_000));
    await settle();
    assertEquals(peer.unreadBytes, 0);
    assertEquals(near.closed, false);
    clock.advance(1000);
    assertEquals(await connection.receive(), null);
    const end = await connection.ended;
    assertEquals([end.code, end.by], [code, "error"]);
    assert(end.error instanceof ProtocolError);
    const frames = await framesToEnd(peer);
    assertEquals(frames.map(closeCode), [code]);
    assertEquals(clock.timerCount, 0);
  });
}

Deno.test("WebSocketConnection, a failure drops what is queued but not a frame half written", async () => {
  const { connection, peer } = setup({ role: "server", capacityBytes: 10 });
  connection.send("0123456789");
  await settle();
  connection.send("dropped");
  const received = connection.receive();
  await send(peer, { opcode: 3, key: KEY });
  await settle();
  const frames = readFrames(await peer.readExactly(12));
  assertEquals(frames[0]?.payload, bytesOf("0123456789"));
  assertEquals((await peer.readExactly(1))[0], 0x88);
  peer.close();
  assertEquals(await received, null);
});

Deno.test("WebSocketConnection, a peer that half-closed still gets the close frame", async () => {
  for (const frame of [{ opcode: 3, key: KEY }, { opcode: 8, key: KEY }]) {
    const { connection, near, peer } = setup({
      role: "server",
      capacityBytes: 1,
    });
    const bytes = rawFrame(frame);
    let reads = 0;
    near.read = (into) => {
      into.set(bytes);
      return Promise.resolve(reads++ === 0 ? bytes.length : null);
    };
    const received = connection.receive();
    const frames = await framesToEnd(peer);
    assertEquals(frames.map(closeCode), [frame.opcode === 3 ? 1002 : 1005]);
    assertEquals(await received, null);
  }
});

Deno.test("WebSocketConnection, endless announced fragments are refused at the bound", async () => {
  const { connection, peer, clock } = setup({
    role: "server",
    messageBytesMax: 1000,
  });
  const received = connection.receive();
  await send(peer, {
    opcode: 2,
    fin: false,
    payload: "x".repeat(400),
    key: KEY,
  });
  for (let i = 0; i < 2; i++) {
    await send(peer, {
      opcode: 0,
      fin: false,
      payload: "x".repeat(400),
      key: KEY,
    });
  }
  await settle();
  clock.advance(1000);
  assertEquals(await received, null);
  assertEquals((await connection.ended).code, 1009);
});

Deno.test("WebSocketConnection, what one read brought is dropped when its end came with it", async () => {
  const frames = [{ opcode: 1, payload: "message" }, { opcode: 10 }];
  const aborted = setup();
  aborted.connection.onPong = () => aborted.connection.abort();
  await send(aborted.peer, ...frames);
  assertEquals(await aborted.connection.receive(), null);

  const closed = setup();
  closed.connection.onPong = () => void closed.connection.close();
  await send(closed.peer, ...frames, { opcode: 8 });
  const received = closed.connection.receive();
  await settle();
  closed.peer.close();
  assertEquals(await received, null);
});

Deno.test("WebSocketConnection, a stuck stream cannot hold up the end", async () => {
  const cases = [[{ opcode: 3, key: KEY }, 1000, 1002], [
    { opcode: 8, key: KEY },
    5000,
    1005,
  ]] as const;
  for (const [frame, deadlineMs, code] of cases) {
    const { connection, peer, near, clock } = setup({
      role: "server",
      capacityBytes: 10,
    });
    connection.send("x".repeat(100));
    await settle();
    const received = connection.receive();
    await send(peer, frame);
    await settle();
    clock.advance(deadlineMs - 1);
    await settle();
    assertEquals(near.closed, false);
    clock.advance(1);
    assertEquals(await received, null);
    assertEquals((await connection.ended).code, code);
  }
});
