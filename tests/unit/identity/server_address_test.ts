import { assertEquals } from "@std/assert";
import { readServerAddress } from "../../../lib/identity/server_address.ts";

Deno.test("readServerAddress, host and port in their spellings", () => {
  const at = (host: string, port: number) => ({ host, port });
  assertEquals(readServerAddress("cloud.example"), at("cloud.example", 10_002));
  assertEquals(readServerAddress(" 10.0.0.1:1 "), at("10.0.0.1", 1));
  assertEquals(readServerAddress("https://c:65535/"), at("c", 65_535));
  assertEquals(readServerAddress("[::1]:77"), at("::1", 77));
  assertEquals(readServerAddress("[::1]"), at("::1", 10_002));
});

Deno.test("readServerAddress, anything else is none", () => {
  for (
    const text of [
      "",
      "c:0",
      "c:65536",
      "c:x",
      "::1",
      "http://c",
      "https://c/path",
      "a b",
      "wss://c:10000",
      "[:::]",
      "1.2.3.400",
    ]
  ) assertEquals(readServerAddress(text), undefined, text);
});
