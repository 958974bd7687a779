import { assertRejects } from "@std/assert";
import net from "node:net";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority } from "../../../lib/dev/mod.ts";
import { SocketStream } from "../../../lib/edgehub/socket_stream.ts";
import { probeTls } from "../../../lib/edgehub/tls_probe.ts";
import { swallow, TestServer } from "./servers.ts";

const ca = await CertificateAuthority.create(new SystemClock());
const stranger = await CertificateAuthority.create(new SystemClock());

function connect(port: number): SocketStream {
  return new SocketStream(net.connect(port, "127.0.0.1"), "connect");
}

Deno.test("probeTls, any TLS server answers, trusted or not, by name or address", async () => {
  const { cert, key } = await ca.server();
  await using server = new TestServer(swallow, { cert, key });
  for (const caPem of [ca.cert, stranger.cert]) {
    for (const host of ["localhost", "127.0.0.1", "wrong.example"]) {
      await probeTls(connect(server.port), { caPem, host });
      await server.quiet;
    }
  }
});

Deno.test("probeTls, a server that says something else has answered", async () => {
  await using server = new TestServer(async (conn) => {
    await conn.write(new TextEncoder().encode("220 mail.example ESMTP\r\n"));
    await swallow(conn);
  });
  await probeTls(connect(server.port), { caPem: ca.cert, host: "localhost" });
  await server.quiet;
});

Deno.test("probeTls, a server that ends without a word", async () => {
  await using server = new TestServer(async (conn) => {
    await conn.read(new Uint8Array(1));
  });
  await assertRejects(
    () => probeTls(connect(server.port), { caPem: ca.cert, host: "localhost" }),
    Error,
    "closed by the other side",
  );
});

Deno.test("probeTls, closing its stream ends it, and nothing stays open", async () => {
  await using server = new TestServer(swallow);
  const stream = connect(server.port);
  const probe = probeTls(stream, { caPem: ca.cert, host: "localhost" });
  const failed = probe.catch((error: Error) => error);
  while (server.accepted === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  stream.close();
  await failed;
  await assertRejects(() => probe);
  await server.quiet;
});

Deno.test("probeTls, a stream that breaks ends it, and not the process", async () => {
  await using server = new TestServer(swallow);
  const socket = net.connect(server.port, "127.0.0.1");
  const stream = new SocketStream(socket, "connect");
  const probe = probeTls(stream, { caPem: ca.cert, host: "localhost" });
  const failed = probe.catch((error: Error) => error);
  while (server.accepted === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  socket.destroy(new Error("cable cut"));
  await failed;
  await assertRejects(() => probe);
  await server.quiet;
});

Deno.test("probeTls, a port where nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await assertRejects(
    () => probeTls(connect(port), { caPem: ca.cert, host: "localhost" }),
    Error,
    "ECONNREFUSED",
  );
});
