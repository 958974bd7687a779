import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Message, newMessage } from "../../lib/message/mod.ts";
import { until } from "../support/edged_harness.ts";
import { type Door, firstLine } from "../support/hostile_agent.ts";
import { HostileScene } from "../support/hostile_scene.ts";
import { RawSocket } from "../support/hostile_socket.ts";
import { nextId, TEST_STAMP } from "../support/messages.ts";
import { configManifest } from "../support/node_world.ts";

const EVIL = {
  kind: "Secret",
  metadata: { name: "s", namespace: "default", uid: "u", resourceVersion: "9" },
  data: { password: "evil" },
};

Deno.test("hostile neighbour: no response of an agent writes an object, whatever it claims to answer", async () => {
  await using scene = await HostileScene.start();
  const { world, node } = scene;
  world.hub.apply(configManifest("c", "good"));
  await scene.agent.query("default/configmap/c");
  await using evil = await RawSocket.attach({ path: world.socket }, "evil");
  // The cloud does not answer, so the question stays open.
  world.hub.faults.ignoreAcks = true;
  world.hub.faults.loseDownstream = true;
  const question = evilMessage("query", "default/secret/s", null);
  evil.send(question);
  await until(async () => (await node.status()).requests > 0, "it is asked");
  const upstream = world.hub.frames.entries.find(({ from, message }) =>
    from === "edge" && message?.route.resource === "default/secret/s"
  )?.message;
  const parents = [question.header.msg_id, upstream?.header.msg_id ?? "", "x"];
  for (const resource of ["default/secret/s", "default/configmap/c"]) {
    for (const parent of parents) {
      for (const source of ["edged", "edgecontroller", "dynamiccontroller"]) {
        const { header, route } = evilMessage("response", resource, EVIL);
        evil.send({
          header: { ...header, parent_msg_id: parent },
          route: { ...route, source, group: "resource" },
          content: EVIL,
        });
      }
    }
  }
  // What the agent says last is processed last.
  const last = evilMessage("query", "default/configmap/none", null);
  evil.send(last);
  await until(
    () =>
      evil.received.some((m) => m.header.parent_msg_id === last.header.msg_id),
    "all of it was processed",
    60_000,
  );
  world.hub.faults.loseDownstream = false;
  world.hub.faults.ignoreAcks = false;
  const [config] = await scene.agent.query("default/configmap/c") as [
    { data: unknown },
  ];
  assertEquals(config.data, { value: "good" });
  const { store } = await node.status();
  assertEquals(store?.objects["secret"], undefined);
  await scene.converged();
});

function evilMessage(
  operation: string,
  resource: string,
  content: unknown,
): Message {
  return newMessage({ ...TEST_STAMP, newId: nextId }, {
    source: "edged",
    group: "meta",
    operation,
    resource,
    content,
  });
}

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

function upgrade(path: string, ...fields: string[]): string {
  return [
    `GET ${path} HTTP/1.1`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${KEY}`,
    "Sec-WebSocket-Version: 13",
    ...fields,
    "\r\n",
  ].join("\r\n");
}

Deno.test("hostile neighbour: a web page gets nowhere, by TCP, WebSocket, or DNS rebinding", async () => {
  const token = "word-of-the-agents";
  const port = freePort();
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/token`, token, { mode: 0o600 });
  await using scene = await HostileScene.start({
    sets: [
      `edged.listen=127.0.0.1:${port}`,
      `edged.token-file=${folder}/token`,
    ],
  });
  const { node, world } = scene;
  const tcp = { port }, unix = { path: world.socket };
  const bearer = `Authorization: Bearer ${token}`;
  const path = "/attach/page";
  const cases: [Door, string, RegExp][] = [
    // With all it could steal: the token does not help a page.
    [
      tcp,
      upgrade(path, "Host: 127.0.0.1", bearer, "Origin: https://evil.example"),
      /403/,
    ],
    [tcp, upgrade(path, "Host: 127.0.0.1", bearer, "Origin: null"), /403/],
    [
      tcp,
      upgrade(path, "Host: 127.0.0.1", bearer, "Origin: http://localhost"),
      /403/,
    ],
    [tcp, upgrade(path, "Host: evil.example", bearer), /403/],
    [tcp, upgrade(path, `Host: localhost.evil.example:${port}`, bearer), /403/],
    [tcp, upgrade(path, `Host: 127.0.0.1:${port}`), /401/],
    [tcp, upgrade(path, "Host: localhost", "Authorization: Bearer no"), /401/],
    [tcp, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", /40[0-9]/],
    [
      tcp,
      "POST /attach/page HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
      /40[0-9]/,
    ],
    [
      unix,
      upgrade(path, "Host: localhost", "Origin: https://evil.example"),
      /403/,
    ],
    [unix, upgrade(path, "Host: evil.example"), /403/],
  ];
  for (const [door, request, status] of cases) {
    assertMatch(await firstLine(door, request), status, request);
  }
  const admin = { path: world.adminSocket };
  const ask = (method: string, ...fields: string[]) =>
    firstLine(
      admin,
      [`${method} /reconnect HTTP/1.1`, ...fields, "Content-Length: 0", "\r\n"]
        .join("\r\n"),
    );
  assertStringIncludes(
    await ask("POST", "Host: localhost", "Origin: https://evil.example"),
    "403",
  );
  assertStringIncludes(await ask("POST", "Host: evil.example"), "403");
  assertEquals((await node.status()).agents, ["edged"]);
  assertEquals(node.process.output.includes('"module":"page"'), false);
  await scene.converged();
  await Deno.remove(folder, { recursive: true });
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
