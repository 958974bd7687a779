import { assert, assertEquals } from "@std/assert";
import { watch } from "../../../lib/cli/watch.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";
import { FakeIo } from "./fake_io.ts";

function start(
  options: { terminal?: boolean; rows?: number; texts?: string[] } = {},
) {
  const io = Object.assign(new FakeIo(options), { rows: () => options.rows });
  const clock = new VirtualClock();
  const ending = new AbortController();
  const { texts = ["one\ntwo\n", "three\n"] } = options;
  const { signal } = ending;
  let looks = 0;
  const done = watch(io, {
    show: () => {
      const text = texts[looks++];
      if (text === "") return Promise.reject(new Error("it restarts"));
      if (text === undefined) return Promise.reject(new Error("no node runs"));
      return Promise.resolve(text);
    },
    intervalMs: 2000,
    signal,
    clock,
  });
  return { io, clock, end: () => ending.abort(), done };
}

Deno.test("watch, in a pipe one text below the other, what fails is told apart, once", async () => {
  const { io, clock, end, done } = start();
  await clock.advance(10_000);
  assertEquals(io.out, "one\ntwo\n\nthree\n");
  assertEquals(io.err, "Error: no node runs\n");
  end();
  await done;
  assertEquals(clock.pending, 0);
});

Deno.test("watch, in a pipe a failure that comes again after a text, or another one, is told again", async () => {
  const { clock, io, end, done } = start({ texts: ["", "one\n", "", ""] });
  await clock.advance(10_000);
  assertEquals(io.out, "one\n");
  assertEquals(
    io.err,
    "Error: it restarts\nError: it restarts\nError: no node runs\n",
  );
  end();
  await done;
});

Deno.test("watch, a terminal is written over in place and left as it was", async () => {
  const { io, clock, end, done } = start({ terminal: true, rows: 24 });
  await clock.advance(2000);
  const [, first, second] = io.out.split("\x1b[H");
  assertEquals(first, "one\x1b[K\r\ntwo\x1b[K\r\n\x1b[J");
  assertEquals(second, "three\x1b[K\r\n\x1b[J");
  assert(!io.out.includes("\x1b[2J"), "the screen is never blank in between");
  assert(io.out.startsWith("\x1b[?1049h\x1b[?25l"));
  end();
  await done;
  assert(io.out.endsWith("\x1b[?25h\x1b[?1049l"));
});

Deno.test("watch, no more lines than the terminal has", async () => {
  const { io, clock, end, done } = start({ terminal: true, rows: 2 });
  await clock.settle();
  assert(io.out.includes("one") && !io.out.includes("two"));
  end();
  await done;
  // A terminal without a size says 0.
  const other = start({ terminal: true, rows: 0 });
  await other.clock.settle();
  assert(other.io.out.includes("two"));
  other.end();
  await other.done;
});

Deno.test("watch, ends while it waits for the node, and the terminal is left", async () => {
  const io = new FakeIo({ terminal: true });
  const ending = new AbortController();
  const done = watch(io, {
    show: (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
    intervalMs: 1,
    signal: ending.signal,
    clock: new VirtualClock(),
  });
  ending.abort();
  await done;
  assert(io.out.endsWith("\x1b[?1049l"));
});
