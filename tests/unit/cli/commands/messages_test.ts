import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { EdgeNode } from "../../../../lib/app/mod.ts";
import { SystemClock } from "../../../../lib/base/mod.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { loadConfig } from "../../../../lib/config/mod.ts";
import { Logger } from "../../../../lib/telemetry/mod.ts";
import { until } from "../../../support/edged_harness.ts";
import { fromEdged } from "../../../support/messages.ts";
import { FakeIo } from "../fake_io.ts";

/** A node without a cloud, and its command. */
class Place implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  readonly sets = [
    `store.path=${this.folder}/store.db`,
    `admin.socket=${this.folder}/admin.sock`,
    "edged.socket=",
  ];
  #node: EdgeNode | undefined;
  #answers = 0;
  #asked = 0;

  async start(): Promise<EdgeNode> {
    const { config } = await loadConfig({
      sets: this.sets,
      hostname: () => "edge-1",
    });
    const clock = new SystemClock();
    const log = new Logger("node", { clock, sink: () => undefined });
    const node = this.#node = new EdgeNode(config, { log });
    await node.start();
    node.attach({
      module: "edged",
      onMessage: ({ header }) =>
        void (this.#answers += header.parent_msg_id ? 1 : 0),
    });
    return node;
  }

  /** The agent reports a pod's status; settles once it was answered. */
  report(name: string, status: unknown = {}): Promise<void> {
    const content = { UID: `uid-${name}`, Status: status };
    return this.send("update", `default/podstatus/${name}`, content);
  }

  /** The agent sends a message; settles once it was answered. */
  async send(...fields: Parameters<typeof fromEdged>): Promise<void> {
    this.#asked++;
    const message = fromEdged(...fields);
    this.#node?.router.send("metamanager", { message, from: "edged" });
    await until(() => this.#answers === this.#asked, "answered");
  }

  run(args: readonly string[], io: FakeIo = new FakeIo()) {
    const sets = this.sets.flatMap((set) => ["--set", set]);
    return main(["messages", ...args, ...sets], io);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#node?.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** An `Io` whose reader goes after some lines. */
class ReadIo extends FakeIo {
  readonly #reader = new AbortController();
  readonly stdoutEnded = this.#reader.signal;
  /** The reader goes once this holds. */
  until: (out: string) => boolean = () => false;

  override stdout(text: string): void {
    super.stdout(text);
    if (this.until(this.out)) this.#reader.abort();
  }
}

Deno.test("messages, what flowed, as a table and as lines of JSON", async () => {
  await using place = new Place();
  await place.start();
  await place.report("a");
  await place.report("b");
  const io = new FakeIo();
  assertEquals(await place.run([], io), 0);
  assertMatch(
    io.out,
    /^TIME +FLOW +OPERATION +RESOURCE +SIZE +LATENCY +OUTCOME\n/,
  );
  assertMatch(
    io.out,
    /\n\S+ +edged -> node +update +default\/podstatus\/a +- +\d\S* ms +queued\n/,
  );
  assertMatch(
    io.out,
    /node -> edged +response +default\/podstatus\/a .* sent\n/,
  );
  const json = new FakeIo();
  const filter = ["--resource", "*/podstatus/b", "--operation", "update"];
  assertEquals(await place.run([...filter, "-o", "json"], json), 0);
  const lines = json.out.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ resource, from }) => [resource, from]), [
    ["default/podstatus/b", "edged"],
  ]);
  const none = new FakeIo();
  assertEquals(await place.run(["--resource", "x"], none), 0);
  assertEquals(none.out, "No such message has flowed\n");
});

Deno.test("messages --follow, goes on until nobody reads it", async () => {
  await using place = new Place();
  await place.start();
  const io = new ReadIo();
  io.until = (out) => out.includes("podstatus/b");
  const done = place.run(["--follow", "--resource", "*/podstatus/*"], io);
  await until(() => io.out.startsWith("TIME"), "it listens");
  for (const name of ["a", "b"]) await place.report(name);
  assertEquals(await done, 0);
  assertStringIncludes(io.out, "podstatus/a");
  assertEquals(io.err, "");
});

Deno.test("messages --follow --content, contents without secrets", async () => {
  await using place = new Place();
  await place.start();
  const io = new ReadIo();
  io.until = (out) => out.includes("podstatus/last");
  const args = [
    "-f",
    "--content",
    "-o",
    "json",
    "--operation",
    "update,insert",
  ];
  const done = place.run(args, io);
  // Only what comes once it listens is kept.
  for (let i = 0; !io.out.includes("early"); i++) {
    await place.report(`early-${i}`);
  }
  await place.report("a", { token: "hunter2", phase: "Running" });
  await place.send("insert", "default/secret/db", { any: "hunter2" });
  await place.report("last");
  assertEquals(await done, 0);
  assert(!io.out.includes("hunter2"), io.out);
  const lines = io.out.trim().split("\n").map((line) => JSON.parse(line));
  const report = lines.find(({ resource }) =>
    resource === "default/podstatus/a"
  );
  assertEquals(JSON.parse(report.content).Status, {
    token: "[redacted]",
    phase: "Running",
  });
  const secret = lines.find(({ resource }) => resource === "default/secret/db");
  assertEquals(secret.content, '"[redacted]"');
});

Deno.test("messages --follow, says when the node has stopped", async () => {
  await using place = new Place();
  const node = await place.start();
  const io = new FakeIo();
  const done = place.run(["--follow"], io);
  await until(() => io.out !== "", "it listens");
  await node.stop();
  assertEquals(await done, 1);
  assertMatch(io.err, /^The node has stopped\n$/);
});

Deno.test("messages, wrong options are told", async () => {
  await using place = new Place();
  await place.start();
  const cases: readonly (readonly [readonly string[], number, string])[] = [
    [["--content"], 2, "--content needs --follow"],
    [["--since", "yesterday"], 2, "since is neither age nor time"],
    [["--follow", "--since", "yesterday"], 2, "since is neither age nor time"],
    [["-o", "yaml"], 2, "text or json"],
  ];
  for (const [args, code, text] of cases) {
    const io = new FakeIo();
    assertEquals(await place.run(args, io), code);
    assertStringIncludes(io.err, text);
  }
});
