import { assert, assertEquals, assertRejects } from "@std/assert";
import net from "node:net";
import { SocketStream } from "../../../lib/edgehub/socket_stream.ts";
import { swallow, TestServer } from "./servers.ts";

type Serve = (conn: Deno.Conn) => Promise<void>;
type Run = (stream: SocketStream, socket: net.Socket) => Promise<void>;

/** A stream to a server that does this with its end, before and after `settle`. */
async function withStreams(serve: Serve, run: Run): Promise<void> {
  await withStream(serve, run);
  await withSettled(serve, run);
}

/** A stream to a server that does this with its end. */
async function withStream(
  serve: Serve,
  run: Run,
  isSettled = false,
): Promise<void> {
  await using server = new TestServer(serve);
  const socket = net.connect(server.port, "127.0.0.1");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const stream = new SocketStream(socket, "connect");
  await stream.opened();
  if (isSettled) stream.settle();
  try {
    await run(stream, socket);
  } finally {
    stream.close();
    await closed;
  }
}

function withSettled(serve: Serve, run: Run): Promise<void> {
  return withStream(serve, run, true);
}

const text = (value: string) => new TextEncoder().encode(value);

async function readAll(stream: SocketStream, bufferBytes = 1024) {
  let all = "";
  const buffer = new Uint8Array(bufferBytes);
  for (let n; (n = await stream.read(buffer)) !== null;) {
    assert(n >= 1 && n <= bufferBytes);
    all += new TextDecoder().decode(buffer.subarray(0, n));
  }
  return all;
}

Deno.test("SocketStream, reads what came before the end, in pieces of any size", async () => {
  const lines = Array.from({ length: 500 }, (_, i) => `line ${i}\n`).join("");
  for (const size of [1, 7, 65536]) {
    await withStreams(async (conn) => {
      await conn.write(text(lines));
    }, async (stream) => {
      assertEquals(await readAll(stream, size), lines);
      assertEquals(stream.receivedBytes, lines.length);
      assertEquals(await stream.read(new Uint8Array(1)), null);
    });
  }
});

Deno.test("SocketStream, writes large bytes in parts that all arrive", async () => {
  const sent = new Uint8Array(1_000_000).map((_, i) => i % 251);
  let got = Promise.withResolvers<number>();
  await withStreams(async (conn) => {
    got = Promise.withResolvers();
    let total = 0;
    const buffer = new Uint8Array(65536);
    while (total < sent.length) {
      const n = await conn.read(buffer);
      if (n === null) break;
      for (let i = 0; i < n; i++) {
        assertEquals(buffer[i], (total + i) % 251);
      }
      total += n;
    }
    got.resolve(total);
  }, async (stream) => {
    let writes = 0;
    for (let at = 0; at < sent.length; writes++) {
      at += await stream.write(sent.subarray(at));
    }
    // Progress shows while a thin link is still busy with the rest.
    assert(writes >= sent.length / 32768, `${writes}`);
    assertEquals(await got.promise, sent.length);
  });
});

Deno.test("SocketStream, F6: what nobody reads stops the peer, and is read later in full", async () => {
  const piece = new Uint8Array(64 * 1024).fill(7);
  const count = 512;
  let written = 0;
  await withStreams(async (conn) => {
    written = 0;
    for (let i = 0; i < count; i++) {
      for (let at = 0; at < piece.length;) {
        at += await conn.write(piece.subarray(at));
      }
      written++;
    }
  }, async (stream) => {
    const buffer = new Uint8Array(1);
    assertEquals(await stream.read(buffer), 1);
    // The peer stands still once the kernel's buffers are full.
    for (let before = -1; before !== written;) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert(written < count, `${written}`);
    let total = 1;
    const large = new Uint8Array(100_000);
    for (let n; (n = await stream.read(large)) !== null;) total += n;
    assertEquals(total, count * piece.length);
  });
});

Deno.test("SocketStream, after the peer's end a write waits until the end was read", async () => {
  await withStream(async (conn) => {
    await conn.write(text("last words"));
  }, async (stream, socket) => {
    const buffer = new Uint8Array(4);
    assertEquals(await stream.read(buffer), 4);
    if (!socket.closed) {
      await new Promise((resolve) => socket.once("close", resolve));
    }
    let refused = false;
    const write = stream.write(text("x")).catch((error: Error) => {
      refused = true;
      return error;
    });
    assertEquals(await stream.read(buffer), 4);
    assertEquals(refused, false);
    assertEquals(await stream.read(buffer), 2);
    assertEquals(refused, false);
    assertEquals(await stream.read(buffer), null);
    assert(await write instanceof Error);
    await assertRejects(() => stream.write(text("x")));
  });
});

Deno.test("SocketStream, a write to a peer that is gone fails if nobody reads", async () => {
  await withStream(async () => {}, async (stream, socket) => {
    socket.resume();
    if (!socket.closed) {
      await new Promise((resolve) => socket.once("close", resolve));
    }
    await assertRejects(() => stream.write(text("x")));
  });
});

Deno.test("SocketStream, settled: what came before the peer went is read although a write fails", async () => {
  await withSettled(async (conn) => {
    await conn.write(text("last words"));
  }, async (stream) => {
    const buffer = new Uint8Array(4);
    assertEquals(await stream.read(buffer), 4);
    let refused = false;
    // The kernel takes the first one, until the peer says that it is gone.
    const writes = (async () => {
      for (;;) {
        await stream.write(text("x"));
        await nextTurn();
      }
    })().catch((error: Error) => {
      refused = true;
      return error;
    });
    for (let i = 0; i < 20; i++) await nextTurn();
    assertEquals(refused, false);
    assertEquals(await stream.read(buffer), 4);
    assertEquals(await stream.read(buffer), 2);
    assertEquals(refused, false);
    await stream.read(buffer).catch((error) => assert(error instanceof Error));
    assert(await writes instanceof Error);
    await assertRejects(() => stream.write(text("x")));
  });
});

Deno.test("SocketStream, settled: a write to a peer that is gone fails if nobody reads", async () => {
  await withSettled(async () => {}, async (stream) => {
    await assertRejects(async () => {
      for (;;) {
        await stream.write(text("x"));
        await nextTurn();
      }
    });
  });
});

Deno.test("SocketStream, settled late: what had come by then is read first", async () => {
  const pieces = Array.from({ length: 200 }, (_, i) => `piece ${i} `);
  for (const turns of [0, 1, 5]) {
    await withStream(async (conn) => {
      for (const piece of pieces) {
        await conn.write(text(piece));
        await nextTurn();
      }
    }, async (stream, socket) => {
      let all = "";
      const buffer = new Uint8Array(1024);
      for (let reads = 0;; reads++) {
        if (reads === turns) stream.settle();
        const n = await stream.read(buffer);
        if (n === null) break;
        all += new TextDecoder().decode(buffer.subarray(0, n));
      }
      assertEquals(all, pieces.join(""));
      assertEquals(stream.receivedBytes, all.length);
      // Node.js's layer has seen what came before, and no more.
      assert(socket.bytesRead < all.length, `${socket.bytesRead}`);
    });
  }
});

Deno.test("SocketStream, close settles every call", async () => {
  await withStreams(swallow, async (stream) => {
    const read = stream.read(new Uint8Array(1));
    stream.close();
    assertEquals(await read, null);
    await assertRejects(() => stream.write(text("x")));
    assertEquals(await stream.read(new Uint8Array(1)), null);
    stream.close();
  });
});

Deno.test("SocketStream, close ends a write that is stuck", async () => {
  const release = Promise.withResolvers<void>();
  await withStreams(() => release.promise, async (stream) => {
    const bytes = new Uint8Array(1 << 20);
    let taken = -1;
    const loop = (async () => {
      for (;;) taken = await stream.write(bytes);
    })().catch((error: Error) => error);
    const moved = () => taken;
    for (let before = -2; before !== moved();) {
      before = moved();
      taken = -1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    stream.close();
    assert(await loop instanceof Error);
    release.resolve();
  });
});

Deno.test("SocketStream, an error is thrown by read and write, whenever it comes", async () => {
  await withStreams(swallow, async (stream, socket) => {
    const read = stream.read(new Uint8Array(1));
    const error = new Error("cable cut");
    socket.destroy(error);
    assertEquals(await read.catch((e: Error) => e), error);
    assertEquals(await stream.write(text("x")).catch((e: Error) => e), error);
    // One that nobody waits for must not end the process.
    socket.emit("error", new Error("late"));
    assertEquals(
      await stream.read(new Uint8Array(1)).catch((e: Error) => e),
      error,
    );
  });
});

Deno.test("SocketStream, settled: a read under way ends with the error that its socket was destroyed with", async () => {
  await withSettled(async (conn) => {
    await conn.write(text("x"));
    await swallow(conn);
  }, async (stream, socket) => {
    assertEquals(await stream.read(new Uint8Array(1)), 1);
    const read = stream.read(new Uint8Array(1)).catch((e: Error) => e);
    await nextTurn();
    const error = new Error("cable cut");
    socket.destroy(error);
    assertEquals(await read, error);
  });
});

Deno.test("SocketStream, opened tells why it did not open", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const refused = new SocketStream(net.connect(port, "127.0.0.1"), "connect");
  await assertRejects(() => refused.opened(), Error, "ECONNREFUSED");
  const socket = new net.Socket();
  const closed = new SocketStream(socket, "connect");
  const opened = closed.opened();
  closed.close();
  await assertRejects(() => opened, Error, "closed");
});

/** Numbers from 0 up, four bytes each, in bursts with pauses between. */
async function countUp(conn: Deno.Conn, bytes: number): Promise<void> {
  const words = new Uint32Array(48 * 1024);
  for (let next = 0; next * 4 < bytes;) {
    for (let i = 0; i < words.length; i++) words[i] = next++;
    const burst = new Uint8Array(words.buffer);
    for (let at = 0; at < burst.length;) {
      at += await conn.write(burst.subarray(at));
    }
    if (next % (5 * words.length) === 0) await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Reads like a node that is busy with COMMITs; returns how many came right. */
async function countSlowly(stream: SocketStream): Promise<number> {
  let expected = 0;
  let rest = new Uint8Array(0);
  const buffer = new Uint8Array(64 * 1024);
  for (let reads = 1;; reads++) {
    const n = await stream.read(buffer);
    if (n === null) return expected;
    const bytes = new Uint8Array(rest.length + n);
    bytes.set(rest);
    bytes.set(buffer.subarray(0, n), rest.length);
    const words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
    for (const word of words) assertEquals(word, expected++);
    rest = bytes.slice(words.length * 4);
    if (reads % 4 === 0) await nextTurn();
  }
}

Deno.test("SocketStream, no byte is lost or comes twice while the reader lags", async () => {
  const bytes = 6 * 1024 * 1024;
  await withStreams(
    (conn) => countUp(conn, bytes),
    async (stream) => {
      assert(await countSlowly(stream) * 4 >= bytes);
    },
  );
});

Deno.test("SocketStream, what nobody reads is not taken from the kernel", async () => {
  let served = Promise.withResolvers<void>();
  await withStreams(async (conn) => {
    served = Promise.withResolvers();
    try {
      await countUp(conn, 64 * 1024 * 1024);
    } catch (error) {
      // The reader closes long before all has been taken.
      assert(error instanceof Error);
    } finally {
      served.resolve();
    }
  }, async (stream) => {
    await stream.read(new Uint8Array(1));
    for (let before = -1; before !== stream.receivedBytes;) {
      before = stream.receivedBytes;
      for (let i = 0; i < 50; i++) await nextTurn();
    }
    assert(stream.receivedBytes <= 256 * 1024 + 64 * 1024);
    stream.close();
    await served.promise;
  });
});
