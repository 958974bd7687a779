import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AgentClosedError,
  RequestFailedError,
  RequestTimeoutError,
} from "../../../lib/agent/mod.ts";
import { Requests } from "../../../lib/agent/requests.ts";
import {
  errStatus,
  type Message,
  newResponse,
} from "../../../lib/message/mod.ts";
import { HandClock, stamp, upward } from "../../support/edged_harness.ts";

function bench() {
  const clock = new HandClock();
  const sent: string[] = [];
  const requests = new Requests(clock);
  const connect = () => requests.connected((text) => sent.push(text) > 0);
  const answer = (request: Message, content: unknown, operation = "response") =>
    requests.answer({
      ...newResponse(stamp, request, content),
      route: { operation, resource: request.route.resource },
    });
  return { clock, sent, requests, connect, answer };
}

Deno.test("Requests, an answer ends the request it names, once", async () => {
  const { clock, requests, connect, answer } = bench();
  connect();
  const request = upward("default/pod/a");
  const reply = requests.ask(request);
  assert(!answer(upward("default/pod/a"), "other"));
  const object = { metadata: { name: "a" } };
  assert(answer(request, object));
  assertEquals(await reply, object);
  assert(!answer(request, "again"));
  assertEquals(clock.pending, 0);
});

Deno.test("Requests, a wrapped object comes without its wrapper", async () => {
  const { requests, connect, answer } = bench();
  connect();
  const request = upward("kube-node-lease/lease/a");
  const reply = requests.ask(request);
  const lease = { kind: "Lease", metadata: {} };
  answer(request, { Object: lease, Err: null });
  assertEquals(await reply, lease);
});

Deno.test("Requests, a failure carries reason and text", async () => {
  const { requests, connect, answer } = bench();
  connect();
  const request = upward("default/configmap/a", null, "query");
  const missing = requests.ask(request);
  answer(request, errStatus("NotFound", "no such thing"));
  const error = await assertRejects(
    () => missing,
    RequestFailedError,
    "query default/configmap/a: no such thing",
  ) as RequestFailedError;
  assertEquals(error.reason, "NotFound");

  const refused = requests.ask(request);
  answer(request, "not connected", "error");
  const plain = await assertRejects(
    () => refused,
    RequestFailedError,
    "not connected",
  ) as RequestFailedError;
  assertEquals([plain.reason, plain.content], ["", "not connected"]);

  const mute = requests.ask(request);
  answer(request, null, "error");
  await assertRejects(() => mute, RequestFailedError, "does not say why");
});

Deno.test("Requests, the deadline ends it", async () => {
  const { clock, requests, connect, answer } = bench();
  connect();
  const request = upward("default/pod/a");
  const reply = requests.ask(request, { timeoutMs: 500 });
  clock.advance(499);
  assertEquals(clock.pending, 1);
  clock.advance(1);
  await assertRejects(() => reply, RequestTimeoutError, "500 ms");
  assert(!answer(request, "late"));
});

Deno.test("Requests, the signal ends it with its reason", async () => {
  const { clock, sent, requests, connect } = bench();
  connect();
  const control = new AbortController();
  const { signal } = control;
  const reply = requests.ask(upward("default/pod/a"), { signal });
  control.abort(new Error("enough"));
  await assertRejects(() => reply, Error, "enough");
  await assertRejects(
    () => requests.ask(upward("default/pod/b"), { signal }),
    Error,
    "enough",
  );
  assertEquals([sent.length, clock.pending], [1, 0]);
});

Deno.test("Requests, what was not sent waits for the link, in order", async () => {
  const { sent, requests, connect, answer } = bench();
  const first = upward("default/pod/a");
  const second = upward("default/pod/b");
  const replies = [requests.ask(first), requests.ask(second)];
  assertEquals(sent, []);
  connect();
  assertEquals(
    sent.map((text) => JSON.parse(text).header.msg_id),
    [first.header.msg_id, second.header.msg_id],
  );
  answer(second, 2);
  answer(first, 1);
  assertEquals(await Promise.all(replies), [1, 2]);
});

Deno.test("Requests, what was sent fails with its connection", async () => {
  const { sent, requests, connect, answer } = bench();
  connect();
  const lost = requests.ask(upward("default/pod/a"));
  requests.disconnected(new AgentClosedError("link ended", { code: 1006 }));
  const later = upward("default/pod/b");
  const kept = requests.ask(later);
  const error = await assertRejects(() => lost, AgentClosedError);
  assertEquals((error as AgentClosedError).code, 1006);
  assertEquals(sent.length, 1);
  connect();
  assertEquals(sent.length, 2);
  answer(later, "OK");
  assertEquals(await kept, "OK");
});

Deno.test("Requests, closing fails all", async () => {
  const { requests } = bench();
  const reply = requests.ask(upward("default/pod/a"));
  requests.closed(new AgentClosedError("closed"));
  await assertRejects(() => reply, AgentClosedError, "closed");
});
