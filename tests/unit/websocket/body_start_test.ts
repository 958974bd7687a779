import { assertEquals } from "@std/assert";
import { readBodyStart } from "../../../lib/websocket/body_start.ts";
import { HeadReader } from "../../../lib/websocket/http_head.ts";
import { bytePipe } from "../../support/byte_pipe.ts";
import { bytesOf } from "./reference.ts";

interface Case {
  readonly body: string;
  readonly fields?: Record<string, string>;
  readonly status?: number;
}

/** Reads the start of a body whose stream stays open. */
async function start({ body, fields = {}, status = 500 }: Case) {
  const [near, far] = bytePipe({ readSplit: () => 100 });
  await far.writeAll(bytesOf(body));
  const headers = new Headers(fields);
  const result = await readBodyStart(new HeadReader(near), status, headers);
  return { ...result, unreadBytes: far.unreadBytes };
}

Deno.test("readBodyStart, no more than the announced length", async () => {
  const fields = { "Content-Length": "5" };
  assertEquals((await start({ body: "hello world", fields })).text, "hello");
});

Deno.test("readBodyStart, chunks until the last one", async () => {
  const fields = { "Transfer-Encoding": "gzip, Chunked" };
  const body = "3\r\nabc\r\n1;a=b\r\nd\r\n0\r\n\r\n";
  assertEquals((await start({ body, fields })).text, "abcd");
});

Deno.test("readBodyStart, no more than is needed for 512 characters", async () => {
  const { text, unreadBytes } = await start({ body: "x".repeat(10_000) });
  assertEquals(text, "x".repeat(512));
  assertEquals(unreadBytes >= 10_000 - 2048 - 100, true);
});

Deno.test("readBodyStart, statuses without a body", async () => {
  for (const status of [204, 304]) {
    assertEquals((await start({ body: "x", status })).text, "");
  }
});

Deno.test("readBodyStart, a broken stream gives what came, and why no more", async () => {
  const reset = new Error("reset");
  let reads = 0;
  const stream = {
    read(into: Uint8Array): Promise<number> {
      if (reads++ > 0) return Promise.reject(reset);
      into.set(bytesOf("part"));
      return Promise.resolve(4);
    },
    write: () => Promise.resolve(1),
    close: () => undefined,
  };
  const result = await readBodyStart(
    new HeadReader(stream),
    500,
    new Headers(),
  );
  assertEquals(result, { text: "part", cause: reset });
});
