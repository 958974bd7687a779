import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EdgeNode } from "../../../../lib/app/mod.ts";
import { SystemClock } from "../../../../lib/base/mod.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { loadConfig } from "../../../../lib/config/mod.ts";
import { Logger } from "../../../../lib/telemetry/mod.ts";
import { fromEdged } from "../../../support/messages.ts";
import { until } from "../../../support/edged_harness.ts";
import { FakeIo } from "../fake_io.ts";

/** A node without a cloud, and its commands. */
class Place implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  readonly sets = [
    `store.path=${this.folder}/store.db`,
    `admin.socket=${this.folder}/admin.sock`,
    "edged.socket=",
  ];
  #node: EdgeNode | undefined;

  /** Starts the node with three deletes in its outbox. */
  async start(): Promise<EdgeNode> {
    const { config } = await loadConfig({
      sets: this.sets,
      hostname: () => "edge-1",
    });
    const clock = new SystemClock();
    const log = new Logger("node", { clock, sink: () => undefined });
    const node = this.#node = new EdgeNode(config, { log });
    await node.start();
    let answers = 0;
    node.attach({
      module: "edged",
      onMessage: ({ content }) => void (answers += Number(content === "OK")),
    });
    for (const name of ["a", "b", "c"]) {
      const secret = { preconditions: { uid: "s3cret" } };
      const message = fromEdged("delete", `default/pod/${name}`, secret);
      node.router.send("metamanager", { message, from: "edged" });
    }
    await until(() => answers === 3, "all are in the outbox");
    return node;
  }

  async run(...args: string[]) {
    const io = new FakeIo();
    const sets = this.sets.flatMap((set) => ["--set", set]);
    const code = await main(["outbox", ...args, ...sets], io);
    return { code, out: io.out, err: io.err };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#node?.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("outbox list, a table and JSON, never what messages say", async () => {
  await using place = new Place();
  await place.start();
  const { code, out } = await place.run("list");
  assertEquals(code, 0);
  const [head, first, ...rest] = out.trimEnd().split("\n");
  assertEquals(
    head,
    "ID  RESOURCE       OPERATION  AGE  ATTEMPTS  STATE    SIZE",
  );
  assert(
    /^1 {3}default\/pod\/a {2}delete {5}\ds {3}0 {9}waiting {2}\d+ B$/.test(
      first ?? "",
    ),
    first,
  );
  assertEquals(rest.length, 2);
  const json = await place.run("list", "-o", "json");
  const [message] = JSON.parse(json.out).messages;
  assertEquals(Object.keys(message), [
    "id",
    "msgId",
    "resource",
    "operation",
    "ageSeconds",
    "attempts",
    "state",
    "bytes",
  ]);
  assertEquals(`${out}${json.out}`.includes("s3cret"), false);
});

Deno.test("outbox drop, says what went and what is not there", async () => {
  await using place = new Place();
  const node = await place.start();
  const { code, out, err } = await place.run("drop", "2", "9");
  assertEquals(code, 1);
  assertEquals(out, "Dropped: 2 delete default/pod/b\n");
  assertEquals(err, "No message with this id is in the outbox: 9\n");
  assertEquals(node.outbox().map(({ id }) => id), [1, 3]);
  const json = await place.run("drop", "3", "-o", "json");
  assertEquals(JSON.parse(json.out).messages[0].resource, "default/pod/c");
  const all = await place.run("drop", "--all");
  assertEquals([all.code, all.out], [
    0,
    "Dropped: 1 delete default/pod/a\n",
  ]);
  assertEquals((await place.run("list")).out, "The outbox is empty\n");
  assertEquals(
    (await place.run("drop", "--all")).out,
    "There is nothing to drop\n",
  );
});

Deno.test("outbox retry, sends again what is named, or all that is parked", async () => {
  await using place = new Place();
  await place.start();
  const one = await place.run("retry", "1");
  assertEquals([one.code, one.out], [
    0,
    "Sent again: 1 delete default/pod/a\n",
  ]);
  const all = await place.run("retry", "--all");
  assertEquals([all.code, all.out], [0, "There is nothing to retry\n"]);
});

Deno.test("outbox, wrong arguments touch nothing", async () => {
  await using place = new Place();
  const node = await place.start();
  for (
    const args of [
      ["drop"],
      ["drop", "1", "--all"],
      ["drop", "x"],
      ["drop", ""],
      ["drop", "0"],
      ["retry"],
      ["list", "-o", "yaml"],
    ]
  ) {
    assertEquals((await place.run(...args)).code, 2, args.join(" "));
  }
  assertEquals((await place.run("drop", "99")).code, 1);
  assertEquals(node.outbox().length, 3);
});

Deno.test("outbox, without a node it says that the node must run", async () => {
  await using place = new Place();
  for (const args of [["list"], ["retry", "--all"], ["drop", "1"]]) {
    const { code, err } = await place.run(...args);
    assertEquals(code, 1);
    assertStringIncludes(err, "No node runs");
  }
});
