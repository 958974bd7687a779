import { assertEquals, assertRejects } from "@std/assert";
import { ChunkReader } from "../../../lib/websocket/chunk_reader.ts";
import { bytePipe } from "../../support/byte_pipe.ts";
import { bytesOf } from "./reference.ts";

Deno.test("ChunkReader.next, leftover, then the stream, then null", async () => {
  const [near, far] = bytePipe();
  const leftover = bytesOf("left");
  const reader = new ChunkReader(near, leftover);
  leftover.fill(0);
  await far.writeAll(bytesOf("more"));
  far.close();
  assertEquals((await reader.next())?.slice(), bytesOf("left"));
  assertEquals(near.readCount, 0);
  assertEquals((await reader.next())?.slice(), bytesOf("more"));
  assertEquals(await reader.next(), null);
});

Deno.test("ChunkReader.next, one buffer of 64 KiB for all reads", async () => {
  const [near, far] = bytePipe({ capacityBytes: 1 << 20 });
  const reader = new ChunkReader(near);
  await far.writeAll(new Uint8Array(100_000));
  const first = await reader.next();
  const second = await reader.next();
  assertEquals([first?.length, second?.length], [65536, 100_000 - 65536]);
  assertEquals(first?.buffer === second?.buffer, true);
});

Deno.test("ChunkReader.next, a stream that breaks its contract", async () => {
  for (const length of [0, -1, 65537, NaN]) {
    const [near] = bytePipe();
    near.read = () => Promise.resolve(length);
    await assertRejects(() => new ChunkReader(near).next(), RangeError);
  }
});
