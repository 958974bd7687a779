/**
 * A hub that requires a client certificate, which no server under Deno can.
 * For link tests; plain Node 20, no packages.
 *
 *   node mtls_hub.mjs --cert F --key F --ca F [--port N] [--tls12] [--alpn]
 *
 * --tls12  TLS 1.2 with ECDHE-ECDSA-AES128-GCM-SHA256 only
 * --alpn   offers h2 and http/1.1, as Go servers do
 *
 * It accepts WebSocket upgrades, answers `ping` with "ack", `query` with an
 * empty object, leaves `keepalive` and `response` unanswered, and sends any
 * other text back as it came. On stdout: one JSON object a line (`listening`
 * with its port, `refused`, `open`, `message`, `closed`). On stdin: JSON lines
 * `{"send": "<text>"}` and `{"cut": true}`; its end ends the program.
 */
import { Buffer } from "node:buffer";
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { createServer } from "node:tls";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    cert: { type: "string" },
    key: { type: "string" },
    ca: { type: "string" },
    port: { type: "string", default: "0" },
    tls12: { type: "boolean", default: false },
    alpn: { type: "boolean", default: false },
  },
});

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const HEAD_BYTES_MAX = 16 * 1024;
const sockets = new Set();

const say = (event, more = {}) =>
  process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);

const server = createServer({
  cert: readFileSync(flags.cert),
  key: readFileSync(flags.key),
  ca: readFileSync(flags.ca),
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: "TLSv1.2",
  ...(flags.tls12
    ? { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }
    : {}),
  ...(flags.alpn ? { ALPNProtocols: ["h2", "http/1.1"] } : {}),
}, serve);

// Whoever started this reads no more: there is nobody left to serve.
process.stdout.on("error", () => process.exit(0));
server.on("tlsClientError", (error) => say("refused", { reason: error.code }));
server.listen(
  Number(flags.port),
  "127.0.0.1",
  () => say("listening", { port: server.address().port }),
);

/** One connection: first an HTTP head, then frames. */
function serve(socket) {
  sockets.add(socket);
  socket.setNoDelay(true);
  let rest = Buffer.alloc(0);
  let upgraded = false;
  let fragments = [];
  socket.on("error", (error) => say("failed", { reason: error.code }));
  socket.on("close", () => {
    sockets.delete(socket);
    say("closed");
  });
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    if (!upgraded) {
      const end = rest.indexOf("\r\n\r\n");
      if (end < 0) {
        if (rest.length > HEAD_BYTES_MAX) socket.destroy();
        return;
      }
      const head = rest.subarray(0, end).toString("latin1");
      rest = rest.subarray(end + 4);
      upgraded = upgrade(socket, head);
    }
    for (let frame; upgraded && (frame = readFrame(rest));) {
      rest = rest.subarray(frame.length);
      if (frame.opcode === 8) return socket.end(frameOf(frame.payload, 8));
      if (frame.opcode === 9) socket.write(frameOf(frame.payload, 10));
      if (frame.opcode > 2) continue;
      fragments.push(frame.payload);
      if (!frame.fin) continue;
      const text = Buffer.concat(fragments).toString();
      fragments = [];
      say("message", { text });
      const reply = replyTo(text);
      if (reply !== undefined) socket.write(frameOf(Buffer.from(reply)));
    }
  });
}

/** Answers the opening handshake. */
function upgrade(socket, head) {
  const [request, ...lines] = head.split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  const key = headers["sec-websocket-key"];
  if (!key || socket.alpnProtocol === "h2") {
    say("refused", { reason: "no upgrade", alpn: socket.alpnProtocol });
    socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    return false;
  }
  const accept = createHash("sha1").update(key + GUID).digest("base64");
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
      `Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  const { subject: { CN, O }, serialNumber } = socket.getPeerCertificate();
  say("open", {
    path: request.split(" ")[1],
    headers,
    client: { CN, O },
    serialNumber,
    alpn: socket.alpnProtocol,
    protocol: socket.getProtocol(),
    cipher: socket.getCipher().standardName,
  });
  return true;
}

/** The first whole frame of some bytes, unmasked. */
function readFrame(bytes) {
  if (bytes.length < 2) return undefined;
  let size = bytes[1] & 0x7f;
  let at = 2;
  if (size === 126) {
    if (bytes.length < 4) return undefined;
    size = bytes.readUInt16BE(2);
    at = 4;
  } else if (size === 127) {
    if (bytes.length < 10) return undefined;
    size = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  const length = at + 4 + size;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, length));
  for (let i = 0; i < size; i++) payload[i] ^= mask[i & 3];
  return { fin: bytes[0] >= 0x80, opcode: bytes[0] & 15, payload, length };
}

/** A frame of ours: whole, not masked; a text unless said otherwise. */
function frameOf(payload, opcode = 1) {
  const size = payload.length;
  const head = size < 126
    ? Buffer.from([0x80 | opcode, size])
    : size < 65536
    ? Buffer.from([0x80 | opcode, 126, size >> 8, size & 255])
    : Buffer.concat([Buffer.from([0x80 | opcode, 127]), bigEndian(size)]);
  return Buffer.concat([head, payload]);
}

function bigEndian(size) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size));
  return bytes;
}

/** What is said to a text; `undefined` for nothing. */
function replyTo(text) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    // Not a beehive message: it goes back as it came.
    return text;
  }
  switch (message?.route?.operation) {
    case "keepalive":
    case "response":
      return undefined;
    case "ping":
      return answer(message, message.route, "ack");
    case "query":
      return answer(message, {
        source: "edgecontroller",
        group: "resource",
        resource: message.route.resource,
      }, {});
    default:
      return text;
  }
}

function answer(message, route, content) {
  return JSON.stringify({
    header: {
      msg_id: randomUUID(),
      parent_msg_id: message.header.msg_id,
      timestamp: Date.now(),
    },
    route: { ...route, operation: "response" },
    content,
  }) + "\n";
}

const commands = createInterface({ input: process.stdin });
commands.on("line", (line) => {
  const command = JSON.parse(line);
  for (const socket of sockets) {
    if (command.cut) socket.destroy();
    else if (command.send) socket.write(frameOf(Buffer.from(command.send)));
  }
});
commands.on("close", () => {
  for (const socket of sockets) socket.destroy();
  server.close();
});
