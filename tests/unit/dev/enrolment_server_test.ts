import { assert, assertEquals } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority, EnrolmentServer } from "../../../lib/dev/mod.ts";
import { recordedExchange } from "../../support/enrolment_recording.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);

/** Sends text over TLS and reads until the server closes. */
async function exchange(port: number, text: string): Promise<string> {
  using connection = await Deno.connectTls({
    hostname: "127.0.0.1",
    port,
    caCerts: [ca.cert],
    alpnProtocols: ["h2", "http/1.1"],
  });
  await connection.write(new TextEncoder().encode(text));
  return await new Response(connection.readable).text();
}

Deno.test("EnrolmentServer, answers with the fields of the recorded answers", async () => {
  await using server = new EnrolmentServer({ ca, clock });
  await server.start();
  await server.start();
  const text = await exchange(
    server.port,
    "GET /edge.crt HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ncsr",
  );
  const recorded = recordedExchange("enrol-without-token");
  const [head = "", body] = text.split("\r\n\r\n");
  const [line, ...fields] = head.split("\r\n");
  assertEquals(line?.split(" ")[1], `${recorded.status}`);
  const { date: _, ...expected } = recorded.answerHeaders;
  const headers = Object.fromEntries(
    fields.map((field) => {
      const [name = "", value] = field.split(": ");
      return [name.toLowerCase(), value] as const;
    }).filter(([name]) => name !== "date"),
  );
  assertEquals(headers, expected);
  assertEquals(body, new TextDecoder().decode(recorded.answer));
  assertEquals(new TextDecoder().decode(server.requests[0]?.body), "csr");
});

Deno.test("EnrolmentServer, what is no HTTP and who leaves does not end it", async () => {
  await using server = new EnrolmentServer({ ca, clock });
  await server.start();
  const { port } = server;
  assertEquals(await exchange(port, "junk: \x01\r\n: \r\n\r\n"), "");
  using plain = await Deno.connect({ hostname: "127.0.0.1", port });
  await plain.write(new TextEncoder().encode("no TLS at all\r\n\r\n"));
  await new Response(plain.readable).bytes();
  assert((await exchange(port, "GET / HTTP/1.1\r\n\r\n")).includes(" 404 "));
  assertEquals(server.failures.length, 2, server.failures.join("\n"));
});

Deno.test("EnrolmentServer, stop ends open connections", async () => {
  const server = new EnrolmentServer({ ca, clock });
  assertEquals(server.port, 0);
  await server.start();
  using open = await Deno.connectTls({
    hostname: "127.0.0.1",
    port: server.port,
    caCerts: [ca.cert],
  });
  await open.handshake();
  await server.stop();
  await server.stop();
  assertEquals(server.port, 0);
});
