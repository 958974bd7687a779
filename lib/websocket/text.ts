import { ProtocolError } from "./errors.ts";

const REPLACEMENT = "\ufffd";

/**
 * Decodes the UTF-8 of text messages and close reasons. A byte order mark is
 * a character like any other here.
 *
 * The forgiving decoder is three times as fast as the fatal one and makes
 * one-byte strings of ASCII, which `JSON.parse` likes. It writes U+FFFD for
 * whatever is not UTF-8, so a text without that character is proven good;
 * only one with it is decoded again by the fatal decoder, which decides.
 */
export class TextReader {
  readonly #forgiving = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #fatal = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

  /** @throws {ProtocolError} 1007 if the bytes are not UTF-8. */
  decode(bytes: Uint8Array): string {
    const text = this.#forgiving.decode(bytes);
    if (!text.includes(REPLACEMENT)) return text;
    try {
      return this.#fatal.decode(bytes);
    } catch {
      // The decoder's own error says nothing more than that it is not UTF-8.
      throw new ProtocolError(1007, "Text is not UTF-8");
    }
  }
}
