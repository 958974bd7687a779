import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { HandshakeError } from "../../../lib/websocket/mod.ts";
import {
  formatHead,
  hasToken,
  HeadReader,
  latin1Bytes,
  latin1Text,
  writeAll,
} from "../../../lib/websocket/http_head.ts";
import { bytePipe } from "../../support/byte_pipe.ts";

Deno.test("HeadReader.head, one head after the other, however they are split", async () => {
  for (const split of [1, 2, 3, 5, 1000]) {
    const [near, far] = bytePipe({ readSplit: () => split });
    await far.writeAll(latin1Bytes("A\r\nx: 1\r\nx: 2\r\n\r\nB\r\n\r\nrest"));
    far.close();
    const reader = new HeadReader(near);
    const first = await reader.head();
    assertEquals([first.startLine, first.headers.get("x")], ["A", "1, 2"]);
    assertEquals((await reader.head()).startLine, "B");
    while (await reader.more());
    assertEquals(latin1Text(reader.rest), "rest");
  }
});

Deno.test("HeadReader.head, the bound counts the head alone", async () => {
  const head = "A\r\nx: 1\r\n\r\n";
  for (
    const [bytesMax, fits] of [[head.length, true], [head.length - 1, false]]
  ) {
    const [near, far] = bytePipe();
    await far.writeAll(latin1Bytes(head + "x".repeat(50)));
    const reader = new HeadReader(near, bytesMax as number);
    if (fits) assertEquals((await reader.head()).startLine, "A");
    else {await assertRejects(
        () => reader.head(),
        HandshakeError,
        "larger than",
      );}
  }
});

Deno.test("HeadReader.head, an endless head is not read beyond the bound", async () => {
  const [near, far] = bytePipe({ capacityBytes: 1 << 20 });
  await far.writeAll(new Uint8Array(100_000).fill(0x61));
  const reader = new HeadReader(near, 1000);
  await assertRejects(() => reader.head(), HandshakeError, "larger than 1000");
  assertEquals(near.readCount, 1);
});

Deno.test("HeadReader.head, CR without LF does not end a line", async () => {
  const [near, far] = bytePipe();
  await far.writeAll(latin1Bytes("A\r\r\n\r\n"));
  assertEquals((await new HeadReader(near).head()).startLine, "A\r");
});

Deno.test("hasToken, a word of a list in any case", () => {
  const headers = new Headers({ connection: "keep-alive,  UpGrade" });
  assertEquals(hasToken(headers, "connection", "upgrade"), true);
  assertEquals(hasToken(headers, "connection", "grade"), false);
  assertEquals(hasToken(headers, "upgrade", "upgrade"), false);
});

Deno.test("formatHead, refuses what breaks out of a line", () => {
  assertEquals(
    formatHead("A", [["x", "1"], ["y", "é"]]),
    "A\r\nx: 1\r\ny: é\r\n\r\n",
  );
  for (
    const field of [["", "a"], ["a:", "b"], ["a", "b\r"], ["a", "b\n"], [
      "a",
      "\u0100",
    ], ["a", "\x7f"]]
  ) {
    const fields = [field as [string, string]];
    assertThrows(() => formatHead("A", fields), TypeError);
  }
});

Deno.test("writeAll, however many writes it takes", async () => {
  const [near, far] = bytePipe({ writeSplit: () => 2 });
  await writeAll(near, latin1Bytes("abcdefg"));
  near.close();
  assertEquals(latin1Text(await far.readToEnd()), "abcdefg");
  assertEquals(near.offered, [7, 5, 3, 1]);
});
