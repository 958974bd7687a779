import { assertEquals } from "@std/assert";
import type { Socket } from "node:net";
import { takeOver } from "../../../lib/edgehub/raw_conn.ts";

function socketOver(handle: unknown): Socket {
  return { _handle: handle } as unknown as Socket;
}

const NEVER = () => {
  throw new Error("told too early");
};

Deno.test("takeOver, leaves a socket of another runtime alone", () => {
  const field = Symbol("kStreamBaseField");
  const handles = [
    undefined,
    null,
    {},
    { [Symbol("other")]: { read() {}, write() {} } },
    { [field]: undefined },
    { [field]: { read() {} } },
    { [field]: { read: 1, write: 2 } },
  ];
  for (const handle of handles) {
    assertEquals(takeOver(socketOver(handle), NEVER), undefined);
  }
});

Deno.test("takeOver, tells that reads are ours once the loop reads again, which then waits for ever", async () => {
  const said: string[] = [];
  const conn = {
    read: (into: Uint8Array) => Promise.resolve(into.length),
    write: (bytes: Uint8Array) => Promise.resolve(bytes.length),
  };
  const handle = { [Symbol("kStreamBaseField")]: conn };
  const raw = takeOver(socketOver(handle), () => said.push("taken"));
  assertEquals(said, []);
  assertEquals(await raw?.read(new Uint8Array(3)), 3);
  assertEquals(await raw?.write(new Uint8Array(2)), 2);
  conn.read(new Uint8Array(1)).then(() => said.push("read"));
  for (let i = 0; i < 10; i++) await Promise.resolve();
  assertEquals(said, ["taken"]);
});
