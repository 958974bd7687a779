import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { seededRandom } from "../../../lib/base/mod.ts";
import { ProtocolError, type Role } from "../../../lib/websocket/mod.ts";
import { FrameParser } from "../../../lib/websocket/parser.ts";
import {
  bytesOf,
  concat,
  type RawFrame,
  rawFrame,
  recordingSink,
  type SinkEvent,
} from "./reference.ts";

const KEY = [0x37, 0xfa, 0x21, 0x3d];
const TEXT = 1;
const BINARY = 2;
const MAX = 1 << 20;

interface Outcome {
  readonly events: SinkEvent[];
  readonly error?: ProtocolError;
  readonly atBoundary: boolean;
}

function parse(
  bytes: Uint8Array,
  options: { role?: Role; max?: number; split?: () => number } = {},
): Outcome {
  const sink = recordingSink();
  const parser = new FrameParser(sink, {
    role: options.role ?? "client",
    messageBytesMax: options.max ?? MAX,
  });
  // One buffer for all chunks, overwritten each time: nothing may alias it.
  const buffer = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(
      options.split?.() ?? bytes.length,
      bytes.length - at,
    );
    buffer.set(bytes.subarray(at, at + length));
    at += length;
    try {
      parser.push(buffer.subarray(0, length));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return { events: sink.events, error, atBoundary: parser.atBoundary };
    }
    buffer.fill(0xee, 0, length);
  }
  return { events: sink.events, atBoundary: parser.atBoundary };
}

function parseFrames(frames: RawFrame[], role: Role = "client"): Outcome {
  const bytes = concat(frames.map(rawFrame));
  const whole = parse(bytes, { role });
  // Every rule must hold however the bytes are split.
  const single = parse(bytes, { role, split: () => 1 });
  assertEquals(single.events, whole.events);
  assertEquals(single.error?.message, whole.error?.message);
  assertEquals(single.error?.code, whole.error?.code);
  return whole;
}

function assertBroken(frames: RawFrame[], why: RegExp, role?: Role): void {
  const { error } = parseFrames(frames, role);
  assertEquals(error?.code, 1002);
  assertMatch(error?.message ?? "", why);
}

const message = (message: string | Uint8Array): SinkEvent => ({
  kind: "message",
  message,
});

Deno.test("FrameParser, the examples of RFC 6455 5.7", () => {
  const hello = [message("Hello")];
  const unmasked = Uint8Array.of(0x81, 5, 0x48, 0x65, 0x6c, 0x6c, 0x6f);
  assertEquals(parse(unmasked).events, hello);
  const masked = Uint8Array.of(
    ...[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
  );
  assertEquals(parse(masked, { role: "server" }).events, hello);
  const fragments = Uint8Array.of(
    ...[0x01, 3, 0x48, 0x65, 0x6c, 0x80, 2, 0x6c, 0x6f],
  );
  assertEquals(parse(fragments).events, hello);
});

for (const role of ["client", "server"] as const) {
  const key = role === "server" ? { key: KEY } : {};
  for (const length of [0, 1, 125, 126, 127, 65535, 65536, 65537, 200_000]) {
    Deno.test(`FrameParser, ${role} takes payloads of ${length} bytes`, () => {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 31);
      const text = "x".repeat(length);
      const frames = concat([
        rawFrame({ opcode: BINARY, payload: bytes, ...key }),
        rawFrame({ opcode: TEXT, payload: text, ...key }),
      ]);
      const expected = [message(bytes), message(text)];
      assertEquals(parse(frames, { role }).events, expected);
      assertEquals(parse(frames, { role, split: () => 7 }).events, expected);
    });
  }
}

Deno.test("FrameParser, control frames come between fragments", () => {
  const { events, error } = parseFrames([
    { opcode: TEXT, fin: false, payload: "a" },
    { opcode: 9, payload: "p" },
    { opcode: 0, fin: false, payload: "b" },
    { opcode: 10, payload: "q" },
    { opcode: 0, payload: "c" },
  ]);
  assertEquals(error, undefined);
  assertEquals(events, [
    { kind: "ping", payload: bytesOf("p") },
    { kind: "pong", payload: bytesOf("q") },
    message("abc"),
  ]);
});

Deno.test("FrameParser, empty fragments make an empty message", () => {
  const { events } = parseFrames([
    { opcode: BINARY, fin: false },
    { opcode: 0, fin: false },
    { opcode: 0 },
  ]);
  assertEquals(events, [message(new Uint8Array(0))]);
});

Deno.test("FrameParser, a frame of the wrong masking is refused", () => {
  assertBroken([{ opcode: TEXT, payload: "a" }], /client must mask/, "server");
  assertBroken([{ opcode: TEXT, payload: "a", key: KEY }], /must not mask/);
});

Deno.test("FrameParser, each reserved bit is refused", () => {
  for (const reserved of [1, 2, 4]) {
    assertBroken([{ opcode: TEXT, payload: "a", reserved }], /reserved bit/);
  }
});

Deno.test("FrameParser, each reserved opcode is refused", () => {
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    assertBroken([{ opcode }], /reserved opcode/);
  }
});

Deno.test("FrameParser, a control frame is never fragmented", () => {
  for (const opcode of [8, 9, 10]) {
    assertBroken([{ opcode, fin: false }], /in fragments/);
  }
});

Deno.test("FrameParser, a control frame has at most 125 bytes", () => {
  for (const opcode of [8, 9, 10]) {
    assertBroken([{ opcode, payload: "x".repeat(126) }], /125/);
  }
  const payload = bytesOf("x".repeat(125));
  assertEquals(parseFrames([{ opcode: 9, payload }]).events, [
    { kind: "ping", payload },
  ]);
});

Deno.test("FrameParser, a continuation needs something to continue", () => {
  assertBroken([{ opcode: 0, payload: "a" }], /nothing to continue/);
  assertBroken([
    { opcode: TEXT, fin: false, payload: "a" },
    { opcode: 0, payload: "b" },
    { opcode: 0, payload: "c" },
  ], /nothing to continue/);
});

Deno.test("FrameParser, no message starts within another", () => {
  for (const opcode of [TEXT, BINARY]) {
    assertBroken([
      { opcode: TEXT, fin: false, payload: "a" },
      { opcode, payload: "b" },
    ], /within fragments/);
  }
});

Deno.test("FrameParser, a length is written the shortest way", () => {
  for (const length of [0, 125]) {
    const payload = "x".repeat(length);
    assertBroken([{ opcode: TEXT, payload, lengthBytes: 2 }], /shortest/);
  }
  for (const length of [0, 126, 65535]) {
    const payload = "x".repeat(length);
    assertBroken([{ opcode: TEXT, payload, lengthBytes: 8 }], /shortest/);
  }
});

Deno.test("FrameParser, a length has 63 bits", () => {
  const declared = 1n << 63n;
  assertBroken([{ opcode: BINARY, declared, lengthBytes: 8 }], /highest bit/);
});

Deno.test("FrameParser, a frame is refused on its declared length", () => {
  for (const declared of [1001n, 1n << 32n, (1n << 63n) - 1n]) {
    const header = rawFrame({ opcode: BINARY, declared });
    const { error } = parse(header, { max: 1000 });
    assertEquals(error?.code, 1009);
  }
  const fits = rawFrame({ opcode: BINARY, payload: new Uint8Array(1000) });
  assertEquals(parse(fits, { max: 1000 }).events.length, 1);
});

Deno.test("FrameParser, the sum of fragments is bounded", () => {
  const first = rawFrame({
    opcode: BINARY,
    fin: false,
    payload: "x".repeat(600),
  });
  const header = rawFrame({ opcode: 0, declared: 401n });
  assertEquals(parse(concat([first, header]), { max: 1000 }).error?.code, 1009);
  const fits = rawFrame({ opcode: 0, payload: "x".repeat(400) });
  const twice = concat([first, fits, first, fits]);
  assertEquals(parse(twice, { max: 1000 }).events.length, 2);
});

Deno.test("FrameParser, single frames do not add up to the bound", () => {
  const one = rawFrame({ opcode: TEXT, payload: "x".repeat(600) });
  assertEquals(parse(concat([one, one, one]), { max: 1000 }).events.length, 3);
});

Deno.test("FrameParser, UTF-8 over the borders of fragments", () => {
  const bytes = bytesOf("aé€😀z");
  const frames = [...bytes].map((byte, i): RawFrame => ({
    opcode: i === 0 ? TEXT : 0,
    fin: i === bytes.length - 1,
    payload: Uint8Array.of(byte),
  }));
  assertEquals(parseFrames(frames).events, [message("aé€😀z")]);
});

Deno.test("FrameParser, text that is not UTF-8 is refused with 1007", () => {
  const bad = [[0x80], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [
    0xf4,
    0x90,
    0x80,
    0x80,
  ], [0xff]];
  for (const payload of bad.map((bytes) => Uint8Array.from(bytes))) {
    assertEquals(parseFrames([{ opcode: TEXT, payload }]).error?.code, 1007);
    const fragments = [
      { opcode: TEXT, fin: false, payload: "good" },
      { opcode: 0, payload },
    ];
    assertEquals(parseFrames(fragments).error?.code, 1007);
  }
});

Deno.test("FrameParser, U+FFFD, NUL and a byte order mark are characters", () => {
  const text = "\ufeffa\ufffd\0";
  assertEquals(parseFrames([{ opcode: TEXT, payload: text }]).events, [
    message(text),
  ]);
});

Deno.test("FrameParser, close frames", () => {
  const close = (payload: Uint8Array) => parseFrames([{ opcode: 8, payload }]);
  assertEquals(close(new Uint8Array(0)).events, [
    { kind: "close", body: { code: 1005, reason: "" } },
  ]);
  assertEquals(close(Uint8Array.of(0x03, 0xe8, 0x62, 0x79, 0x65)).events, [
    { kind: "close", body: { code: 1000, reason: "bye" } },
  ]);
  assertEquals(close(Uint8Array.of(3)).error?.code, 1002);
  assertEquals(close(Uint8Array.of(0x03, 0xed)).error?.code, 1002);
  assertEquals(close(Uint8Array.of(0x03, 0xe8, 0xff)).error?.code, 1007);
});

Deno.test("FrameParser, nothing is parsed after a close frame", () => {
  const { events, error } = parseFrames([
    { opcode: 8 },
    { opcode: TEXT, payload: "late" },
    { opcode: 3 },
  ]);
  assertEquals(error, undefined);
  assertEquals(events.map((event) => event.kind), ["close"]);
});

Deno.test("FrameParser, nothing is parsed after an error", () => {
  const sink = recordingSink();
  const parser = new FrameParser(sink, { role: "client", messageBytesMax: 9 });
  assertThrows(() => parser.push(rawFrame({ opcode: 3 })), ProtocolError);
  parser.push(rawFrame({ opcode: TEXT, payload: "late" }));
  assertEquals(sink.events, []);
});

Deno.test("FrameParser, what was complete before an error is delivered", () => {
  const { events, error } = parseFrames([
    { opcode: TEXT, payload: "good" },
    { opcode: 3 },
  ]);
  assertEquals(events, [message("good")]);
  assertEquals(error?.code, 1002);
});

Deno.test("FrameParser, atBoundary is false within a frame and within fragments", () => {
  const frame = rawFrame({ opcode: TEXT, payload: "abc" });
  assertEquals(parse(frame).atBoundary, true);
  assertEquals(parse(frame.subarray(0, 1)).atBoundary, false);
  assertEquals(parse(frame.subarray(0, 4)).atBoundary, false);
  const fragment = rawFrame({ opcode: TEXT, fin: false, payload: "abc" });
  assertEquals(parse(fragment).atBoundary, false);
});

/** A random conversation, and what must come of it. */
function randomFrames(seed: number, masked: boolean) {
  const random = seededRandom(seed);
  const pick = (n: number) => Math.floor(random() * n);
  const key = () => masked ? { key: [0, 0, 0, 0].map(() => pick(256)) } : {};
  const frames: Uint8Array[] = [];
  const events: SinkEvent[] = [];
  const payloadOf = (length: number) =>
    Uint8Array.from({ length }, () => pick(256));
  for (let i = 0; i < 30; i++) {
    const size = pick(4) === 0 ? pick(70_000) : pick(300);
    const text = pick(2) === 0;
    const payload = text
      ? bytesOf(
        Array.from({ length: size }, () => "aé€😀"[pick(4)] ?? "").join("")
          .toWellFormed(),
      )
      : payloadOf(size);
    const parts = 1 + pick(4);
    let at = 0;
    for (let part = 0; part < parts; part++) {
      const last = part === parts - 1;
      const end = last ? payload.length : at + pick(payload.length - at + 1);
      frames.push(rawFrame({
        opcode: part === 0 ? (text ? TEXT : BINARY) : 0,
        fin: last,
        payload: payload.subarray(at, end),
        ...key(),
      }));
      at = end;
      if (last || pick(2) === 0) continue;
      const ping = payloadOf(pick(126));
      frames.push(rawFrame({ opcode: 9, payload: ping, ...key() }));
      events.push({ kind: "ping", payload: ping });
    }
    events.push(
      message(
        text
          ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload)
          : payload,
      ),
    );
  }
  return { bytes: concat(frames), events, random };
}

for (const role of ["client", "server"] as const) {
  Deno.test(`FrameParser, ${role}: any split gives the same`, () => {
    const seed = Number(Deno.env.get("SEED") ?? Date.now() % 2 ** 31);
    for (let round = 0; round < 4; round++) {
      const { bytes, events, random } = randomFrames(
        seed + round,
        role === "server",
      );
      const note = `SEED=${seed} round ${round}`;
      const small = () => 1 + Math.floor(random() * 40);
      const large = () => 1 + Math.floor(random() * 65536);
      for (const split of [undefined, small, large, () => 1]) {
        const outcome = parse(bytes, { role, ...(split ? { split } : {}) });
        assertEquals(outcome.error, undefined, note);
        assertEquals(outcome.events, events, note);
        assertEquals(outcome.atBoundary, true, note);
      }
    }
  });
}

Deno.test("FrameParser, a message that is too large passes unheld, its head is told, the next comes", () => {
  const max = 5000;
  const big = "h".repeat(6000) + "t".repeat(20_000);
  const cases: Record<string, RawFrame[]> = {
    "one frame": [{ opcode: TEXT, payload: bytesOf(big) }],
    "fragments, too large in the second, a ping between": [
      { opcode: TEXT, fin: false, payload: bytesOf(big.slice(0, 3000)) },
      { opcode: 9, payload: bytesOf("p") },
      { opcode: 0, fin: false, payload: bytesOf(big.slice(3000, 7000)) },
      { opcode: 0, payload: bytesOf(big.slice(7000)) },
    ],
  };
  for (const role of ["client", "server"] as const) {
    for (const [name, frames] of Object.entries(cases)) {
      const all = [...frames, { opcode: TEXT, payload: bytesOf("next") }];
      const bytes = concat(
        all.map((frame) =>
          rawFrame(role === "server" ? { ...frame, key: KEY } : frame)
        ),
      );
      for (const size of [1, 7, 4096, bytes.length]) {
        const told: string[] = [];
        const parser = new FrameParser({
          message: (message) => void told.push(String(message)),
          ping: () => void told.push("ping"),
          pong: () => {},
          close: () => {},
          tooLarge: (head) => void told.push(`${head.length} ${head[0]}`),
        }, { role, messageBytesMax: max });
        for (let at = 0; at < bytes.length; at += size) {
          parser.push(bytes.slice(at, at + size));
        }
        assertEquals(
          told.filter((what) => what !== "ping"),
          [`4096 ${"h".charCodeAt(0)}`, "next"],
          `${role}, ${name}, ${size}`,
        );
        assertEquals(parser.atBoundary, true);
      }
    }
  }
});

Deno.test("FrameParser, a message larger than 1 GiB does not even pass", () => {
  const header = new Uint8Array(10);
  header.set([0x81, 127]);
  new DataView(header.buffer).setBigUint64(2, 2n ** 31n);
  const parser = new FrameParser({
    message: () => {},
    ping: () => {},
    pong: () => {},
    close: () => {},
    tooLarge: () => {},
  }, { role: "client", messageBytesMax: MAX });
  assertEquals(
    assertThrows(() => parser.push(header), ProtocolError).code,
    1009,
  );
});
