import { createHash, X509Certificate } from "node:crypto";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { AgentRefusedError, RequestFailedError } from "../../lib/agent/mod.ts";
import { SystemClock } from "../../lib/base/mod.ts";
import { CertificateAuthority } from "../../lib/dev/mod.ts";
import { encode, newMessage } from "../../lib/message/mod.ts";
import { until } from "../support/edged_harness.ts";
import { nextId, TEST_STAMP } from "../support/messages.ts";
import { assertNowhere, newMark } from "../support/marks.ts";
import { askAdmin, NodeProcess } from "../support/node_process.ts";
import {
  configManifest,
  NODE,
  podManifest,
  World,
} from "../support/node_world.ts";
import { ScriptedHub } from "../support/scripted_hub.ts";

const PAGES = [
  "/healthz?verbose",
  "/readyz?verbose",
  "/metrics",
  "/status",
  "/outbox",
  "/log-level",
];

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function pagesOf(world: World): Promise<string[]> {
  const texts: string[] = [];
  for (const page of PAGES) {
    const answer = await askAdmin(world.adminSocket, page);
    assert(answer, page);
    texts.push(answer.text);
  }
  return texts;
}

Deno.test("the search for marks finds what it should", () => {
  const mark = newMark();
  for (const text of [mark, `x ${btoa(`{"a":"${mark}"}`)} y`]) {
    let found = false;
    try {
      assertNowhere([mark], ["nothing", text]);
    } catch {
      // It is what this test is about.
      found = true;
    }
    assert(found, text);
  }
});

Deno.test("secrets_never_logged, I3: what passes through the node at level debug", async () => {
  await using world = await World.start({ tls: true });
  const { hub } = world;
  const inSecret = newMark();
  const inPlain = newMark();
  const inConfig = newMark();
  const inReport = newMark();
  const inError = newMark();
  const bearer = newMark();
  const wrongBearer = newMark();
  const scraper = newMark();
  const wrongScraper = newMark();
  const scraperFile = `${world.folder}/scraper`;
  await Deno.writeTextFile(scraperFile, scraper, { mode: 0o600 });
  const tokenFile = `${world.folder}/token`;
  await Deno.writeTextFile(tokenFile, `${bearer}\n`, { mode: 0o600 });
  const [port, adminPort] = [freePort(), freePort()];
  await using node = new NodeProcess(world.sets(
    "log.level=debug",
    `edged.listen=127.0.0.1:${port}`,
    `edged.token-file=${tokenFile}`,
    `admin.listen=127.0.0.1:${adminPort}`,
    `admin.token-file=${scraperFile}`,
    "meta.sync.podstatus.interval=1",
  ));
  await node.connected();
  const errors: unknown[] = [];
  const agent = world.agent({
    address: { host: "127.0.0.1", port, token: bearer },
    answers: true,
    onMessage: ({ route }) => {
      if (route.resource.includes("secret")) throw new Error(inError);
    },
  });
  await agent.connect();
  await until(() => agent.isCloudConnected, "connected");

  // Objects, tokens, statuses, on both ways, stored, changed and deleted.
  hub.apply({
    kind: "Secret",
    metadata: { name: "s" },
    data: { password: btoa(inSecret) },
    stringData: { password: inPlain },
  });
  hub.apply(configManifest("c", inConfig));
  const uses = [{ secretRef: { name: "s" } }, { configMapRef: { name: "c" } }];
  const { uid } = hub.apply({
    ...podManifest("web-0"),
    spec: {
      nodeName: NODE,
      containers: [{ name: "c", image: "nginx", envFrom: uses }],
    },
  }).metadata;
  await agent.query("default/secret/s");
  await agent.query("default/configmap/c");
  const [token] = await agent.query("default/serviceaccounttoken/default", {
    content: {
      spec: {
        expirationSeconds: 3600,
        boundObjectRef: { kind: "Pod", name: "web-0", uid },
      },
    },
  }) as { status: { token: string } }[];
  assert(token?.status.token);
  hub.apply({
    kind: "Secret",
    metadata: { name: "s" },
    data: { password: btoa(`${inSecret}x`) },
  });
  await agent.reportPodStatus({ namespace: "default", name: "web-0", uid }, {
    message: inReport,
  });
  await hub.synced(NODE);

  // What fails, with the secret in it.
  const ask = (operation: string, resource: string, content: unknown) =>
    agent.request(operation, resource, { content }).catch((error) => {
      assert(error instanceof RequestFailedError);
      errors.push(error.message);
    });
  await ask("delete", "default/secret/s", { data: inPlain });
  await ask("update", "default/podstatus", [{ secret: inPlain }]);
  await ask("patch", "a/b/c/d", inPlain);
  await ask("frobnicate", "default/secret/s", { data: inPlain });
  await ask("update", "default/pod/x", {
    metadata: { uid: { token: inPlain } },
  });
  for (const operation of ["insert", "query", "frobnicate"]) {
    hub.core.send(
      NODE,
      newMessage(TEST_STAMP, {
        source: "edgecontroller",
        group: "resource",
        operation,
        resource: "default/secret/odd",
        content: {
          data: inPlain,
          metadata: { uid: nextId(), resourceVersion: inPlain },
        },
        resourceVersion: "5",
      }),
    );
  }
  await hub.frames.waitFor(({ from, message }) =>
    from === "edge" && message?.route.resource === "default/secret/odd"
  );
  const intruder = world.agent({
    address: { host: "127.0.0.1", port, token: wrongBearer },
    module: "intruder",
  });
  const refused = await intruder.connect().catch((error) => error);
  assert(refused instanceof AgentRefusedError);
  errors.push(refused.message);
  await intruder.close();

  // The cloud goes away and comes back; the process is told to stop.
  const pages = await pagesOf(world);
  for (const word of [scraper, wrongScraper]) {
    for (const page of PAGES) {
      const response = await fetch(`http://127.0.0.1:${adminPort}${page}`, {
        headers: { authorization: `Bearer ${word}` },
      });
      pages.push(await response.text());
    }
  }
  hub.cut(NODE);
  await node.said('"event":"link down"');
  pages.push(...await pagesOf(world));
  await agent.close();
  node.signal("SIGTERM");
  assertEquals((await node.status).code, 0);
  const answers = hub.frames.entries.flatMap(({ from, text, message }) =>
    from === "edge" && message?.route.resource.includes("odd") ? [text] : []
  );
  const key = await Deno.readTextFile(`${world.folder}/tls/key.pem`);
  const keyLines = key.split("\n").filter((line) => line.length > 40);
  assert(keyLines.length > 0 && node.lines.length > 10, node.output);
  const everything = [...node.lines, ...pages, ...errors.map(String)];
  assertNowhere(
    [
      inSecret,
      inPlain,
      inConfig,
      inReport,
      inError,
      bearer,
      wrongBearer,
      scraper,
      wrongScraper,
    ],
    [...everything, ...answers],
  );
  // These are base64 themselves.
  for (const word of [...token.status.token.split("."), ...keyLines]) {
    if (word.length < 20) continue;
    const leak = everything.find((text) => text.includes(word));
    assertEquals(leak, undefined, word);
  }
});

/** Frames that are refused, each with a secret in it. */
function badFrames(mark: string): string[] {
  const good = goodMessage(mark);
  const { header } = good;
  return [
    `{"content":"${mark}`,
    mark,
    encode(good).replace('"data"', '"__proto__"'),
    `{"a":${"[".repeat(300)}"${mark}"${"]".repeat(300)}}`,
    ...[
      mark,
      [mark],
      { header: mark },
      { ...good, header: { msg_id: { mark } } },
      { ...good, header: { msg_id: "1", timestamp: mark } },
      { ...good, header: { ...header, resourceversion: mark } },
      { ...good, route: { operation: "insert", resource: "" } },
      { ...good, content: { metadata: { uid: [mark] } } },
      { ...good, content: { metadata: { creationTimestamp: { mark } } } },
    ].map((frame) => JSON.stringify(frame)),
  ];
}

function goodMessage(mark: string) {
  return newMessage({ ...TEST_STAMP, newId: nextId }, {
    source: "edgecontroller",
    group: "resource",
    operation: "insert",
    resource: "default/secret/s",
    content: { data: mark },
    resourceVersion: "1",
  });
}

Deno.test("secrets_never_logged, I3: frames that are no messages", async () => {
  const mark = newMark();
  const frames = badFrames(mark);
  // Few at a time: the log folds what repeats.
  while (frames.length > 0) {
    await using hub = new ScriptedHub();
    await using world = await World.start();
    await using node = new NodeProcess(world.sets(
      `edgehub.websocket.url=${hub.url}`,
      "log.level=debug",
    ));
    await hub.connected();
    await node.ready();
    const some = frames.splice(0, 4);
    for (const frame of some) hub.send(frame);
    const last = goodMessage(mark);
    hub.send(encode(last));
    await until(
      () => hub.answersTo(last.header.msg_id).length > 0,
      "the last one is answered",
    );
    const pages = await pagesOf(world);
    node.signal("SIGTERM");
    assertEquals((await node.status).code, 0);
    const refused = node.lines.filter((line) =>
      /"event":"\w+ refused"/.test(line)
    );
    assertEquals(refused.length, some.length, node.output);
    assertNowhere([mark], [
      ...node.lines,
      ...pages,
      ...hub.received.map((message) => JSON.stringify(message)),
    ]);
  }
});

/** A server that says back what it was told, to whoever asks for more than the CA. */
function echo(listener: Deno.TlsListener, ca: Uint8Array) {
  const answer = async (conn: Deno.Conn) => {
    const buffer = new Uint8Array(16 * 1024);
    const length = await conn.read(buffer) ?? 0;
    const said = new TextDecoder("latin1").decode(buffer.subarray(0, length))
      .replace(/[^\x20-\x7e]+/g, " ");
    const [, secret = said] = /[Aa]uthorization: (.*)/.exec(said) ?? [];
    const head = `HTTP/1.1 401 ${secret}\r\nContent-Length: `;
    const bytes = said.includes("/ca.crt")
      ? [`HTTP/1.1 200 OK\r\nContent-Length: ${ca.length}\r\n\r\n`, ca]
      : [`${head}${secret.length}\r\n\r\n${secret}`];
    for (const part of bytes) {
      const data = typeof part === "string"
        ? new TextEncoder().encode(part)
        : part;
      await conn.write(data);
    }
    conn.close();
  };
  const done = (async () => {
    for await (const conn of listener) await answer(conn);
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await done;
    },
  };
}

Deno.test("secrets_never_logged, I3: the join token, though the cloud says it back", async () => {
  const ca = await CertificateAuthority.create(new SystemClock());
  const der = new X509Certificate(ca.cert).raw;
  const inToken = newMark();
  const { cert, key } = await ca.server();
  await using cloud = echo(
    Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert,
      key,
      alpnProtocols: ["http/1.1"],
    }),
    der,
  );
  const hash = createHash("sha256").update(der).digest("hex");
  await using world = await World.start({ tls: true });
  await using node = new NodeProcess(world.sets(
    "log.level=debug",
    `edgehub.websocket.certfile=${world.folder}/no/cert.pem`,
    `edgehub.websocket.keyfile=${world.folder}/no/key.pem`,
    `edgehub.http-server=127.0.0.1:${cloud.port}`,
    `edgehub.token=${hash}.${inToken}`,
  ));
  await node.said('"event":"cannot join"');
  const pages = await pagesOf(world);
  node.signal("SIGTERM");
  assertEquals((await node.status).code, 0);
  assertMatch(pages.join(), /refused the join token: 401 Bearer/);
  assertNowhere([inToken], [...node.lines, ...pages]);
});

/** Modes of everything below a folder, by path. */
function modesBelow(folder: string): Map<string, string> {
  const modes = new Map<string, string>();
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    const { mode } = Deno.lstatSync(path);
    modes.set(path, ((mode ?? 0) & 0o7777).toString(8));
    if (isDirectory) {
      for (const entry of modesBelow(path)) modes.set(...entry);
    }
  }
  return modes;
}

Deno.test("keys_and_tokens_private_on_disk, I4: every file of a running node with umask 0", async () => {
  await using world = await World.start();
  const { hub } = world;
  const sets = world.sets("store.snapshot=1");
  const check = (): string[] => {
    const names: string[] = [];
    for (const [path, mode] of modesBelow(world.folder)) {
      const name = path.slice(world.folder.length + 1);
      // A snapshot that is being made may be there or not.
      if (!name.includes(".snapshot.tmp")) names.push(name);
      const wanted = name === "store"
        ? "700"
        : name === "run"
        ? "750"
        : name === "run/edged.sock"
        ? undefined
        : "600";
      if (wanted) assertEquals([name, mode], [name, wanted]);
    }
    return names.sort();
  };
  {
    await using node = new NodeProcess(sets, { umask: "000" });
    await node.connected();
    hub.apply(podManifest("web-0"));
    await hub.synced(NODE);
    const snapshot = `${world.storePath}.snapshot`;
    await until(() => modesBelow(world.folder).has(snapshot), "a snapshot");
    assertEquals(check(), [
      "run",
      "run/admin.sock",
      "run/edged.sock",
      "store",
      "store/metamanager.db",
      "store/metamanager.db-shm",
      "store/metamanager.db-wal",
      "store/metamanager.db.lock",
      "store/metamanager.db.reserve",
      "store/metamanager.db.snapshot",
    ]);
    await node.kill();
  }
  // A damaged store is moved aside, no less private.
  const damage = new TextEncoder().encode("not a database ".repeat(400));
  await Deno.writeFile(world.storePath, damage);
  // It holds every page that was changed, and would heal the damage.
  await Deno.remove(`${world.storePath}-wal`);
  await using node = new NodeProcess(sets, { umask: "000" });
  await node.connected();
  const names = check();
  assert(names.length > 10, names.join(" "));
  const page = await askAdmin(world.adminSocket, "/status");
  const { problems } = JSON.parse(page?.text ?? "");
  assert(problems.length > 0, page?.text);
  node.signal("SIGTERM");
  assertEquals((await node.status).code, 0);
});
