import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { BoundedQueue, seededRandom } from "../../../lib/base/mod.ts";

Deno.test("BoundedQueue, gives what it took, in order, and refuses at its bound", () => {
  const queue = new BoundedQueue<number>(3);
  assertEquals([queue.capacity, queue.length, queue.peek()], [3, 0, undefined]);
  assertEquals([1, 2, 3, 4].map((n) => queue.push(n)), [
    true,
    true,
    true,
    false,
  ]);
  assertEquals([queue.length, queue.peek(), queue.length], [3, 1, 3]);
  assertEquals([queue.shift(), queue.push(5), queue.push(6)], [1, true, false]);
  assertEquals([queue.shift(), queue.shift(), queue.shift(), queue.shift()], [
    2,
    3,
    5,
    undefined,
  ]);
});

Deno.test("BoundedQueue, keeps order over more than it ever holds", () => {
  const queue = new BoundedQueue<number>(5000);
  const random = seededRandom(42);
  let pushed = 0, shifted = 0;
  while (shifted < 20_000) {
    for (let n = Math.floor(random() * 4000); n > 0; n--) {
      if (queue.push(pushed)) pushed++;
      else assertEquals(queue.length, 5000);
    }
    for (let n = Math.floor(random() * 4000); n > 0; n--) {
      const item = queue.shift();
      if (item === undefined) break;
      assertEquals(item, shifted++);
    }
    assertEquals(queue.length, pushed - shifted);
    assertEquals(queue.peek(), pushed === shifted ? undefined : shifted);
  }
});

Deno.test("BoundedQueue, compacts what was taken while it is in use", () => {
  const queue = new BoundedQueue<number>(10_000);
  for (let n = 0; n < 10_000; n++) queue.push(n);
  for (let n = 0; n < 9000; n++) assertEquals(queue.shift(), n);
  for (let n = 10_000; n < 19_000; n++) assert(queue.push(n));
  assertEquals([queue.length, queue.push(0)], [10_000, false]);
  for (let n = 9000; n < 19_000; n++) assertEquals(queue.shift(), n);
  assertEquals(queue.length, 0);
});

Deno.test("BoundedQueue, a bound on sizes lets the last item pass it, then nothing", async () => {
  const bound = { sizeOf: (n: number) => n, sizeMax: 10 };
  const queue = new BoundedQueue<number>(4, bound);
  assertEquals([9, 100, 1].map((n) => queue.push(n)), [true, true, false]);
  assertEquals([queue.length, queue.size], [2, 109]);
  const room = queue.room();
  assertEquals([queue.shift(), queue.push(1)], [9, false]);
  assertStrictEquals(queue.room(), room);
  assertEquals([queue.shift(), queue.size], [100, 0]);
  await room;
  assertEquals([1, 1, 1, 1, 1].map((n) => queue.push(n)).at(-1), false);
  assertEquals([queue.clear().length, queue.size], [4, 0]);
});

Deno.test("BoundedQueue, roomMax: says to wait before it is full, takes on up to its bound", async () => {
  const queue = new BoundedQueue<number>(4, undefined, 2);
  assertEquals([queue.push(1), queue.room()], [true, undefined]);
  assertEquals(queue.push(2), true);
  const room = queue.room();
  assert(room && !queue.isFull);
  assertEquals([3, 4, 5].map((n) => queue.push(n)), [true, true, false]);
  assertEquals([queue.shift(), queue.shift()], [1, 2]);
  assertStrictEquals(queue.room(), room);
  assertEquals([queue.shift(), queue.room()], [3, undefined]);
  await room;
});

Deno.test("BoundedQueue.clear, returns the rest in order", () => {
  const queue = new BoundedQueue<number>(3);
  for (const n of [1, 2, 3]) queue.push(n);
  queue.shift();
  assertEquals(queue.clear(), [2, 3]);
  assertEquals([queue.length, queue.shift(), queue.clear()], [
    0,
    undefined,
    [],
  ]);
  assertEquals([queue.push(4), queue.shift()], [true, 4]);
});

Deno.test("BoundedQueue.room, is asked for only while full and comes with the first free place", async () => {
  const queue = new BoundedQueue<number>(2);
  assertEquals(queue.room(), undefined);
  queue.push(1);
  assertEquals(queue.room(), undefined);
  queue.push(2);
  let came = false;
  const room = queue.room();
  assertStrictEquals(queue.room(), room);
  const waited = room?.then(() => came = true);
  await Promise.resolve();
  assertEquals(came, false);
  queue.shift();
  await waited;
  assertEquals([came, queue.room()], [true, undefined]);
  queue.push(3);
  assert(queue.room() !== room);
});

Deno.test("BoundedQueue.room, comes when the queue is cleared", async () => {
  const queue = new BoundedQueue<number>(1);
  queue.push(1);
  const room = queue.room();
  queue.clear();
  await room;
});
