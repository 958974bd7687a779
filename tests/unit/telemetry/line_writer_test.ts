import { assertEquals } from "@std/assert";
import { LineWriter } from "../../../lib/telemetry/line_writer.ts";

/** A stream that takes so many bytes, then fails with an error. */
class BadStream {
  text = "";
  room = Infinity;
  error: Error = new Deno.errors.BrokenPipe("gone");

  writeSync(bytes: Uint8Array): number {
    if (this.room === 0) throw this.error;
    const taken = bytes.subarray(0, Math.min(this.room, 4));
    this.room -= taken.length;
    this.text += new TextDecoder().decode(taken);
    return taken.length;
  }
}

Deno.test("LineWriter, writes a line however many writes it takes", () => {
  const stream = new BadStream();
  assertEquals(new LineWriter(stream).write("a line\n"), true);
  assertEquals(stream.text, "a line\n");
});

for (
  const error of [
    new Deno.errors.BrokenPipe("EPIPE"),
    new Deno.errors.WouldBlock("EAGAIN"),
    new Error("No space left on device (os error 28)"),
    new Deno.errors.BadResource("EBADF"),
  ]
) {
  Deno.test(`LineWriter, a stream that fails costs lines and nothing else: ${error.message}`, () => {
    const stream = new BadStream();
    const writer = new LineWriter(stream);
    stream.error = error;
    stream.room = 0;
    assertEquals(writer.write("lost\n"), false);
    stream.room = 5;
    assertEquals(writer.write("torn in two\n"), false);
    stream.room = Infinity;
    assertEquals(writer.write("whole\n"), true);
    assertEquals(stream.text, "torn \nwhole\n");
  });
}

Deno.test("LineWriter, a stream that takes nothing does not hold the node up", () => {
  const writer = new LineWriter({ writeSync: () => 0 });
  assertEquals(writer.write("x\n"), false);
});
