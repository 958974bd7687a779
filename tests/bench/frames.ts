/** A message as it came, its bytes as characters. */
export interface Framed {
  /** 1 text, 8 close, 9 ping, 10 pong. */
  readonly opcode: number;
  /** The payload; ids and routes of our wire are ASCII. */
  readonly text: string;
}

/** Reads what a WebSocket server sends: unmasked frames, one per message. */
export class MessageReader {
  readonly #conn: Deno.Conn;
  readonly #decoder = new TextDecoder("latin1");
  #bytes = new Uint8Array(256 * 1024);
  #start = 0;
  #end = 0;

  /** @param conn Just connected. */
  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** The answer to the upgrade request; the frames begin behind it. */
  async head(): Promise<string> {
    while (await this.#more()) {
      const text = this.#decoder.decode(this.#bytes.subarray(0, this.#end));
      const at = text.indexOf("\r\n\r\n");
      if (at < 0) continue;
      this.#start = at + 4;
      return text.slice(0, at);
    }
    return "";
  }

  /** All messages that have come, one at least; `undefined` at the end. */
  async read(): Promise<Framed[] | undefined> {
    for (;;) {
      const found: Framed[] = [];
      for (let one = this.#next(); one; one = this.#next()) found.push(one);
      if (found.length > 0) return found;
      if (!await this.#more()) return undefined;
    }
  }

  #next(): Framed | undefined {
    const bytes = this.#bytes;
    const at = this.#start;
    if (this.#end - at < 2) return undefined;
    let length = bytes[at + 1]! & 127;
    let from = at + 2;
    if (length === 126) {
      from = at + 4;
      length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    } else if (length === 127) {
      from = at + 10;
      length = 0;
      for (let i = at + 2; i < from; i++) length = length * 256 + bytes[i]!;
    }
    if (from + length > this.#end) return undefined;
    this.#start = from + length;
    const text = this.#decoder.decode(bytes.subarray(from, this.#start));
    return { opcode: bytes[at]! & 15, text };
  }

  async #more(): Promise<boolean> {
    if (this.#start > 0) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    if (this.#bytes.length - this.#end < 64 * 1024) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    const count = await this.#conn.read(this.#bytes.subarray(this.#end));
    if (count === null) return false;
    this.#end += count;
    return true;
  }
}
