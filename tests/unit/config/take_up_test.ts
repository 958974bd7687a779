import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  loadConfig,
  type LoadedConfig,
  takeUp,
} from "../../../lib/config/mod.ts";

const NO_ENV = () => undefined;
const CLOUD = ["edgehub.websocket.url=ws://a:1"];

function load(...sets: string[]): Promise<LoadedConfig> {
  return loadConfig({ sets, hostname: () => "host" });
}

/** Keys and when they count. */
function summary({ changes }: ReturnType<typeof takeUp>): string[] {
  return changes.map(({ key, live }) => `${key} ${live}`);
}

Deno.test("takeUp, equal configurations change nothing, however they are written", async () => {
  const running = await load(...CLOUD, "store.snapshot=24h");
  const next = await load(...CLOUD);
  assertEquals(takeUp(running, next, NO_ENV).changes, []);
});

Deno.test("takeUp, what is live counts, and what is not stays as it was", async () => {
  const running = await load(...CLOUD);
  const next = await load(
    ...CLOUD,
    "log.level=debug",
    "edgehub.message-size=1MiB",
    "store.path=/elsewhere.db",
  );
  const { loaded, changes } = takeUp(running, next, NO_ENV);
  assertEquals(changes, [
    {
      key: "edgehub.message-size",
      from: "32MiB",
      to: "1MiB",
      live: "redial",
    },
    {
      key: "store.path",
      from: "/var/lib/metamanager/metamanager.db",
      to: "/elsewhere.db",
      live: "restart",
    },
    { key: "log.level", from: "info", to: "debug", live: "at-once" },
  ]);
  assertEquals(loaded.config.log.level, "debug");
  assertEquals(loaded.config.edgehub.messageBytesMax, 1 << 20);
  assertEquals(loaded.config.store, running.config.store);
  // The next time only what has not been taken up is told.
  assertEquals(summary(takeUp(loaded, next, NO_ENV)), ["store.path restart"]);
  // And back again.
  const back = takeUp(loaded, running, NO_ENV);
  assertEquals(back.loaded.config, running.config);
});

Deno.test("takeUp, another address brings its path and its certificate server", async () => {
  const running = await load(...CLOUD, "edgehub.controller.node-id=edge-1");
  const next = await load(
    "edgehub.websocket.url=ws://b:1",
    "edgehub.controller.node-id=edge-1",
  );
  const { loaded } = takeUp(running, next, NO_ENV);
  assertStrictEquals(
    loaded.config.edgehub.websocket.url,
    next.config.edgehub.websocket.url,
  );
  assertEquals(loaded.config.edgehub.httpServer, "b:10002");
});

Deno.test("takeUp, a host that was renamed keeps its node's name", async () => {
  const running = await load(...CLOUD);
  const next = await loadConfig({
    sets: ["edgehub.websocket.url=ws://b:1"],
    hostname: () => "renamed",
  });
  const { loaded } = takeUp(running, next, NO_ENV);
  assertEquals(loaded.config.edgehub.controller.nodeId, "host");
});

Deno.test("takeUp, an address that needs what cannot change waits for the restart with it", async () => {
  const cases = [
    // Another node's name in the path.
    ["edgehub.websocket.url=ws://a:1/p/other/events"],
    // From plain to TLS: an authority is needed, and there is no trust yet.
    ["edgehub.websocket.url=wss://a:1", "edgehub.websocket.cafile=/ca"],
    // No cloud any more.
    [],
  ];
  const running = await load(...CLOUD);
  for (const sets of cases) {
    const next = await load(
      ...sets,
      "log.level=debug",
      "edgehub.message-qps=5",
    );
    const { loaded, changes } = takeUp(running, next, NO_ENV);
    const byKey = new Map(changes.map(({ key, live }) => [key, live]));
    assertEquals(byKey.get("edgehub.websocket.url"), "restart");
    assertEquals(byKey.get("log.level"), "at-once");
    assertEquals(
      loaded.config.edgehub.websocket,
      running.config.edgehub.websocket,
    );
    assertEquals(loaded.config.edgehub.rate.perSecond, 5);
  }
  // A standalone node that gets a cloud.
  const alone = await load();
  const { changes } = takeUp(alone, running, NO_ENV);
  assertEquals(changes.map(({ live }) => live), ["restart"]);
});

Deno.test("takeUp, secrets are compared and not told, and a used token is no change", async () => {
  const token = `${"a".repeat(64)}.a.b.c`;
  const running = await load(...CLOUD, "edgehub.proxy=http://u:one@p:1");
  const next = await load(...CLOUD, "edgehub.proxy=http://u:two@p:1");
  const { loaded, changes } = takeUp(running, next, NO_ENV);
  assertEquals(changes, [
    { key: "edgehub.proxy", from: "", to: "", live: "redial" },
  ]);
  assertEquals(loaded.config.edgehub.proxy.url, "http://u:two@p:1");
  const joined = await load(...CLOUD);
  const joining = await load(...CLOUD, `edgehub.token=${token}`);
  assertEquals(takeUp(joining, joined, NO_ENV).changes, []);
  assertEquals(summary(takeUp(joined, joining, NO_ENV)), [
    "edgehub.token restart",
  ]);
});

Deno.test("takeUp, bounds that are right only together are taken up together", async () => {
  const running = await load(...CLOUD);
  const both = await load(
    ...CLOUD,
    "edgehub.reconnect.base=100s",
    "edgehub.reconnect.cap=200s",
  );
  const { loaded } = takeUp(running, both, NO_ENV);
  assertEquals(loaded.config.edgehub.reconnect, {
    baseMs: 100_000,
    capMs: 200_000,
  });
});
