import { type CloseBody, CloseCode, decodeCloseBody } from "./close_body.ts";
import { ProtocolError } from "./errors.ts";
import {
  CONTROL_BYTES_MAX,
  FIN,
  HEADER_BYTES_MAX,
  headerNeed,
  MASKED,
  Opcode,
} from "./frame.ts";
import { Gather } from "./gather.ts";
import type { HeldBytes } from "./held_bytes.ts";
import { Mask } from "./mask.ts";
import { TextReader } from "./text.ts";
import type { Role, WebSocketMessage } from "./types.ts";

/** Told of what was parsed, in order; the bytes handed over are its own. */
export interface FrameSink {
  /** A complete message. */
  message(message: WebSocketMessage): void;
  /** A ping; answer it with the same payload. */
  ping(payload: Uint8Array): void;
  /** A pong. */
  pong(payload: Uint8Array): void;
  /** A close frame; nothing is parsed after it. */
  close(body: CloseBody): void;
  /**
   * A message over the bound has passed, unheld; `head` is how it began, up
   * to 4096 bytes. Without this such a message is an error (1009).
   */
  tooLarge?: ((head: Uint8Array) => void) | undefined;
}

/** Bytes kept of a message that is too large. */
const HEAD_BYTES = 4096;

/** Bytes of a message that are let pass unheld; a larger one is an error. */
const PASSED_BYTES_MAX = 1024 * 1024 * 1024;

/** Rules of a parser. */
export interface FrameParserOptions {
  /** Which end we are: a server takes masked frames only, a client none. */
  readonly role: Role;
  /** Largest message in bytes, over all its fragments. */
  readonly messageBytesMax: number;
  /** Bounds what is held of messages that are not complete. */
  readonly held?: HeldBytes | undefined;
}

/**
 * Takes bytes in any split and gives messages and control frames.
 *
 * Invariants: every rule of RFC 6455 5 is checked as soon as the bytes are
 * there, the size before anything is held; after an error or a close frame
 * it takes nothing more.
 */
export class FrameParser {
  readonly #sink: FrameSink;
  readonly #masked: boolean;
  readonly #messageBytesMax: number;
  readonly #text = new TextReader();
  readonly #mask = new Mask();
  /** Header that came in pieces. */
  readonly #header = new Uint8Array(HEADER_BYTES_MAX);
  #headerLength = 0;
  /** Payload of a control frame that came in pieces. */
  readonly #control = new Uint8Array(CONTROL_BYTES_MAX);
  /** Opcode and last-frame bit of the frame whose payload is being read. */
  #opcode = 0;
  #fin = false;
  /** Payload of this frame: read so far and in all; -1 between frames. */
  #read = 0;
  #length = -1;
  /** Message in progress: its opcode, 0 if there is none. */
  #messageOpcode = 0;
  readonly #gather: Gather;
  /** How the message began and how long it is, once it is too large. */
  #passing: { head: Uint8Array; length: number; bytes: number } | undefined;
  #done = false;

  /** @param sink Told of what is parsed, during `push`. */
  constructor(sink: FrameSink, options: FrameParserOptions) {
    this.#sink = sink;
    this.#masked = options.role === "server";
    this.#messageBytesMax = options.messageBytesMax;
    this.#gather = new Gather(options.held);
  }

  /** Whether the bytes so far end between two messages. */
  get atBoundary(): boolean {
    return this.#length < 0 && this.#headerLength === 0 &&
      this.#messageOpcode === 0;
  }

  /**
   * Parses the next bytes, which it changes: they are unmasked in place.
   *
   * @throws {ProtocolError} If they break a rule; what was complete before
   *   has reached the sink.
   */
  push(chunk: Uint8Array): void {
    try {
      let at = 0;
      while (at < chunk.length && !this.#done) {
        at = this.#length < 0
          ? this.#readHeader(chunk, at)
          : this.#readPayload(chunk, at);
      }
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Takes nothing more and lets go of what is not complete. */
  stop(): void {
    this.#done = true;
    this.#gather.clear();
  }

  #readHeader(chunk: Uint8Array, start: number): number {
    if (this.#headerLength === 0 && chunk.length - start >= HEADER_BYTES_MAX) {
      this.#checkStart(chunk[start]!, chunk[start + 1]!);
      const at = start + headerNeed(chunk[start + 1]!);
      this.#begin(chunk, start);
      return at;
    }
    let at = start;
    const header = this.#header;
    while (at < chunk.length) {
      header[this.#headerLength++] = chunk[at++]!;
      if (this.#headerLength < 2) continue;
      if (this.#headerLength === 2) this.#checkStart(header[0]!, header[1]!);
      if (this.#headerLength === headerNeed(header[1]!)) {
        this.#headerLength = 0;
        this.#begin(header, 0);
        break;
      }
    }
    return at;
  }

  /** The rules that the first two bytes can break. */
  #checkStart(first: number, second: number): void {
    if (first & 0x70) throw broken("a reserved bit is set");
    const opcode = first & 0x0f;
    if ((second & MASKED) !== 0 !== this.#masked) {
      throw broken(
        this.#masked ? "a client must mask it" : "a server must not mask it",
      );
    }
    if (opcode >= Opcode.close) {
      if (opcode > Opcode.pong) throw broken(`reserved opcode: ${opcode}`);
      if (!(first & FIN)) throw broken("control frame in fragments");
      if ((second & 0x7f) > CONTROL_BYTES_MAX) {
        throw broken("control frame longer than 125 bytes");
      }
    } else if (opcode > Opcode.binary) {
      throw broken(`reserved opcode: ${opcode}`);
    } else if (opcode === Opcode.continuation) {
      if (this.#messageOpcode === 0) throw broken("nothing to continue");
    } else if (this.#messageOpcode !== 0) {
      throw broken("new message within fragments of another");
    }
  }

  /** Starts a frame whose header is complete. */
  #begin(header: Uint8Array, at: number): void {
    const first = header[at]!;
    const length = payloadLength(header, at);
    this.#opcode = first & 0x0f;
    this.#fin = (first & FIN) !== 0;
    if (this.#opcode < Opcode.close) {
      const announced = this.#gather.announcedBytes + length;
      const fits = !this.#passing && announced <= this.#messageBytesMax;
      if (fits) this.#gather.announce(length);
      else this.#letPass(length);
      if (this.#opcode !== Opcode.continuation) {
        this.#messageOpcode = this.#opcode;
      }
    }
    if (this.#masked) {
      this.#mask.load(header, at + headerNeed(header[at + 1]!) - 4);
    }
    this.#read = 0;
    this.#length = length;
    if (length === 0) this.#complete(header.subarray(0, 0));
  }

  /** Begins, or goes on, to let a message pass that is too large. */
  #letPass(bytes: number): void {
    this.#passing ??= { head: new Uint8Array(HEAD_BYTES), length: 0, bytes: 0 };
    this.#passing.bytes += bytes;
    if (!this.#sink.tooLarge || this.#passing.bytes > PASSED_BYTES_MAX) {
      throw new ProtocolError(
        CloseCode.tooBig,
        `Message is larger than ${this.#messageBytesMax} bytes`,
      );
    }
    // What came before it was known to be too large.
    this.#keep(this.#gather.take());
  }

  /** Keeps of a piece what belongs to the head. */
  #keep(piece: Uint8Array): void {
    if (!this.#passing) return this.#gather.append(piece);
    const { head, length } = this.#passing;
    const part = piece.subarray(0, head.length - length);
    head.set(part, length);
    this.#passing.length += part.length;
  }

  #readPayload(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#length - this.#read);
    const piece = chunk.subarray(at, end);
    if (this.#masked) this.#mask.apply(piece, this.#read);
    if (piece.length === this.#length) {
      this.#complete(piece);
      return end;
    }
    if (this.#opcode < Opcode.close) this.#keep(piece);
    else this.#control.set(piece, this.#read);
    this.#read += piece.length;
    if (this.#read === this.#length) {
      this.#complete(
        this.#opcode < Opcode.close
          ? undefined
          : this.#control.subarray(0, this.#length),
      );
    }
    return end;
  }

  /** Ends a frame; `payload` is all of it unless it has been gathered. */
  #complete(payload: Uint8Array | undefined): void {
    this.#length = -1;
    if (this.#opcode >= Opcode.close) {
      return this.#completeControl(payload!);
    }
    const text = this.#messageOpcode === Opcode.text;
    if (this.#passing) return this.#completePassed(payload);
    if (payload && this.#fin && this.#opcode !== Opcode.continuation) {
      // The common case: a message in one frame in one chunk. The chunk's
      // buffer is used again, so binary data is copied out of it.
      this.#messageOpcode = 0;
      this.#gather.clear();
      this.#sink.message(text ? this.#text.decode(payload) : payload.slice());
      return;
    }
    if (payload) this.#gather.append(payload);
    if (!this.#fin) return;
    this.#messageOpcode = 0;
    const gather = this.#gather;
    this.#sink.message(text ? gather.takeText(this.#text) : gather.take());
  }

  #completePassed(payload: Uint8Array | undefined): void {
    if (payload) this.#keep(payload);
    if (!this.#fin || !this.#passing) return;
    const { head, length } = this.#passing;
    this.#passing = undefined;
    this.#messageOpcode = 0;
    this.#sink.tooLarge?.(head.subarray(0, length));
  }

  #completeControl(payload: Uint8Array): void {
    switch (this.#opcode) {
      case Opcode.ping:
        return this.#sink.ping(payload.slice());
      case Opcode.pong:
        return this.#sink.pong(payload.slice());
      default:
        this.#done = true;
        return this.#sink.close(decodeCloseBody(payload, this.#text));
    }
  }
}

/** Length of the payload; it must be written in the shortest way. */
function payloadLength(header: Uint8Array, at: number): number {
  const code = header[at + 1]! & 0x7f;
  if (code < 126) return code;
  const bytes = code === 126 ? 2 : 8;
  if (bytes === 8 && header[at + 2]! & 0x80) {
    throw broken("length has its highest bit set");
  }
  let length = 0;
  for (let i = 0; i < bytes; i++) length = length * 256 + header[at + 2 + i]!;
  if (length < (code === 126 ? 126 : 65536)) {
    throw broken(`length is not written the shortest way: ${length}`);
  }
  return length;
}

function broken(what: string): ProtocolError {
  return new ProtocolError(
    CloseCode.protocolError,
    `Frame breaks RFC 6455: ${what}`,
  );
}
