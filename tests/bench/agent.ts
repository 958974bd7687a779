/**
 * A pod agent for benches, in a process of its own: attaches, answers, and
 * says on standard error when it has caught up with the store.
 *
 *     deno run -A tests/bench/agent.ts SOCKET
 *
 * Three processes share the machine's cores with each other, so this one does
 * the least that an agent can: it looks for ids in the text and answers all
 * that one read brought with one write. `AgentClient` costs several times as
 * much, which would be measured as the node's.
 *
 * @module
 */
import { MessageReader } from "./frames.ts";

const OPERATIONS = new Set(["insert", "update", "delete"]);
const encoder = new TextEncoder();

const conn = await Deno.connect({
  transport: "unix",
  path: Deno.args[0] ?? "",
});
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
// Stays until it is ended, also when the node has gone before.
setInterval(() => {}, 60_000);
await conn.write(encoder.encode(
  "GET /attach/edged?answers=true HTTP/1.1\r\nHost: localhost\r\n" +
    "Upgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
));
const reader = new MessageReader(conn);
const head = await reader.head();
if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(`Refused: ${head}`);
for (;;) {
  const messages = await reader.read();
  if (!messages || messages.some(({ opcode }) => opcode === 8)) break;
  const answers: Uint8Array[] = [];
  for (const { opcode, text } of messages) {
    if (opcode === 9) answers.push(clientFrame(0x8a, text));
    if (opcode !== 1) continue;
    if (OPERATIONS.has(fieldOf(text, "operation"))) {
      answers.push(clientFrame(0x81, answerTo(text)));
    } else if (text.includes('"meta/replay"') && text.includes('"finished"')) {
      Deno.stderr.writeSync(encoder.encode("caught up\n"));
    }
  }
  const bytes = joined(answers);
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

function answerTo(text: string): string {
  return `{"header":{"msg_id":"${crypto.randomUUID()}","parent_msg_id":"` +
    `${fieldOf(text, "msg_id")}","timestamp":${Date.now()}},"route":{` +
    `"source":"edged","group":"meta","operation":"response","resource":"` +
    `${fieldOf(text, "resource")}"},"content":"OK"}`;
}

/** The first field of that name: header and route come before the content. */
function fieldOf(text: string, field: string): string {
  const mark = `"${field}":"`;
  const at = text.indexOf(mark);
  if (at < 0) return "";
  const from = at + mark.length;
  return text.slice(from, text.indexOf('"', from));
}

/** A short frame under a mask of zeros, which leaves the bytes as they are. */
function clientFrame(first: number, text: string): Uint8Array {
  const body = encoder.encode(text);
  const isShort = body.length < 126;
  const bytes = new Uint8Array(body.length + (isShort ? 6 : 8));
  bytes[0] = first;
  bytes[1] = 0x80 | (isShort ? body.length : 126);
  if (!isShort) new DataView(bytes.buffer).setUint16(2, body.length);
  bytes.set(body, bytes.length - body.length);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
