import { assertEquals, assertRejects } from "@std/assert";
import { bytePipe } from "../../support/byte_pipe.ts";
import { bytesOf } from "./reference.ts";

Deno.test("bytePipe, bytes arrive in order however they are split", async () => {
  const [near, far] = bytePipe({
    capacityBytes: 7,
    readSplit: () => 3,
    writeSplit: () => 2,
  });
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  const sent = near.writeAll(bytes);
  assertEquals(await far.readExactly(100), bytes);
  await sent;
  assertEquals(Math.max(...near.offered), 100);
});

Deno.test("bytePipe, a write waits at the bound", async () => {
  const [near, far] = bytePipe({ capacityBytes: 4 });
  assertEquals(await near.write(bytesOf("abcdef")), 4);
  let taken = 0;
  const waiting = near.write(bytesOf("ef")).then((count) => taken = count);
  await Promise.resolve();
  assertEquals([taken, near.unreadBytes], [0, 4]);
  assertEquals(await far.readExactly(1), bytesOf("a"));
  assertEquals(await waiting, 1);
});

Deno.test("bytePipe, close lets the other end read what is under way", async () => {
  const [near, far] = bytePipe();
  await near.write(bytesOf("last"));
  const pending = near.read(new Uint8Array(1));
  near.close();
  near.close();
  await assertRejects(() => pending, Deno.errors.Interrupted);
  await assertRejects(
    () => near.read(new Uint8Array(1)),
    Deno.errors.BadResource,
  );
  await assertRejects(() => near.write(bytesOf("x")), Deno.errors.BrokenPipe);
  await assertRejects(() => far.write(bytesOf("x")), Deno.errors.BrokenPipe);
  assertEquals(await far.readToEnd(), bytesOf("last"));
  await assertRejects(() => far.readExactly(1), Error, "End after 0");
});

Deno.test("bytePipe, abort breaks both ends", async () => {
  const [near, far] = bytePipe();
  const pending = far.read(new Uint8Array(1));
  const reset = new Error("reset");
  near.abort(reset);
  await assertRejects(() => pending, Error, "reset");
  await assertRejects(() => far.write(bytesOf("x")), Error, "reset");
  await assertRejects(() => near.read(new Uint8Array(1)), Error, "reset");
});
