import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../lib/base/mod.ts";
import { askAdmin, NodeProcess } from "../support/node_process.ts";
import { until } from "../support/edged_harness.ts";

/** Clients of each socket that break off. */
const CLIENTS = 150;

const REQUEST = [
  "GET /attach/edged HTTP/1.1",
  "Host: localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "",
  "",
].join("\r\n");

/** A masked frame, some of its bytes wrong. */
function frame(random: () => number): Uint8Array {
  const bytes = new Uint8Array(20 + Math.floor(random() * 300));
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
  bytes[0] = 0x81;
  bytes[1] = 0x80 | Math.min(125, bytes.length - 6);
  return bytes;
}

/** Connects, says a part of what it should, and breaks off. */
async function breakOff(path: string, random: () => number): Promise<void> {
  const request = new TextEncoder().encode(
    path.endsWith("edged.sock") ? REQUEST : "GET /status HTTP/1.1\r\n\r\n",
  );
  try {
    using conn = await Deno.connect({ transport: "unix", path });
    const isWhole = random() < 0.6;
    const end = isWhole ? request.length : random() * request.length;
    await conn.write(request.slice(0, end));
    if (isWhole && random() < 0.7) {
      await conn.read(new Uint8Array(1 + Math.floor(random() * 200)));
      await conn.write(frame(random));
    }
  } catch (error) {
    // The node may have ended the connection before: that is no failure of it.
    const isEnded = error instanceof Deno.errors.BrokenPipe ||
      error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.ConnectionRefused;
    if (!isEnded) throw error;
  }
}

Deno.test("rejection_never_ends_process, K5: clients that break off at any byte end nothing but themselves", async () => {
  const folder = await Deno.makeTempDir();
  const sockets = ["edged.sock", "admin.sock"].map((name) =>
    `${folder}/run/${name}`
  );
  await Deno.mkdir(`${folder}/run`, { mode: 0o700 });
  try {
    await using node = await new NodeProcess([
      "edgehub.controller.node-id=edge-1",
      `store.path=${folder}/store/metamanager.db`,
      `edged.socket=${sockets[0]}`,
      `admin.socket=${sockets[1]}`,
    ]).ready();
    const random = seededRandom(5);
    for (let i = 0; i < CLIENTS; i += 10) {
      await Promise.all(
        Array.from({ length: 10 }, () => sockets)
          .flat().map((path) => breakOff(path, random)),
      );
    }
    // It lives, answers, and nothing escaped.
    await until(
      async () => (await askAdmin(sockets[1] ?? "", "/status"))?.status === 200,
      "status is answered",
    );
    for (const event of ["unhandled rejection", "uncaught error"]) {
      assert(!node.output.includes(event), node.output);
    }
    node.signal("SIGTERM");
    assertEquals((await node.status).code, 0, node.output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
