import { assertEquals } from "@std/assert";
import {
  type Role,
  WebSocketConnection,
  type WebSocketConnectionOptions,
  type WebSocketMessage,
} from "../../../lib/websocket/mod.ts";
import {
  bytePipe,
  type BytePipeOptions,
  type PipeEnd,
} from "../../support/byte_pipe.ts";
import { ManualClock } from "./manual_clock.ts";
import {
  concat,
  type RawFrame,
  rawFrame,
  type ReadFrame,
  readFrames,
} from "./reference.ts";

/** A masking key. */
export const KEY = [1, 2, 3, 4];

/** A connection and the raw other end of its stream. */
export interface Setup {
  readonly connection: WebSocketConnection;
  /** The raw other end. */
  readonly peer: PipeEnd;
  readonly near: PipeEnd;
  readonly clock: ManualClock;
}

/** A connection whose peer is a raw stream. */
export function setup(
  options: Partial<WebSocketConnectionOptions> & BytePipeOptions = {},
): Setup {
  const { readSplit, writeSplit, capacityBytes, ...rest } = options;
  const clock = new ManualClock();
  const [near, peer] = bytePipe({
    ...(readSplit ? { readSplit } : {}),
    ...(writeSplit ? { writeSplit } : {}),
    ...(capacityBytes ? { capacityBytes } : {}),
  });
  const connection = new WebSocketConnection(near, {
    role: "client",
    clock,
    messageBytesMax: 1 << 20,
    ...rest,
  });
  return { connection, peer, near, clock };
}

/** Two connections over one pipe. */
export function pair(options: BytePipeOptions = {}) {
  const clock = new ManualClock();
  const [a, b] = bytePipe(options);
  const make = (stream: PipeEnd, role: Role) =>
    new WebSocketConnection(stream, { role, clock, messageBytesMax: 1 << 20 });
  const client = make(a, "client");
  const server = make(b, "server");
  return { client, server, clock, near: a, far: b };
}

/** Receives until this many messages have come, or the end. */
export async function receiveCount(
  connection: WebSocketConnection,
  count: number,
): Promise<WebSocketMessage[]> {
  const all: WebSocketMessage[] = [];
  while (all.length < count) {
    const batch = await connection.receive();
    if (batch === null) break;
    all.push(...batch);
  }
  return all;
}

/** Sends frames as a peer. */
export const send = (peer: PipeEnd, ...frames: RawFrame[]) =>
  peer.writeAll(concat(frames.map(rawFrame)));

/** Frames that the connection wrote until it closed the stream. */
export async function framesToEnd(peer: PipeEnd): Promise<ReadFrame[]> {
  return readFrames(await peer.readToEnd());
}

/** The code of a close frame; 1005 if it has none. */
export function closeCode(frame: ReadFrame | undefined): number {
  assertEquals(frame?.opcode, 8);
  const [high = 0, low = 0] = frame?.payload ?? [];
  return frame?.payload.length ? high * 256 + low : 1005;
}

/** Lets everything that can run now run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}
