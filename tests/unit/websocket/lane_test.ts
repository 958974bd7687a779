import { assertEquals } from "@std/assert";
import { Opcode } from "../../../lib/websocket/frame.ts";
import { Lane } from "../../../lib/websocket/lane.ts";
import { MaskSource } from "../../../lib/websocket/mask.ts";
import { bytesOf, readFrames } from "./reference.ts";

const LENGTHS = [0, 1, 125, 126, 127, 65535, 65536, 70_000];

function payloads(lane: Lane): Uint8Array[] {
  const flight = lane.take(Infinity);
  return flight ? readFrames(flight.bytes).map((frame) => frame.payload) : [];
}

for (const masked of [true, false]) {
  const masks = () => masked ? new MaskSource() : undefined;

  Deno.test(`Lane.add, ${masked ? "masked" : "plain"} frames of every length`, () => {
    for (const length of LENGTHS) {
      const lane = new Lane(masks());
      const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
      lane.add(Opcode.binary, bytes);
      lane.add(Opcode.text, "x".repeat(length));
      const flight = lane.take(Infinity)!;
      const [binary, text, ...more] = readFrames(flight.bytes);
      assertEquals(more, []);
      assertEquals(binary, {
        opcode: 2,
        fin: true,
        masked,
        payload: bytes,
      });
      assertEquals(text?.payload, bytesOf("x".repeat(length)));
      assertEquals(text?.opcode, 1);
      assertEquals(flight.messageEnds.at(-1), flight.bytes.length);
    }
  });

  Deno.test(`Lane.add, ${masked ? "masked" : "plain"} text that outgrows its guessed header`, () => {
    for (
      const units of [41, 42, 43, 62, 63, 125, 126, 21845, 21846, 32768, 65535]
    ) {
      for (const unit of ["é", "€", "😀", "a€"]) {
        const lane = new Lane(masks());
        const text = unit.repeat(Math.ceil(units / unit.length));
        lane.add(Opcode.text, "before");
        lane.add(Opcode.text, text);
        lane.add(Opcode.text, "after");
        assertEquals(payloads(lane), ["before", text, "after"].map(bytesOf));
      }
    }
  });
}

Deno.test("Lane.add, a lone surrogate leaves as U+FFFD", () => {
  const lane = new Lane(undefined);
  lane.add(Opcode.text, "a\ud800b");
  assertEquals(payloads(lane), [bytesOf("a\ufffdb")]);
});

Deno.test("Lane.add, copies the bytes it is given", () => {
  const lane = new Lane(undefined);
  const bytes = Uint8Array.of(1, 2, 3);
  lane.add(Opcode.binary, bytes);
  bytes.fill(9);
  assertEquals(payloads(lane), [Uint8Array.of(1, 2, 3)]);
});

Deno.test("Lane.take, whole frames within the bound, or one that is larger", () => {
  const lane = new Lane(undefined);
  for (const size of [8, 8, 98, 8]) {
    lane.add(Opcode.binary, new Uint8Array(size));
  }
  assertEquals(lane.bufferedBytes, 10 + 10 + 100 + 10);
  assertEquals(lane.nextBytes, 10);
  assertEquals(lane.take(25)?.bytes.length, 20);
  assertEquals(lane.nextBytes, 100);
  assertEquals(lane.take(25)?.bytes.length, 100);
  assertEquals(lane.take(25)?.bytes.length, 10);
  assertEquals(lane.take(25), undefined);
  assertEquals(lane.nextBytes, 0);
});

Deno.test("Lane.take, tells where messages end, not control frames", () => {
  const lane = new Lane(undefined);
  lane.add(Opcode.binary, new Uint8Array(8));
  lane.add(Opcode.ping, new Uint8Array(3), false);
  lane.add(Opcode.binary, new Uint8Array(18));
  const flight = lane.take(Infinity);
  assertEquals(flight?.messageEnds, [10, 35]);
  assertEquals(flight?.frameCount, 3);
});

Deno.test("Lane, a flight under way is not touched by what is added later", () => {
  const lane = new Lane(undefined);
  lane.add(Opcode.text, "first");
  const flight = lane.take(Infinity)!;
  const copy = flight.bytes.slice();
  for (let i = 0; i < 3000; i++) lane.add(Opcode.text, `later ${i}`);
  assertEquals(flight.bytes, copy);
  const rest = payloads(lane).map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(rest, Array.from({ length: 3000 }, (_, i) => `later ${i}`));
});

Deno.test("Lane, order is kept while flights come and go", () => {
  const lane = new Lane(undefined);
  const got: string[] = [];
  let sent = 0;
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 40; i++) lane.add(Opcode.text, `${sent++}`);
    for (
      const frame of readFrames(lane.take(150)?.bytes ?? new Uint8Array(0))
    ) {
      got.push(new TextDecoder().decode(frame.payload));
    }
    lane.recycle();
  }
  for (const bytes of payloads(lane)) got.push(new TextDecoder().decode(bytes));
  assertEquals(got, Array.from({ length: sent }, (_, i) => `${i}`));
});

Deno.test("Lane.recycle, gives back a large buffer and uses a small one again", () => {
  const lane = new Lane(undefined);
  lane.add(Opcode.text, "x");
  const first = lane.take(Infinity)!.bytes.buffer;
  lane.recycle();
  lane.add(Opcode.text, "y");
  assertEquals(lane.take(Infinity)!.bytes.buffer === first, true);
  lane.recycle();
  lane.add(Opcode.binary, new Uint8Array(300 * 1024));
  assertEquals(lane.take(Infinity)!.bytes.buffer.byteLength > 300 * 1024, true);
  lane.recycle();
  lane.add(Opcode.text, "z");
  assertEquals(lane.take(Infinity)!.bytes.buffer.byteLength, 4096);
});

Deno.test("Lane.recycle, keeps what waits", () => {
  const lane = new Lane(undefined);
  lane.add(Opcode.text, "a");
  lane.add(Opcode.text, "b");
  lane.take(1);
  lane.recycle();
  assertEquals(payloads(lane), [bytesOf("b")]);
});

Deno.test("Lane.clear, drops what waits but not the flight", () => {
  const lane = new Lane(undefined);
  lane.add(Opcode.text, "a");
  lane.add(Opcode.text, "b");
  const flight = lane.take(1)!;
  lane.clear();
  assertEquals(lane.bufferedBytes, 0);
  lane.add(Opcode.text, "c");
  assertEquals(readFrames(flight.bytes)[0]?.payload, bytesOf("a"));
  assertEquals(payloads(lane), [bytesOf("c")]);
});

Deno.test("Lane.add, text beyond ASCII leaves whole, also once the runtime counts wrongly what its encoder read", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const lane = new Lane(undefined);
  // Deno 2.7.11 counts wrongly once it has compiled what calls the encoder.
  for (let i = 0; i < 300_000; i++) {
    lane.add(Opcode.text, "warm");
    lane.take(Infinity);
    lane.recycle();
  }
  for (let i = 0; i < 500; i++) {
    const text: string = JSON.parse(
      `"é${"x".repeat(500 + i)}ü${"y".repeat(9)}"`,
    );
    // In a buffer of 4096 bytes room for the text if it were ASCII, no more.
    lane.clear();
    lane.add(Opcode.binary, new Uint8Array(4096 - 4 - 4 - text.length));
    lane.add(Opcode.text, text);
    const bytes = lane.take(Infinity)?.bytes.subarray(4096 - text.length);
    assertEquals(decoder.decode(bytes), text);
  }
});
