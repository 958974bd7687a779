import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ConfigError, loadConfig } from "../../../lib/config/mod.ts";

function load(...sets: string[]) {
  return loadConfig({
    sets: ["edgehub.websocket.cafile=/ca", ...sets],
    hostname: () => "host",
  });
}

const PROJECT = "e632aba927ea4ac2b575ec1603d56f10";

Deno.test("complete, the address gets its path from project and node", async () => {
  for (const path of ["", "/"]) {
    const { config } = await load(
      `edgehub.websocket.url=wss://cloud:10000${path}`,
      "edgehub.controller.node-id=edge-1",
    );
    assertEquals(
      config.edgehub.websocket.url,
      `wss://cloud:10000/${PROJECT}/edge-1/events`,
    );
  }
});

Deno.test("complete, project and node come from the path if not given", async () => {
  const { config, sources } = await load(
    "edgehub.websocket.url=wss://cloud:10000/p1/n1/events",
  );
  assertEquals(config.edgehub.controller.projectId, "p1");
  assertEquals(config.edgehub.controller.nodeId, "n1");
  assertEquals(
    sources["edgehub.controller.node-id"],
    "edgehub.websocket.url",
  );
});

Deno.test("complete, a path that contradicts the node's name is refused", async () => {
  const error = await assertRejects(() =>
    load(
      "edgehub.websocket.url=wss://cloud/p1/n1/events",
      "edgehub.controller.node-id=n2",
    ), ConfigError);
  assertStringIncludes(
    (error as Error).message,
    '--set: edgehub.controller.node-id: expected n1 as in the path of edgehub.websocket.url, got "n2"',
  );
});

Deno.test("complete, another path and a query are left as they are", async () => {
  const { config } = await load(
    "edgehub.websocket.url=wss://cloud/custom?zone=a",
    "edgehub.controller.node-id=n2",
  );
  assertEquals(config.edgehub.websocket.url, "wss://cloud/custom?zone=a");
  assertEquals(config.edgehub.controller.nodeId, "n2");
});

Deno.test("complete, addresses that are none are refused", async () => {
  for (
    const url of [
      "cloud:10000",
      "http://cloud",
      "wss://",
      "wss://u:p@cloud",
      "wss://cloud/#a",
      "10",
    ]
  ) {
    await assertRejects(
      () => load(`edgehub.websocket.url=${url}`),
      ConfigError,
      "expected an address",
    );
  }
});

Deno.test("complete, names that cannot be in a path are refused", async () => {
  for (const name of ["a/b", "a b", "-a", "ü", "a".repeat(254)]) {
    await assertRejects(
      () => load(`edgehub.controller.node-id=${name}`),
      ConfigError,
      "expected letters, digits",
    );
  }
  await assertRejects(
    () => load("edgehub.websocket.url=wss://cloud/p%2Fq/%ZZ/events"),
    ConfigError,
    "edgehub.controller.project-id: expected letters",
  );
});

Deno.test("complete, a host name in capitals becomes a node name", async () => {
  const { config } = await loadConfig({ hostname: () => "GATEWAY" });
  assertEquals(config.edgehub.controller.nodeId, "gateway");
});

Deno.test("complete, further addresses get their path, too, and none stands twice", async () => {
  const { config } = await load(
    "edgehub.websocket.url=wss://a:10000",
    "edgehub.websocket.urls=[wss://b:10000, wss://c/p1/n1/events, wss://a:10000]",
    "edgehub.controller.node-id=n1",
  );
  assertEquals(config.edgehub.websocket.urls, [
    `wss://a:10000/${PROJECT}/n1/events`,
    `wss://b:10000/${PROJECT}/n1/events`,
    "wss://c/p1/n1/events",
  ]);
  assertEquals(
    (await load("edgehub.websocket.url=")).config.edgehub.websocket.urls,
    [],
  );
});

Deno.test("complete, further addresses that are none, or without a first, are refused", async () => {
  const refused = async (...sets: string[]) => {
    const error = await assertRejects(() => load(...sets), ConfigError);
    return (error as Error).message;
  };
  assertStringIncludes(
    await refused(
      "edgehub.websocket.url=wss://a",
      "edgehub.websocket.urls=[http://b]",
    ),
    "edgehub.websocket.urls: expected an address like wss://",
  );
  assertStringIncludes(
    await refused("edgehub.websocket.urls=[wss://b]"),
    "edgehub.websocket.url: expected the first address",
  );
});
