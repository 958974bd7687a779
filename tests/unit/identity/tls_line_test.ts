import { assertEquals } from "@std/assert";
import { once } from "node:events";
import net from "node:net";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority } from "../../../lib/dev/mod.ts";
import { TlsLine } from "../../../lib/identity/tls_line.ts";

const ca = await CertificateAuthority.create(new SystemClock());
const OPTIONS = { host: "127.0.0.1", ca: ca.cert };

/** Events of a line by their names. */
function hearing() {
  const heard: string[] = [];
  const first = Promise.withResolvers<void>();
  const say = (event: string) => () => {
    heard.push(event);
    first.resolve();
  };
  const events = {
    connected: say("connected"),
    secured: say("secured"),
    data: say("data"),
    end: say("end"),
    closed: say("closed"),
  };
  return { heard, first: first.promise, events };
}

Deno.test("TlsLine, given up before TCP is up, the server is not left with an open connection", async () => {
  const server = net.createServer();
  const accepted = once(server, "connection");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const { events } = hearing();
  const line = new TlsLine(net.connect({ host: "127.0.0.1", port }));
  line.open(OPTIONS, events);
  line.close();
  line.close();
  const [socket]: net.Socket[] = await accepted;
  socket?.resume();
  await once(socket!, "close");
  server.close();
  await once(server, "close");
});

Deno.test("TlsLine, given up within the handshake, it ends once the server has answered", async () => {
  const { cert, key } = await ca.server();
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
  });
  const { heard, first, events } = hearing();
  const line = new TlsLine(
    net.connect({ host: "127.0.0.1", port: listener.addr.port }),
  );
  line.open(OPTIONS, events);
  await first;
  line.close();
  assertEquals(heard, ["connected"]);
  const connection = await listener.accept();
  await connection.handshake();
  assertEquals(await connection.read(new Uint8Array(1)), null);
  connection.close();
  listener.close();
  assertEquals(heard.includes("secured"), false);
});

Deno.test("TlsLine, nobody listens: closed, with the reason", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const { first, heard, events } = hearing();
  const reasons: (Error | undefined)[] = [];
  const line = new TlsLine(net.connect({ host: "127.0.0.1", port }));
  line.open(OPTIONS, {
    ...events,
    closed: (error) => {
      reasons.push(error);
      events.closed();
    },
  });
  await first;
  assertEquals(heard[0], "closed");
  assertEquals((reasons[0] as { code?: string }).code, "ECONNREFUSED");
  line.close();
});
