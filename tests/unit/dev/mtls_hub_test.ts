import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect } from "node:tls";
import { once } from "node:events";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  CertificateAuthority,
  type KeyPairPem,
} from "../../../lib/dev/certificates.ts";

const SCRIPT = new URL("../../support/mtls_hub.mjs", import.meta.url).pathname;

interface Hub {
  readonly port: number;
  next(event: string): Promise<Record<string, unknown>>;
  command(command: Record<string, unknown>): Promise<void>;
}

/** Runs the script with a server certificate of the CA, and ends it. */
async function withHub(
  ca: CertificateAuthority,
  flags: string[],
  run: (hub: Hub) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const { cert, key } = await ca.server();
  const files = { cert, key, ca: ca.cert };
  const args = [SCRIPT, ...flags];
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    args.push(`--${name}`, `${folder}/${name}`);
  }
  const child = new Deno.Command("node", {
    args,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(lineStream()).getReader();
  const next = async (event: string) => {
    for (;;) {
      const { value, done } = await lines.read();
      assert(!done && value, `hub ended before ${event}`);
      const said = JSON.parse(value);
      if (said.event === event) return said;
    }
  };
  const stdin = child.stdin.getWriter();
  try {
    const { port } = await next("listening");
    await run({
      port,
      next,
      command: (command) =>
        stdin.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`)),
    });
  } finally {
    await stdin.close();
    assertEquals((await child.status).code, 0);
    await lines.cancel();
    await Deno.remove(folder, { recursive: true });
  }
}

function lineStream(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) controller.enqueue(line);
    },
  });
}

interface Client {
  /** Sends a text and returns the next bytes that come, as text. */
  ask(text: string): Promise<string>;
  ended: Promise<unknown>;
  close(): Promise<void>;
}

async function dial(
  port: number,
  tls: { ca: string; pair?: KeyPairPem; alpn?: string[] },
): Promise<Client> {
  const socket = connect({
    port,
    host: "127.0.0.1",
    ca: tls.ca,
    ...(tls.pair ? { cert: tls.pair.cert, key: tls.pair.key } : {}),
    ...(tls.alpn ? { ALPNProtocols: tls.alpn } : {}),
  });
  const ended = once(socket, "close");
  const data = async () => {
    const [bytes] = await Promise.race([
      once(socket, "data"),
      ended.then(() => {
        throw new Error("connection ended");
      }),
    ]);
    return new TextDecoder().decode(bytes);
  };
  await once(socket, "secureConnect");
  socket.write(
    "GET /p/edge-1/events HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" +
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nnode_id: edge-1\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const answer = await data();
  assert(answer.includes("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), answer);
  return {
    ended,
    ask: (text) => {
      // Masked with zeros, so the payload stays as it is.
      const payload = new TextEncoder().encode(text);
      const head = [0x81, 0xfe, payload.length >> 8, payload.length & 255];
      socket.write(Uint8Array.of(...head, 0, 0, 0, 0, ...payload));
      return data();
    },
    close: async () => {
      socket.destroy();
      await ended;
    },
  };
}

Deno.test("mtls_hub, accepts a client certificate of its CA and answers", async () => {
  const ca = await CertificateAuthority.create(new SystemClock());
  const pair = await ca.client("edge-1");
  await withHub(ca, [], async (hub) => {
    const client = await dial(hub.port, { ca: ca.cert, pair });
    const open = await hub.next("open");
    assertEquals(open.path, "/p/edge-1/events");
    assertEquals(open.client, {
      CN: "system:node:edge-1",
      O: "system:nodes",
    });
    assertEquals((open.headers as Record<string, string>).node_id, "edge-1");
    const ask = (operation: string) =>
      client.ask(JSON.stringify({
        header: { msg_id: operation, timestamp: 1 },
        route: { operation, resource: "default/node/edge-1" },
        content: null,
      }));
    assert((await ask("ping")).includes('"content":"ack"'));
    assert((await ask("query")).includes('"parent_msg_id":"query"'));
    assert((await client.ask("echo")).endsWith("echo"));
    await hub.command({ cut: true });
    await client.ended;
    await hub.next("closed");
  });
});

Deno.test("mtls_hub, refuses a client without or with a foreign certificate", async () => {
  const ca = await CertificateAuthority.create(new SystemClock());
  const other = await CertificateAuthority.create(new SystemClock());
  const foreign = await other.client("edge-1");
  await withHub(ca, [], async (hub) => {
    await assertRejects(() => dial(hub.port, { ca: ca.cert }));
    await hub.next("refused");
    await assertRejects(() => dial(hub.port, { ca: ca.cert, pair: foreign }));
    await hub.next("refused");
  });
});

Deno.test("mtls_hub, TLS 1.2 with one suite and ALPN of a Go server", async () => {
  const ca = await CertificateAuthority.create(new SystemClock());
  const pair = await ca.client("edge-1");
  await withHub(ca, ["--tls12", "--alpn"], async (hub) => {
    const alpn = ["http/1.1"];
    const client = await dial(hub.port, { ca: ca.cert, pair, alpn });
    const open = await hub.next("open");
    assertEquals(open.protocol, "TLSv1.2");
    assertEquals(open.alpn, "http/1.1");
    assertEquals(open.cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    await client.close();
  });
});
