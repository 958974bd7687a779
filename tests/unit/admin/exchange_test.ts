import { assert, assertEquals, assertMatch } from "@std/assert";
import { exchange } from "../../../lib/admin/exchange.ts";
import { PeerStream } from "../../../lib/admin/peer_stream.ts";
import { until } from "../../support/edged_harness.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";
import { streamOf } from "../../../lib/websocket/mod.ts";

/** One request on a connection of its own, and both its ends. */
async function serveOne(answer: (request: Request) => Promise<Response>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const peer = await Deno.connect({ hostname: "127.0.0.1", port });
  const clock = new VirtualClock();
  const stream = new PeerStream(streamOf(await listener.accept()), {
    clock,
    writeMs: 5000,
  });
  listener.close();
  const done = exchange(stream, { clock, requestMs: 5000, answer });
  const text = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
  await peer.write(new TextEncoder().encode(text));
  return { peer, clock, stream, done };
}

function eventStream(source: UnderlyingDefaultSource<Uint8Array>): Response {
  return new Response(new ReadableStream(source), {
    headers: { "content-type": "text/event-stream" },
  });
}

const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("exchange, events pass as they come and their end ends the connection", async () => {
  let events: ReadableStreamDefaultController<Uint8Array> | undefined;
  const { peer, done } = await serveOne(() =>
    Promise.resolve(eventStream({ start: (made) => void (events = made) }))
  );
  const buffer = new Uint8Array(1000);
  let got = "";
  const reads = async (end: string) => {
    while (!got.endsWith(end)) {
      const length = await peer.read(buffer);
      assert(length !== null, got);
      got += new TextDecoder().decode(buffer.subarray(0, length));
    }
  };
  await reads("\r\n\r\n");
  assertMatch(got, /^HTTP\/1\.1 200 \r\nconnection: close\r\n/);
  assert(!got.includes("content-length"), got);
  events?.enqueue(utf8("data: 1\n\n"));
  await reads("data: 1\n\n");
  events?.enqueue(utf8("data: 2\n\n"));
  await reads("data: 2\n\n");
  events?.close();
  await done;
  assertEquals(await peer.read(buffer), null);
  peer.close();
});

Deno.test("exchange, a peer that leaves ends its events", async () => {
  let cancelled = false;
  const { peer, done, stream } = await serveOne(() =>
    Promise.resolve(eventStream({ cancel: () => void (cancelled = true) }))
  );
  await peer.read(new Uint8Array(1000));
  peer.close();
  await done;
  await stream.freed;
  assert(cancelled);
});

Deno.test("exchange, a stream that is closed ends its events", async () => {
  let cancelled = false;
  const { peer, done, stream, clock } = await serveOne(() =>
    Promise.resolve(eventStream({ cancel: () => void (cancelled = true) }))
  );
  await peer.read(new Uint8Array(1000));
  stream.close();
  await done;
  peer.close();
  assertEquals([cancelled, clock.pending], [true, 0]);
});

Deno.test("exchange, events that nobody takes end after the deadline", async () => {
  const chunk = new Uint8Array(1024 * 1024);
  const { peer, done, clock } = await serveOne(() =>
    Promise.resolve(eventStream({
      pull: (controller) => controller.enqueue(chunk),
    }))
  );
  let ended = false;
  const end = done.catch(String).then(() => ended = true);
  await until(async () => {
    await clock.advance(1000);
    return ended;
  }, "the peer was given up");
  await end;
  peer.close();
});
