/**
 * The floor under all figures: the least that decodes a message, stores its
 * object durably and acks it. It checks nothing, compares nothing, tells
 * nobody.
 *
 *     deno run -A tests/bench/floor.ts URL CA_FILE DATABASE [ROWS]
 *
 * With ROWS it first fills the database with so many objects, and then says
 * `ready` on standard output.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { SystemClock } from "../../lib/base/mod.ts";
import {
  type ByteStream,
  clientHandshake,
  WebSocketConnection,
} from "../../lib/websocket/mod.ts";
import { nameOf, storedPod } from "./objects.ts";

/** Messages of one transaction: as many as the node takes. */
const BATCH_MAX = 256;

const [url = "", caFile = "", path = "", rows = "0"] = Deno.args;
const db = new DatabaseSync(path);
db.exec("PRAGMA journal_mode=wal; PRAGMA synchronous=FULL");
db.exec(
  "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY NOT NULL, value TEXT)",
);
const begin = db.prepare("BEGIN IMMEDIATE");
const commit = db.prepare("COMMIT");
const upsert = db.prepare(
  "INSERT INTO meta VALUES (?, ?) " +
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
);
fill(Number(rows));
await Deno.stdout.write(new TextEncoder().encode("ready\n"));

const socket = await dial(new URL(url));
const encoder = JSON.stringify({
  header: { msg_id: crypto.randomUUID(), timestamp: Date.now() },
  route: {
    source: "websocket",
    group: "resource",
    operation: "keepalive",
    resource: "node",
  },
  content: "ping",
});
socket.send(encoder);

interface Wire {
  readonly header: { readonly msg_id: string };
  readonly route: { readonly resource: string; readonly source: string };
  readonly content: unknown;
}

let waiting: Wire[] = [];
let isScheduled = false;
for (;;) {
  const frames = await socket.receive();
  if (!frames) break;
  for (const frame of frames) waiting.push(JSON.parse(String(frame)));
  if (isScheduled) continue;
  isScheduled = true;
  setImmediate(store);
}
db.close();

function store(): void {
  const batch = waiting;
  waiting = batch.length > BATCH_MAX ? batch.splice(BATCH_MAX) : [];
  isScheduled = waiting.length > 0;
  if (isScheduled) setImmediate(store);
  begin.run();
  for (const { route, content } of batch) {
    upsert.run(route.resource, JSON.stringify(content));
  }
  commit.run();
  for (const { header, route } of batch) {
    socket.send(JSON.stringify({
      header: {
        msg_id: crypto.randomUUID(),
        parent_msg_id: header.msg_id,
        timestamp: Date.now(),
      },
      route: {
        source: route.source,
        group: "resource",
        operation: "response",
        resource: route.resource,
      },
      content: "OK",
    }));
  }
}

/** As the node dials, without what it checks. */
async function dial(to: URL): Promise<WebSocketConnection> {
  const tcp = await Deno.connect({
    hostname: to.hostname,
    port: Number(to.port),
  });
  tcp.setNoDelay(true);
  const conn = await Deno.startTls(tcp, {
    hostname: to.hostname,
    caCerts: [await Deno.readTextFile(caFile)],
  });
  const stream: ByteStream = conn;
  const { leftover } = await clientHandshake(stream, {
    host: to.host,
    path: to.pathname,
    headers: {},
    nonce: () => crypto.getRandomValues(new Uint8Array(16)),
  });
  return new WebSocketConnection(stream, {
    role: "client",
    clock: new SystemClock(),
    messageBytesMax: 64 * 1024 * 1024,
    leftover,
  });
}

function fill(count: number): void {
  const shape = { objectBytes: 1024, keys: count };
  for (let i = 0; i < count;) {
    begin.run();
    for (let n = 0; n < 10_000 && i < count; n++, i++) {
      upsert.run(`default/pod/${nameOf(i)}`, storedPod(i, shape));
    }
    commit.run();
  }
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}
