import { assertEquals } from "@std/assert";
import {
  acceptKey,
  isHandshakeKey,
  toBase64,
} from "../../../lib/websocket/accept_key.ts";
import { bytesOf } from "./reference.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

Deno.test("acceptKey, the example of RFC 6455 1.3", async () => {
  assertEquals(await acceptKey(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

Deno.test("toBase64, standard alphabet with padding", () => {
  assertEquals(toBase64(bytesOf("the sample nonce")), KEY);
  assertEquals(toBase64(Uint8Array.of(0xfb, 0xff)), "+/8=");
});

Deno.test("isHandshakeKey, exactly base64 of 16 bytes", () => {
  for (let last = 0; last < 256; last += 5) {
    const bytes = new Uint8Array(16).fill(last);
    assertEquals(isHandshakeKey(toBase64(bytes)), true);
  }
  for (const size of [15, 17, 18]) {
    assertEquals(isHandshakeKey(toBase64(new Uint8Array(size))), false);
  }
  assertEquals(isHandshakeKey(`${KEY} `), false);
  assertEquals(isHandshakeKey(KEY.replace("Q==", "R==")), false);
});
