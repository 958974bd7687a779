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

const EXAMPLES = new URL("../../conf/agents/", import.meta.url).pathname;

/** Route and content by which the example agents register node `edge-1`. */
const REGISTRATION = [
  {
    source: "edged",
    group: "meta",
    operation: "insert",
    resource: "null/node/edge-1",
  },
  {
    metadata: {
      name: "edge-1",
      labels: {
        "kubernetes.io/hostname": "edge-1",
        "node-role.kubernetes.io/edge": "",
      },
    },
  },
];

/** What comes of an example agent. */
function start(command: string, args: string[]) {
  const child = new Deno.Command(command, {
    args,
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return {
    child,
    output: new Response(child.stdout).text(),
    errors: new Response(child.stderr).text(),
  };
}

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
  await using bench = await startBench({ edged: { limits: { stuckMs: 0 } } });
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

Deno.test("memory_flat_with_watchers, F4: 200 attachments, left or reset, leave nothing behind", async () => {
  await using bench = await startBench();
  const flap = async (n: number) => {
    const agent = await RawAgent.attach(bench);
    agent.send(upward("a/podstatus/b"));
    if (n % 2 === 0) return await agent.leave();
    // One that resets at once may take with it what it sent.
    await until(() => bench.processor.received.length > n, "served");
    agent.socket.abort();
  };
  await flap(0);
  await until(() => bench.router.modules().length === 1, "detached");
  const before = await openFiles();
  for (let n = 1; n <= 200; n++) await flap(n);
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

/** Of a pod with one container, as `kubectl get pods` reads it. */
const RUNNING = {
  phase: "Running",
  startTime: "T",
  containerStatuses: [{
    name: "web",
    image: "nginx",
    ready: true,
    restartCount: 0,
    state: { running: { startedAt: "T" } },
  }],
};

Deno.test("a foreign client: Python's standard library", async () => {
  const connection = downward("node/connection", {
    operation: "connect",
    content: "cloud_connected",
  });
  await using bench = await startBench({
    parts: { connection: () => connection },
  });
  const { child, output, errors } = start("python3", [
    EXAMPLES + "agent.py",
    bench.socket,
    "edge-1",
  ]);
  await until(() => bench.router.has("edged"), "attached");
  assertEquals(bench.router.modules()[1]!.agent, { answers: true, since: 0 });
  await until(() => bench.processor.received.length === 1, "registered");
  const registration = bench.processor.received.shift()!.message;
  assertEquals([registration.route, registration.content], REGISTRATION);
  const names = ["web-0", "web-1", "web-ä"];
  for (const [i, name] of names.entries()) {
    const message = downward(`default/pod/${name}`, {
      revision: i + 1,
      content: {
        metadata: { name, uid: `uid-${i}` },
        spec: {
          note: "x".repeat([0, 200, 100_000][i]!),
          containers: [{ name: "web", image: "nginx" }],
        },
      },
    });
    const answer = await bench.router.sendSync(
      "edged",
      { message, from: "metamanager" },
      { timeoutMs: 20_000 },
    );
    assertEquals([answer.route.operation, answer.content], ["response", "OK"]);
  }
  const time = /"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/g;
  assertEquals(
    bench.processor.received.map(({ message }) => [
      message.route.resource,
      JSON.parse(JSON.stringify(message.content).replace(time, '"T"')),
    ]),
    names.map((Name, i) => [
      `default/podstatus/${Name}`,
      { UID: `uid-${i}`, Name, Status: RUNNING },
    ]),
  );
  // A newer attachment ends it: it must not dial again.
  const newer = await RawAgent.attach(bench);
  assertEquals((await child.status).code, 0, await errors);
  assertMatch(
    await output,
    /^attached to \/\S+\ncloud_connected\ninsert default\/pod\/web-0\n[^]*\nclosed \/\S+: 4409\nanother agent has attached as edged, this one ends\n$/,
  );
  await newer.leave();
});

Deno.test("the example in Python says how to use it", async () => {
  for (const args of [[], ["--help"], ["a", "b", "c"]]) {
    const { child, output, errors } = start("python3", [
      EXAMPLES + "agent.py",
      ...args,
    ]);
    assertEquals((await child.status).code, 2);
    assertEquals(await errors, "usage: agent.py SOCKET [NODE]\n");
    assertEquals(await output, "");
  }
});

Deno.test("the example in Python names the socket it cannot reach, and ends quietly", async () => {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/edged.sock`;
  const child = new Deno.Command("python3", {
    args: [EXAMPLES + "agent.py", socket],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.endsWith("\n")) text += (await reader.read()).value ?? "\n";
  child.kill("SIGINT");
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    rest += value;
  }
  assertEquals((await child.status).code, 130);
  const line = `no link to ${socket}: No such file or directory\n`;
  // It may have tried once more before the signal came.
  assertEquals((text + rest).replaceAll(line, ""), "");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the example in TypeScript, started as its first line says", async () => {
  const connection = downward("node/connection", {
    operation: "connect",
    content: "cloud_connected",
  });
  await using bench = await startBench({
    parts: { connection: () => connection },
  });
  bench.processor.onMessage = ({ message, from }) => {
    const reply = { message: newOk(stamp, message), from: "metamanager" };
    bench.router.send(from, reply);
  };
  const source = await Deno.readTextFile(EXAMPLES + "agent.ts");
  const [, flags] = source.match(
    /^\/\/ A pod agent: deno (run .*) \/run\S+\n/,
  )!;
  const { child, output, errors } = start(Deno.execPath(), [
    ...flags!.split(" "),
    bench.socket,
    "edge-1",
  ]);
  let isOver = false;
  const status = child.status.finally(() => isOver = true);
  await until(() => isOver || bench.router.has("edged"), "attached");
  if (isOver) assertEquals(await errors, "");
  assertEquals(bench.router.modules()[1]!.agent, { answers: true, since: 0 });
  await until(() => bench.processor.received.length === 1, "registered");
  const message = downward("default/pod/web-0", {
    revision: 1,
    content: { metadata: { name: "web-0", uid: "uid-0" } },
  });
  const answer = await bench.router.sendSync(
    "edged",
    { message, from: "metamanager" },
    { timeoutMs: 20_000 },
  );
  assertEquals([answer.route.operation, answer.content], ["response", "OK"]);
  const [registration, report] = bench.processor.received;
  assertEquals(
    [registration!.message.route, registration!.message.content],
    REGISTRATION,
  );
  assertEquals(report!.message.route.resource, "default/podstatus/web-0");
  const newer = await RawAgent.attach(bench);
  assertEquals((await status).code, 0, await errors);
  const where = bench.socket;
  const lines = (await output).trim().split("\n");
  // The registration is not waited for, so its line may come later.
  assert(lines.includes("registered edge-1"), lines.join());
  assertEquals(lines.filter((line) => !line.startsWith("registered")), [
    `attached to ${where}`,
    "connect node/connection",
    "insert default/pod/web-0",
    `lost ${where}`,
    "The link to the node ended, 4409: replaced by a newer attachment, " +
    "do not dial again",
  ]);
  await newer.leave();
});
