import { assert, assertEquals, assertMatch } from "@std/assert";
import { AgentClient } from "../../lib/agent/mod.ts";
import { decode, newOk } from "../../lib/message/mod.ts";
import {
  type Bench,
  downward,
  RawAgent,
  stamp,
  startBench,
  until,
  upward,
} from "../support/edged_harness.ts";

/** Sizes from 1 byte to 1 MiB, mostly small. */
function sizeOf(index: number): number {
  if (index % 1000 === 999) return 1024 * 1024;
  return index % 100 === 99 ? 20_000 : 1 + index % 700;
}

async function openFiles(): Promise<number> {
  let count = 0;
  for await (const _ of Deno.readDir("/proc/self/fd")) count++;
  return count;
}

/** Sends with regard to the agent's room, as the processor does on a replay. */
async function sendPaced(bench: Bench, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    await bench.router.room("edged");
    const message = downward(`a/pod/p${i}`, {
      revision: i,
      content: "x".repeat(sizeOf(i)),
    });
    assert(bench.router.send("edged", { message, from: "metamanager" }));
  }
}

Deno.test("burst_over_socket_is_lossless: 10,000 messages both ways at once, in order", async () => {
  await using bench = await startBench();
  const count = 10_000;
  let seen = 0;
  const wrong: unknown[] = [];
  await using agent = new AgentClient({
    address: { socket: bench.socket },
    module: "edged",
    onMessage: ({ header, content }) => {
      assertEquals(header.revision, ++seen);
      assertEquals(String(content).length, sizeOf(seen));
    },
    onError: (error) => void wrong.push(error),
  });
  let received = 0;
  bench.processor.onMessage = ({ message, from }) => {
    received++;
    assertEquals(message.route.resource, `a/podstatus/p${received}`);
    const reply = { message: newOk(stamp, message), from: "metamanager" };
    assert(bench.router.send(from, reply));
  };
  await agent.connect();
  await until(() => bench.router.has("edged"), "attached");
  const down = sendPaced(bench, count);
  const up: Promise<void>[] = [];
  for (let i = 1; i <= count; i++) {
    up.push(agent.update(`a/podstatus/p${i}`, "y".repeat(sizeOf(i) % 5_000)));
    // Its own requests are bounded by their answers, as with any real agent.
    if (up.length === 500) await Promise.all(up.splice(0));
  }
  await Promise.all(up);
  await down;
  await until(() => seen === count, "all came down");
  assertEquals(wrong, []);
  assertEquals(received, count);
  await until(() => bench.handed.at(-1)?.[1] === count, "all handed");
  assertEquals(bench.link.stats.cutOff, 0);
});

Deno.test("slow_reader_is_cut_off: memory is bounded and the others are served", async () => {
  await using bench = await startBench();
  const stuck = await RawAgent.attach(bench, { target: "/attach/stuck" });
  const brisk = await RawAgent.attach(bench, { target: "/attach/brisk" });
  await until(() => bench.link.agents.length === 2, "attached");
  const content = "x".repeat(100_000);
  let revision = 0;
  let bytes = 0;
  while (bench.router.has("stuck")) {
    const message = downward("a/pod/b", { content, revision: ++revision });
    bench.router.sendToGroup("edged", { message, from: "metamanager" });
    assertEquals((await brisk.next()).header.revision, revision);
    if (bench.router.has("stuck")) bytes += content.length;
  }
  // 8 MiB of our own and what the kernel holds.
  assert(bytes < 10 * 1024 * 1024, `held ${bytes}`);
  assertEquals(bench.link.stats.cutOff, 1);
  stuck.socket.abort();
  await brisk.leave();
});

Deno.test("memory_flat_when_link_flaps: 200 attachments leave nothing behind", async () => {
  await using bench = await startBench();
  const flap = async () => {
    const agent = await RawAgent.attach(bench);
    agent.send(upward("a/podstatus/b"));
    await agent.leave();
  };
  await flap();
  await until(() => bench.router.modules().length === 1, "detached");
  const before = await openFiles();
  for (let i = 0; i < 200; i++) await flap();
  await until(() => bench.router.modules().length === 1, "all detached");
  await until(async () => await openFiles() <= before, "all sockets closed");
  assertEquals(bench.link.stats.attachments, 201);
  await until(() => bench.processor.received.length === 201, "all served");
});

Deno.test("agents that replace one another leave one module and no sockets", async () => {
  await using bench = await startBench();
  const before = await openFiles();
  const agents: RawAgent[] = [];
  for (let i = 0; i < 50; i++) agents.push(await RawAgent.attach(bench));
  const last = agents.pop()!;
  for (const agent of agents) assertEquals(await agent.closeCode(), 4409);
  assertEquals(bench.router.modules().length, 2);
  assertEquals(bench.link.agents, ["edged"]);
  await last.leave();
  await until(async () => await openFiles() <= before, "all sockets closed");
});

Deno.test("agents that vanish in the middle of a message harm nobody", async () => {
  await using bench = await startBench();
  const steady = await RawAgent.attach(bench, { target: "/attach/steady" });
  // A masked text frame of 100 bytes, of which only a part is sent.
  const frame = new Uint8Array(106).fill(0x20);
  frame.set([0x81, 0x80 | 100, 0, 0, 0, 0]);
  for (let cut = 1; cut < frame.length; cut += 7) {
    const agent = await RawAgent.attach(bench);
    await agent.stream.write(frame.subarray(0, cut));
    agent.stream.close();
    steady.send(upward(`a/podstatus/p${cut}`));
    await until(() => !bench.router.has("edged"), "detached");
  }
  await until(() => bench.processor.received.length === 15, "all served");
  assertEquals(bench.link.agents, ["steady"]);
  await steady.leave();
});

Deno.test("malformed_message_is_contained: any bytes are answered or end one agent only", async () => {
  await using bench = await startBench();
  const steady = await RawAgent.attach(bench, { target: "/attach/steady" });
  let state = 7;
  const next = () => state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
  for (let round = 0; round < 100; round++) {
    const bytes = Uint8Array.from({ length: 1 + next() % 300 }, () => next());
    const connection = await Deno.connect({
      transport: "unix",
      path: bench.socket,
    });
    await connection.write(bytes).catch(() => 0);
    connection.close();
    const agent = await RawAgent.attach(bench, { target: "/attach/fuzz" });
    await agent.stream.write(bytes).catch(() => 0);
    agent.stream.close();
    const message = upward("a/podstatus/b");
    steady.send(message);
    const count = round + 1;
    await until(() => bench.processor.received.length >= count, "served");
  }
  assert(bench.router.has("steady"));
  await steady.leave();
});

Deno.test("a foreign client: the runtime's own WebSocket over the Unix socket", async () => {
  await using bench = await startBench();
  const client = Deno.createHttpClient({
    proxy: { transport: "unix", path: bench.socket },
  });
  const socket = new WebSocket("ws://localhost/attach/edged?answers=true", {
    client,
  } as unknown as string[]);
  const texts: string[] = [];
  socket.onmessage = ({ data }) => texts.push(data);
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  await new Promise((resolve) => socket.onopen = resolve);
  await until(() => bench.router.has("edged"), "attached");
  for (let i = 1; i <= 1000; i++) {
    const message = downward(`a/pod/p${i}`, {
      revision: i,
      content: "x".repeat(sizeOf(i)),
    });
    await bench.router.room("edged");
    bench.router.send("edged", { message, from: "metamanager" });
    socket.send(JSON.stringify(upward(`a/podstatus/p${i}`)));
  }
  await until(() => texts.length === 1000, "all came down");
  texts.forEach((text, i) => {
    const decoded = decode(text);
    assert(decoded.ok);
    assertEquals(decoded.message.header.revision, i + 1);
  });
  await until(() => bench.processor.received.length === 1000, "all came up");
  bench.processor.received.forEach(({ message }, i) =>
    assertEquals(message.route.resource, `a/podstatus/p${i + 1}`)
  );
  await bench.link.drain(5_000);
  assertEquals((await closed).code, 1001);
  client.close();
});

Deno.test("a foreign client: Python's standard library", async () => {
  const connection = downward("node/connection", {
    operation: "connect",
    content: "cloud_connected",
  });
  await using bench = await startBench({
    parts: { connection: () => connection },
  });
  const child = new Deno.Command("python3", {
    args: [
      new URL("../../conf/agents/agent.py", import.meta.url).pathname,
      bench.socket,
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = new Response(child.stdout).text();
  const errors = new Response(child.stderr).text();
  await until(() => bench.router.has("edged"), "attached");
  assertEquals(bench.router.modules()[1]!.agent, { answers: true, since: 0 });
  const names = ["web-0", "web-1", "web-ä"];
  for (const [i, name] of names.entries()) {
    const message = downward(`default/pod/${name}`, {
      revision: i + 1,
      content: {
        metadata: { name, uid: `uid-${i}` },
        spec: { note: "x".repeat([0, 200, 100_000][i]!) },
      },
    });
    const answer = await bench.router.sendSync(
      "edged",
      { message, from: "metamanager" },
      { timeoutMs: 20_000 },
    );
    assertEquals([answer.route.operation, answer.content], ["response", "OK"]);
  }
  assertEquals(
    bench.processor.received.map(({ message }) => [
      message.route.resource,
      message.content,
    ]),
    names.map((Name, i) => [
      `default/podstatus/${Name}`,
      { UID: `uid-${i}`, Name, Status: { phase: "Running" } },
    ]),
  );
  // A newer attachment ends it: it must not dial again.
  const newer = await RawAgent.attach(bench);
  assertEquals((await child.status).code, 0, await errors);
  assertMatch(
    await output,
    /^cloud_connected\ninsert default\/pod\/web-0\n[^]*\nclosed 4409\n$/,
  );
  await newer.leave();
});
