import { parse } from "@std/yaml";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../../../support/edged_harness.ts";
import { FakeIo } from "../fake_io.ts";
import { putObject, type Ran, StoredNode } from "../stored_node.ts";

const OLD = "2020-01-01T00:00:00Z";

function podObject(name: string, labels: object = {}) {
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: {
      name,
      namespace: "default",
      uid: `u-${name}`,
      resourceVersion: "7",
      creationTimestamp: OLD,
      labels,
    },
    spec: { nodeName: "edge-1", containers: [{ name: "c" }] },
    status: { phase: "Pending" },
  };
}

/** A store with pods, a status, a configmap, a secret and a node. */
function filled(): StoredNode {
  const place = new StoredNode();
  const meta = (name: string) => ({ name, creationTimestamp: OLD });
  place.write((tx) => {
    putObject(tx, "default/pod/db", podObject("db", { app: "db" }));
    putObject(tx, "default/pod/web", podObject("web", { app: "web" }));
    putObject(tx, "shop/pod/web", podObject("web"));
    putObject(tx, "default/podstatus/web", {
      UID: "u-web",
      Name: "web",
      Status: {
        phase: "Running",
        containerStatuses: [{ name: "c", ready: true, state: { running: {} } }],
      },
    });
    putObject(tx, "default/configmap/cfg", {
      metadata: meta("cfg"),
      data: { a: "1" },
    });
    putObject(tx, "default/secret/pw", {
      kind: "Secret",
      metadata: meta("pw"),
      type: "Opaque",
      data: { password: "c2VjcmV0" },
    });
    putObject(tx, "null/node/edge-1", { metadata: meta("edge-1") });
  });
  return place;
}

/** Tells the same of a node that is down and of one that runs. */
async function both(
  about: (run: (...args: string[]) => Promise<Ran>) => Promise<void>,
): Promise<void> {
  await using place = filled();
  await about(async (...args) => {
    const ran = await place.run(...args);
    const note = `note: no node answers, read from ${place.path}\n`;
    assert(ran.err.startsWith(note), ran.err);
    return { ...ran, err: ran.err.slice(note.length) };
  });
  await place.start();
  await about((...args) => place.run(...args));
}

/** Ages differ from day to day. */
function ageless(text: string): string {
  return text.replaceAll(/\d+y(?:\d+d)?/g, "AGE").replaceAll(/ +(?=\n)/g, "");
}

Deno.test("get, a table as kubectl lays it out, of a node that runs or is down", () =>
  both(async (run) => {
    const { code, out, err } = await run("get", "pods");
    assertEquals({ code, err }, { code: 0, err: "" });
    assertEquals(
      ageless(out),
      "NAME   READY   STATUS    RESTARTS   AGE\n" +
        "db     0/1     Pending   0          AGE\n" +
        "web    1/1     Running   0          AGE\n",
    );
    const wide = await run("get", "po", "-A", "-o", "wide");
    const [head, first] = wide.out.split("\n").map((line) => line.split(/ +/));
    assertEquals(head, [
      "NAMESPACE",
      "NAME",
      "READY",
      "STATUS",
      "RESTARTS",
      "AGE",
      "IP",
      "NODE",
      "REVISION",
    ]);
    assertEquals(first?.slice(6, 8), ["<none>", "edge-1"]);
  }));

Deno.test("get, several types, all, and names with their type", () =>
  both(async (run) => {
    const two = await run("get", "cm,secret");
    assertEquals(
      ageless(two.out),
      "NAME            DATA   AGE\n" +
        "configmap/cfg   1      AGE\n" +
        "\n" +
        "NAME        TYPE     DATA   AGE\n" +
        "secret/pw   Opaque   1      AGE\n",
    );
    const all = await run("get", "all", "-A", "-o", "name");
    assertEquals(
      all.out,
      "configmap/cfg\nnode/edge-1\npod/db\npod/web\npod/web\nsecret/pw\n",
    );
    const mixed = await run("get", "secret/pw", "po/db", "-o", "name");
    assertEquals(mixed.out, "secret/pw\npod/db\n");
    // What has no namespace is in each.
    const node = await run("get", "no", "-n", "shop", "--no-headers");
    assertEquals(node.out.split(" ")[0], "edge-1");
    const nodes = await run("get", "nodes", "-A");
    assertEquals(nodes.out.split(" ")[0], "NAME");
  }));

Deno.test("get, by labels, and the labels", () =>
  both(async (run) => {
    const names = async (labels: string) =>
      (await run("get", "po", "-l", labels, "-o", "name")).out;
    assertEquals(await names("app=web"), "pod/web\n");
    assertEquals(await names("app in (db,x)"), "pod/db\n");
    assertEquals(await names("app notin (db)"), "pod/web\n");
    const none = await run("get", "po", "-l", "!app");
    assertEquals(none.err, "No resources found in default namespace.\n");
    const { out } = await run("get", "po", "--show-labels");
    assertStringIncludes(out, "app=db");
    assertStringIncludes(out, "LABELS");
  }));

Deno.test("get, json and yaml: the object for one, a List for many", () =>
  both(async (run) => {
    const one = JSON.parse((await run("get", "po", "web", "-o", "json")).out);
    assertEquals(one.kind, "Pod");
    // With what its agent reported last.
    assertEquals(one.status.phase, "Running");
    const many = await run("get", "po,cm", "-o", "json");
    const list = JSON.parse(many.out);
    assertEquals(list.kind, "List");
    assertEquals(
      list.items.map(({ metadata }: { metadata: { name: string } }) =>
        metadata.name
      ),
      ["db", "web", "cfg"],
    );
    assertStringIncludes(many.out, '{\n    "apiVersion": "v1",\n    "items"');
    const yaml = await run("get", "po,cm", "-o", "yaml");
    assertEquals(parse(yaml.out), { ...list, apiVersion: "v1" });
    const yamlOne = await run("get", "pod/web", "-o", "yaml");
    assertEquals(parse(yamlOne.out), one);
    const none = await run("get", "svc", "-o", "json");
    assertEquals(JSON.parse(none.out).items, []);
    assertEquals(none.err, "");
    const noneYaml = await run("get", "svc", "-o", "yaml");
    assertEquals(parse(noneYaml.out), JSON.parse(none.out));
  }));

Deno.test("get, the data of secrets only if it is asked for", () =>
  both(async (run) => {
    for (const shape of ["table", "wide", "json", "yaml", "name"]) {
      const { out } = await run("get", "secret,all", "-o", shape);
      assertEquals(out.includes("c2VjcmV0"), false, shape);
    }
    const hidden = await run("get", "secret", "pw", "-o", "json");
    assertStringIncludes(hidden.out, '"password": "<hidden, 6 bytes>"');
    const shown = await run("get", "secret/pw", "-o", "yaml", "--show-secrets");
    assertStringIncludes(shown.out, "password: c2VjcmV0");
  }));

Deno.test("get, what is not there: kubectl's words and exit codes", () =>
  both(async (run) => {
    const none = await run("get", "svc");
    assertEquals(none, {
      code: 0,
      out: "",
      err: "No resources found in default namespace.\n",
    });
    const nowhere = await run("get", "svc", "-A");
    assertEquals(nowhere.err, "No resources found\n");
    const missing = await run("get", "po", "web", "nope");
    assertEquals(missing.code, 1);
    assertEquals(
      missing.err,
      'Error from server (NotFound): pods "nope" not found\n',
    );
    assertStringIncludes(missing.out, "web");
    const plurals = await run("get", "netpol/x", "ep/y", "podstatus/z");
    assertEquals(
      plurals.err.match(/\w+ "\w"/g),
      ['networkpolicies "x"', 'endpoints "y"', 'podstatuses "z"'],
    );
    const json = await run("get", "po", "nope", "-o", "json");
    assertEquals([json.code, json.out], [1, ""]);
    const type = await run("get", "nope");
    assertEquals(type.code, 1);
    assertStringIncludes(type.err, 'resource type "nope"');
  }));

Deno.test("get, wrong arguments touch nothing", async () => {
  await using place = filled();
  for (
    const args of [
      [],
      ["po", "web", "-A"],
      ["po", "web", "-l", "a=b"],
      ["po", "-l", "a=b=c"],
      ["po", "-o", "xml"],
      ["po", "-n", "a/b"],
      ["po,cm", "--watch"],
      ["po", "a", "b", "--watch"],
      ["po", "cm/x"],
    ]
  ) {
    const { code, out, err } = await place.run("get", ...args);
    assertEquals({ code, out }, { code: 2, out: "" }, args.join(" ") + err);
  }
});

Deno.test("get, a node that is not there and no store: says so", async () => {
  await using place = new StoredNode();
  const { code, err } = await place.run("get", "po");
  assertEquals(code, 1);
  assertStringIncludes(err, "No node runs");
  assertStringIncludes(err, `no store ${place.path}`);
});

/** Notices with its next write that the reader has gone, as a pipe does. */
class Pipe extends FakeIo {
  isEnded = false;
  readonly #reader = new AbortController();
  readonly stdoutEnded = this.#reader.signal;

  override stdout(text: string): void {
    super.stdout(text);
    if (this.isEnded) this.#reader.abort();
  }
}

/** A watch that runs, and what it printed. */
async function watching(
  place: StoredNode,
  args: readonly string[],
  during: (io: Pipe) => Promise<void>,
): Promise<Ran> {
  const io = new Pipe();
  const ran = place.runWith(io, "get", ...args, "--watch");
  await during(io);
  return await ran;
}

Deno.test("get --watch, a line per change, from the running node, to the end of the pipe", async () => {
  await using place = filled();
  const node = await place.start();
  const send = (operation: string, content: object) =>
    node.router.send("metamanager", {
      from: "websocket",
      message: {
        header: { msg_id: crypto.randomUUID(), timestamp: Date.now() },
        route: {
          source: "edgecontroller",
          group: "resource",
          operation,
          resource: "default/pod/db",
        },
        content,
      },
    } as never);
  const pod = podObject("db", { app: "db" });
  const changed = {
    ...pod,
    metadata: { ...pod.metadata, resourceVersion: "8", labels: { app: "x" } },
  };
  const args = ["po", "-l", "app!=x", "--output-watch-events"];
  const { code, out } = await watching(place, args, async (io) => {
    await until(() => io.out.includes("web"), "what there is");
    // It leaves what was asked for, and comes back.
    send("update", changed);
    await until(() => io.out.includes("DELETED"), "it left");
    send("update", {
      ...pod,
      metadata: { ...pod.metadata, resourceVersion: "9" },
    });
    await until(() => io.out.split("ADDED").length === 4, "it came back");
    io.isEnded = true;
    send("delete", pod);
  });
  assertEquals(code, 0);
  const events = out.trim().split("\n")
    .map((line) => line.split(/ +/).slice(0, 2).join(" "));
  assertEquals(events, [
    "EVENT NAME",
    "ADDED db",
    "ADDED web",
    "DELETED db",
    "ADDED db",
    "DELETED db",
  ]);
});

Deno.test("get --watch, of the file while the node is down; names and one object", async () => {
  await using place = filled();
  const args = ["po", "web", "-o", "name"];
  const { code, out } = await watching(place, args, async (io) => {
    await until(() => io.out !== "", "what there is");
    place.put("default/podstatus/web", { UID: "u-web", Status: {} });
    await until(() => io.out.split("pod/web").length === 3, "its status");
    io.isEnded = true;
    place.write((tx) => void tx.remove("default/pod/web"));
  });
  assertEquals(code, 0);
  assertEquals(out, "pod/web\npod/web\npod/web\n");
  const missing = await place.run("get", "po", "web", "--watch");
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.err, "NotFound");
});

Deno.test("get --watch, as documents: no list, and nothing for what is gone", async () => {
  await using place = filled();
  const { out } = await watching(place, ["cm", "-o", "json"], async (io) => {
    await until(() => io.out !== "", "what there is");
    place.write((tx) => void tx.remove("default/configmap/cfg"));
    const put = (name: string) =>
      place.put(`default/configmap/${name}`, { metadata: { name } });
    put("new");
    await until(() => io.out.includes("new"), "the new one");
    io.isEnded = true;
    put("last");
  });
  assertEquals(
    out.match(/(?<="name": ")\w+/g),
    ["cfg", "new", "last"],
  );
});
