import { assertEquals } from "@std/assert";
import { FrameWriter } from "../../../lib/websocket/writer.ts";
import { bytePipe, type BytePipeOptions } from "../../support/byte_pipe.ts";
import { ManualClock } from "./manual_clock.ts";
import { bytesOf, readFrames } from "./reference.ts";

function setup(options: BytePipeOptions = {}) {
  const [near, peer] = bytePipe(options);
  const errors: unknown[] = [];
  const clock = new ManualClock();
  const writer = new FrameWriter(near, {
    role: "server",
    clock,
    onError: (error) => errors.push(error),
  });
  return { writer, near, peer, errors, clock };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

const BODY = { code: 1000, reason: "" };

Deno.test("FrameWriter.finish, nothing is taken after it, and it is said once", async () => {
  const { writer, near, peer } = setup();
  writer.send("a", "data");
  writer.finish(BODY);
  writer.finish({ code: 4000, reason: "" });
  assertEquals(writer.send("b", "first"), false);
  assertEquals(writer.ping(new Uint8Array(0)), false);
  assertEquals(writer.finishWritten, false);
  await writer.drained();
  assertEquals(writer.finishWritten, true);
  near.close();
  const frames = readFrames(await peer.readToEnd());
  assertEquals(frames.map((frame) => frame.opcode), [1, 8]);
  assertEquals(frames[1]?.payload, Uint8Array.of(3, 232));
});

Deno.test("FrameWriter.discard, drops what waits, and drained settles", async () => {
  const { writer, peer } = setup({ capacityBytes: 4 });
  writer.send("flying", "data");
  await settle();
  writer.send("waiting", "data");
  writer.send("waiting", "first");
  writer.pong(bytesOf("p"));
  assertEquals(writer.bufferedBytes, 4 + 9 + 9 + 3);
  const drained = writer.drained();
  writer.discard();
  assertEquals(writer.bufferedBytes, 4);
  const [frame, ...more] = readFrames(await peer.readExactly(8));
  assertEquals([frame?.payload, more], [bytesOf("flying"), []]);
  await drained;
  assertEquals(writer.writtenCount, 1);
});

Deno.test("FrameWriter.pong, counts in bufferedBytes, the latest one only", () => {
  const { writer } = setup();
  writer.pong(bytesOf("first"));
  writer.pong(bytesOf("xy"));
  assertEquals(writer.bufferedBytes, 4);
  writer.stop();
});

Deno.test("FrameWriter.stop, nothing more is written and nothing is taken", async () => {
  const { writer, near, errors } = setup({ capacityBytes: 4 });
  writer.send("x".repeat(10), "data");
  await settle();
  const drained = writer.drained();
  writer.stop();
  near.close();
  await drained;
  await settle();
  assertEquals(near.offered, [12, 8]);
  assertEquals(writer.bufferedBytes, 0);
  assertEquals(writer.send("y", "data"), false);
  writer.finish(BODY);
  writer.pong(new Uint8Array(0));
  await settle();
  assertEquals(writer.bufferedBytes, 0);
  assertEquals(near.offered.length, 2);
  // The write under way fails with the stream; the owner ignores it by then.
  assertEquals(errors.length, 1);
});

Deno.test("FrameWriter, a failed write reaches onError once", async () => {
  const { writer, peer, errors } = setup();
  const reset = new Error("reset");
  peer.abort(reset);
  writer.send("x", "data");
  await settle();
  assertEquals(errors, [reset]);
});

Deno.test("FrameWriter, the loop ends and starts again", async () => {
  const { writer, near } = setup();
  for (let i = 1; i <= 5; i++) {
    writer.send("x", "data");
    await writer.drained();
    await settle();
    assertEquals(near.offered.length, i);
    assertEquals(writer.writtenCount, i);
  }
});

Deno.test("FrameWriter, a small buffer is used again for each write", async () => {
  const { writer, near } = setup();
  const buffers = new Set<ArrayBufferLike>();
  near.write = (bytes) => {
    buffers.add(bytes.buffer);
    assertEquals(bytes.byteOffset, 0);
    return Promise.resolve(bytes.length);
  };
  for (const lane of ["data", "first"] as const) {
    buffers.clear();
    for (let i = 0; i < 5; i++) {
      writer.send("x".repeat(1000), lane);
      await writer.drained();
    }
    assertEquals(buffers.size, 1);
  }
});

Deno.test("FrameWriter.lastWrittenMs, a write that waits is stamped with its begin", async () => {
  const { writer, near, clock } = setup();
  const stuck = Promise.withResolvers<number>();
  near.write = () => stuck.promise;
  const start = clock.monotonic();
  clock.advance(500);
  assertEquals(writer.lastWrittenMs, start);
  writer.send("x", "data");
  clock.advance(300);
  await settle();
  assertEquals(writer.lastWrittenMs, start + 500);
  stuck.resolve(3);
  await writer.drained();
  assertEquals(writer.lastWrittenMs, start + 800);
});
