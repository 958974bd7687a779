import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  AgentClient,
  type AgentClientOptions,
  AgentClosedError,
  AgentRefusedError,
  RequestFailedError,
  RequestTimeoutError,
} from "../../../lib/agent/mod.ts";
import { errStatus, newError, newResponse } from "../../../lib/message/mod.ts";
import {
  type Bench,
  downward,
  HandClock,
  RawAgent,
  stamp,
  startBench,
  until,
} from "../../support/edged_harness.ts";

const QUICK = { baseMs: 1, capMs: 20 };

function client(
  bench: Bench,
  options: Partial<AgentClientOptions> = {},
): AgentClient {
  return new AgentClient({
    address: { socket: bench.socket },
    module: "edged",
    backoff: QUICK,
    ...options,
  });
}

/** Lets the processor answer each message with a content, or an error. */
function answering(bench: Bench, answer: (resource: string) => unknown) {
  bench.processor.onMessage = ({ message, from }) => {
    const content = answer(message.route.resource);
    const reply = content instanceof Error
      ? newError(stamp, message, content.message)
      : newResponse(stamp, message, content);
    bench.router.send(from, { message: reply, from: "metamanager" });
  };
}

Deno.test("AgentClient, attaches with its traits and takes messages", async () => {
  await using bench = await startBench();
  const seen: string[] = [];
  await using agent = client(bench, {
    answers: true,
    since: 5,
    onMessage: ({ route }) => void seen.push(route.resource),
  });
  assertEquals(agent.isAttached, false);
  await Promise.all([agent.connect(), agent.connect()]);
  assertEquals(agent.isAttached, true);
  await until(() => bench.router.has("edged"), "registered");
  assertEquals(bench.router.modules()[1]!.agent, { answers: true, since: 5 });
  const message = downward("default/pod/web-0", { revision: 6 });
  const answer = bench.router.sendSync(
    "edged",
    { message, from: "metamanager" },
    { timeoutMs: 10_000 },
  );
  assertEquals((await answer).content, "OK");
  assertEquals(seen, ["default/pod/web-0"]);
  assertEquals(agent.revision, 6);
});

Deno.test("AgentClient, request, update, query and reportPodStatus", async () => {
  await using bench = await startBench();
  answering(bench, (resource) => {
    if (resource === "default/pod") return ['{"kind":"Pod"}', { kind: "P2" }];
    if (resource === "default/pod/none") return null;
    if (resource === "default/node/n") return { kind: "Node", metadata: {} };
    if (resource === "default/secret/s") return errStatus("NotFound", "gone");
    if (resource === "default/lease/l") return new Error("not connected");
    return "OK";
  });
  await using agent = client(bench);
  await agent.connect();
  assertEquals(await agent.query("default/pod"), [
    { kind: "Pod" },
    { kind: "P2" },
  ]);
  assertEquals(await agent.query("default/pod/none"), []);
  assertEquals(await agent.query("default/node/n"), [
    { kind: "Node", metadata: {} },
  ]);
  assertEquals(await agent.request("insert", "default/event/e"), "OK");
  await agent.update("default/lease/x", { a: 1 });
  await agent.reportPodStatus(
    { namespace: "default", name: "web-0", uid: "u1" },
    { phase: "Running" },
  );
  const { message, from } = bench.processor.received.at(-1)!;
  assertEquals(from, "edged");
  assertEquals(message.route, {
    source: "edged",
    group: "meta",
    operation: "update",
    resource: "default/podstatus/web-0",
  });
  assertEquals(message.content, {
    UID: "u1",
    Name: "web-0",
    Status: { phase: "Running" },
  });
  const missing = await assertRejects(
    () => agent.query("default/secret/s"),
    RequestFailedError,
  );
  assertEquals((missing as RequestFailedError).reason, "NotFound");
  await assertRejects(
    () => agent.update("default/lease/l", {}),
    RequestFailedError,
    "not connected",
  );
});

Deno.test("AgentClient, a request without answer times out", async () => {
  await using bench = await startBench();
  await using agent = client(bench);
  await agent.connect();
  await assertRejects(
    () => agent.query("default/pod", { timeoutMs: 5 }),
    RequestTimeoutError,
  );
});

Deno.test("AgentClient, waits for a node that is not there yet", async () => {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/s.sock`;
  const agent = new AgentClient({
    address: { socket },
    module: "edged",
    backoff: QUICK,
  });
  const connecting = agent.connect();
  const asking = agent.query("default/pod");
  await using bench = await startBench({ edged: { socket } });
  answering(bench, () => []);
  await connecting;
  assertEquals(await asking, []);
  await agent.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("AgentClient, dials again and goes on after what it has seen", async () => {
  await using bench = await startBench();
  const links: boolean[] = [];
  await using agent = client(bench, { onLink: (is) => links.push(is) });
  await agent.connect();
  await until(() => bench.router.has("edged"), "attached");
  const message = downward("default/pod/web-0", { revision: 17 });
  bench.router.send("edged", { message, from: "metamanager" });
  await until(() => agent.revision === 17, "seen");
  const lost = agent.query("default/pod");
  await until(() => bench.processor.received.length === 1, "asked");
  await bench.link.stop();
  const error = await assertRejects(() => lost, AgentClosedError);
  assertEquals((error as AgentClosedError).code, 1006);
  await using next = await startBench({ edged: { socket: bench.socket } });
  await until(() => next.router.has("edged"), "attached again");
  assertEquals(next.router.modules()[1]!.agent, { answers: false, since: 17 });
  await until(() => links.length === 3, "told of the new link");
  assertEquals(links, [true, false, true]);
});

Deno.test("AgentClient, does not dial again after it was replaced", async () => {
  await using bench = await startBench();
  const agent = client(bench);
  await agent.connect();
  const newer = await RawAgent.attach(bench);
  const reason = await agent.closed;
  assertInstanceOf(reason, AgentClosedError);
  assertEquals(reason.code, 4409);
  assertEquals(bench.link.stats.attachments, 2);
  await assertRejects(() => agent.query("default/pod"), AgentClosedError);
  await agent.close();
  await newer.leave();
});

Deno.test("AgentClient, gives up when the node refuses it for good", async () => {
  await using bench = await startBench();
  const agent = client(bench, { module: "metamanager" });
  const error = await assertRejects(
    () => agent.connect(),
    AgentRefusedError,
    "reserved",
  );
  assertEquals((error as AgentRefusedError).status, 400);
  assertEquals(await agent.closed, error as AgentRefusedError);
  await agent.close();
});

Deno.test("AgentClient, tries again when there is no place yet", async () => {
  await using bench = await startBench({ edged: { limits: { agentsMax: 1 } } });
  const other = await RawAgent.attach(bench, { target: "/attach/other" });
  await until(() => bench.router.has("other"), "attached");
  await using agent = client(bench);
  const connecting = agent.connect();
  await until(() => (bench.link.stats.refusals[503] ?? 0) > 1, "refused twice");
  await other.leave();
  await connecting;
});

Deno.test("AgentClient, over TCP with its token", async () => {
  const tokenFile = await Deno.makeTempFile();
  await Deno.writeTextFile(tokenFile, "word");
  await Deno.chmod(tokenFile, 0o600);
  await using bench = await startBench({
    edged: { listen: { hostname: "127.0.0.1", port: 0, tokenFile } },
  });
  answering(bench, () => []);
  const address = { host: "127.0.0.1", port: bench.link.port! };
  await using agent = client(bench, { address: { ...address, token: "word" } });
  await agent.connect();
  assertEquals(await agent.query("default/pod"), []);
  const thief = client(bench, {
    module: "thief",
    address: { ...address, token: "wrong" },
  });
  const error = await assertRejects(() => thief.connect(), AgentRefusedError);
  assertEquals((error as AgentRefusedError).status, 401);
  await Deno.remove(tokenFile);
});

Deno.test("AgentClient, knows whether the node is connected to the cloud", async () => {
  const connection = (content: string) => ({
    ...downward("node/connection", { operation: "connect", content }),
  });
  await using bench = await startBench({
    parts: { connection: () => connection("cloud_connected") },
  });
  await using agent = client(bench);
  assertEquals(agent.isCloudConnected, false);
  await agent.connect();
  await until(() => agent.isCloudConnected, "told at the attachment");
  const message = connection("cloud_disconnected");
  bench.router.send("edged", { message, from: "metamanager" });
  await until(() => !agent.isCloudConnected, "told of the change");
});

Deno.test("AgentClient, close ends dials, requests and connect", async () => {
  const agent = new AgentClient({
    address: { socket: "/nonexistent/s.sock" },
    module: "edged",
  });
  const connecting = agent.connect();
  const asking = agent.query("default/pod");
  const closing = agent.close();
  await assertRejects(() => connecting, AgentClosedError);
  await assertRejects(() => asking, AgentClosedError);
  await closing;
  assertEquals(await agent.closed, undefined);
  await agent.close();
});

Deno.test("AgentClient, gives a mute node up and dials again", async () => {
  const clock = new HandClock();
  await using bench = await startBench();
  await using agent = client(bench, { clock, random: () => 0 });
  await agent.connect();
  await until(() => bench.link.stats.attachments === 1, "attached");
  clock.advance(45_000);
  await until(() => !agent.isAttached, "given up");
  await until(() => {
    clock.advance(1);
    return bench.link.stats.attachments === 2;
  }, "dialled again");
  await until(() => agent.isAttached, "attached again");
});

Deno.test("AgentClient, frames that are no messages do no harm", async () => {
  await using bench = await startBench();
  await using agent = client(bench);
  await agent.connect();
  await until(() => bench.router.has("edged"), "attached");
  const broken = { header: {}, route: {} } as never;
  bench.router.send("edged", { message: broken, from: "x" });
  answering(bench, () => []);
  assertEquals(await agent.query("default/pod"), []);
});

Deno.test("AgentClient, closed while it dials leaves no connection", async () => {
  await using bench = await startBench();
  const agent = client(bench);
  // Either order is possible: attached just before, or given up.
  const connecting = agent.connect().catch((error) =>
    assertInstanceOf(error, AgentClosedError)
  );
  await until(() => bench.link.stats.attachments === 1, "let in");
  await agent.close();
  await connecting;
  await until(() => bench.link.agents.length === 0, "gone");
  const early = client(bench);
  const refused = assertRejects(() => early.connect(), AgentClosedError);
  await early.close();
  await refused;
  await until(() => bench.link.agents.length === 0, "gone");
});

Deno.test("AgentClient, waits longer after each failure, and anew after a good link", async () => {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/s.sock`;
  const clock = new HandClock();
  const delays: number[] = [];
  const after = clock.after.bind(clock);
  clock.after = (delayMs, fn) => {
    if (delayMs <= QUICK.capMs) delays.push(delayMs);
    return after(delayMs, fn);
  };
  await using agent = new AgentClient({
    address: { socket },
    module: "edged",
    backoff: QUICK,
    clock,
    random: () => 1,
  });
  const connecting = agent.connect();
  for (const count of [1, 2, 3]) {
    await until(() => delays.length === count, "a dial failed");
    if (count < 3) clock.advance(QUICK.capMs);
  }
  assertEquals(delays, [1, 2, 4]);
  const bench = await startBench({ edged: { socket } });
  clock.advance(QUICK.capMs);
  await connecting;
  clock.advance(QUICK.capMs);
  await bench[Symbol.asyncDispose]();
  await until(() => delays.length === 4, "dials again");
  assertEquals(delays, [1, 2, 4, 1]);
  await Deno.remove(folder, { recursive: true });
});
