const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The answer to a client's `Sec-WebSocket-Key` (RFC 6455 4.2.2). */
export async function acceptKeyOf(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(key + GUID);
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toBase64();
}
