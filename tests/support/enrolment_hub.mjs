/**
 * A TLS server that asks for a client certificate without requiring it, as
 * CloudCore's port 10002 does and no server under Deno can. For rotation
 * tests; plain Node 20, no packages.
 *
 *   node enrolment_hub.mjs --cert F --key F [--port N]
 *
 * It reads one HTTP request a connection and lets whoever started it answer.
 * On stdout: one JSON object a line, `{"event":"listening","port"}` and
 * `{"event":"request","id","method","path","headers","bodyBase64",
 * "clientBase64"}`. On stdin: `{"id","status","contentType","bodyBase64"}`;
 * its end ends the program.
 */
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { createServer } from "node:tls";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    cert: { type: "string" },
    key: { type: "string" },
    port: { type: "string", default: "0" },
  },
});

const BYTES_MAX = 1024 * 1024;
const sockets = new Map();
let lastId = 0;

const say = (event, more) =>
  process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);

const server = createServer({
  cert: readFileSync(flags.cert),
  key: readFileSync(flags.key),
  requestCert: true,
  rejectUnauthorized: false,
  minVersion: "TLSv1.2",
  ALPNProtocols: ["http/1.1"],
}, serve);

// Whoever started this reads no more: there is nobody left to serve.
process.stdout.on("error", () => process.exit(0));
server.on("tlsClientError", (error) => say("refused", { reason: error.code }));
server.listen(
  Number(flags.port),
  "127.0.0.1",
  () => say("listening", { port: server.address().port }),
);

/** One connection, one request. */
function serve(socket) {
  const id = ++lastId;
  sockets.set(id, socket);
  let bytes = Buffer.alloc(0);
  let asked = false;
  socket.on("error", (error) => say("failed", { reason: error.code }));
  socket.on("close", () => sockets.delete(id));
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length > BYTES_MAX) return socket.destroy();
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0 || asked) return;
    const [line, ...lines] = bytes.subarray(0, end).toString("latin1")
      .split("\r\n");
    const headers = lines.map((text) => {
      const colon = text.indexOf(":");
      return [text.slice(0, colon), text.slice(colon + 1).trim()];
    });
    const length = headers.find(([name]) => /^content-length$/i.test(name));
    const body = bytes.subarray(end + 4);
    if (body.length < Number(length?.[1] ?? 0)) return;
    asked = true;
    const [method, path] = line.split(" ");
    say("request", {
      id,
      method,
      path,
      headers,
      bodyBase64: body.toString("base64"),
      clientBase64: socket.getPeerCertificate().raw?.toString("base64") ?? "",
    });
  });
}

const answers = createInterface({ input: process.stdin });
answers.on("line", (line) => {
  const { id, status, contentType, bodyBase64 } = JSON.parse(line);
  const body = Buffer.from(bodyBase64, "base64");
  const socket = sockets.get(id);
  socket?.write(
    `HTTP/1.1 ${status} -\r\nContent-Length: ${body.length}\r\n` +
      (contentType ? `Content-Type: ${contentType}\r\n` : "") +
      "Connection: close\r\n\r\n",
  );
  socket?.end(body);
});
answers.on("close", () => {
  for (const socket of sockets.values()) socket.destroy();
  server.close();
});
