import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConfigError, loadConfig } from "../../../lib/config/mod.ts";

const WSS = [
  "edgehub.websocket.url=wss://cloud",
  "edgehub.websocket.cafile=/c",
];

function load(
  env: Record<string, string>,
  ...sets: string[]
): ReturnType<typeof loadConfig> {
  return loadConfig({
    sets: [...WSS, ...sets],
    hostname: () => "host",
    env: (name) => env[name],
  });
}

const LOOPBACK = ["localhost", "127.0.0.0/8", "::1"];

const NONE = { url: "", caFile: "", isUnusable: false, except: [] };

Deno.test("completeProxy, the environment's counts if none is given, with its exceptions", async () => {
  for (
    const env of [
      { HTTPS_PROXY: "http://p:1", NO_PROXY: "a, .b  10.0.0.0/8,," },
      { https_proxy: "p:1", no_proxy: "a,.b,10.0.0.0/8" },
    ]
  ) {
    const { config, sources } = await load(env as Record<string, string>);
    assertEquals(config.edgehub.proxy, {
      ...NONE,
      url: "http://p:1",
      except: ["a", ".b", "10.0.0.0/8", ...LOOPBACK],
    });
    assertEquals(sources["edgehub.proxy"], "HTTPS_PROXY");
    assertEquals(sources["edgehub.no-proxy"], "NO_PROXY");
  }
  assertEquals((await load({})).config.edgehub.proxy, NONE);
});

Deno.test("completeProxy, what is given counts before the environment", async () => {
  const env = { HTTPS_PROXY: "http://p:1", NO_PROXY: "a" };
  const given = await load(env, "edgehub.proxy=http://q:2");
  assertEquals(given.config.edgehub.proxy, {
    ...NONE,
    url: "http://q:2",
  });
  const none = await load(env, "edgehub.proxy=none");
  assertEquals(none.config.edgehub.proxy.url, "");
  const except = await load(env, "edgehub.no-proxy=[b]");
  assertEquals(except.config.edgehub.proxy, {
    ...NONE,
    url: "http://p:1",
    except: ["b"],
  });
});

Deno.test("completeProxy, HTTPS_PROXY is for links with TLS", async () => {
  const env = { HTTPS_PROXY: "http://p:1" };
  const { config } = await load(env, "edgehub.websocket.url=ws://cloud");
  assertEquals(config.edgehub.proxy.url, "");
});

Deno.test("completeProxy, HTTPS_PROXY is for joining where no link is configured", async () => {
  const { config } = await load(
    { HTTPS_PROXY: "https://p" },
    "edgehub.websocket.url=",
  );
  assertEquals(config.edgehub.proxy.url, "https://p");
});

const BAD = ["socks5://hush:1", "http://h/hush", "https://h/?hush", "http://"];

Deno.test("completeProxy, an address that is none is refused without telling it", async () => {
  for (const text of BAD) {
    const { message } = await assertRejects(
      () => load({}, `edgehub.proxy=${text}`),
      ConfigError,
    );
    assert(message.includes("edgehub.proxy: expected none or"), message);
    assert(!message.includes("hush"), message);
  }
  const bare = await load({ HTTPS_PROXY: "u:hush@p" });
  // curl takes a bare address, user and password included.
  assertEquals(bare.config.edgehub.proxy.url, "http://u:hush@p");
  const tls = await load({}, "edgehub.proxy=https://u:p@p:1");
  assertEquals(tls.config.edgehub.proxy.url, "https://u:p@p:1");
});

Deno.test("completeProxy, an unknown kind of HTTPS_PROXY stops no node, and is not passed by", async () => {
  for (const text of BAD) {
    const env = { HTTPS_PROXY: text, NO_PROXY: "a" };
    const { config, notes, effective } = await load(env);
    assertEquals(config.edgehub.proxy.isUnusable, true);
    assertEquals(config.edgehub.proxy.url, "");
    assertEquals(config.edgehub.proxy.except[0], "a");
    const told = notes.filter((note) => note.includes("HTTPS_PROXY"));
    assertEquals(told.length, 1);
    assert(!`${told}${JSON.stringify(effective())}`.includes("hush"));
    const none = await load(env, "edgehub.proxy=none");
    assertEquals(none.config.edgehub.proxy.isUnusable, false);
    assert(!none.notes.join().includes("HTTPS_PROXY"));
    const alone = await load(env, "edgehub.websocket.url=");
    assert(!alone.notes.join().includes("HTTPS_PROXY"));
  }
});

Deno.test("completeProxy, what is printed hides it", async () => {
  const { effective } = await load({ HTTPS_PROXY: "http://u:hush@p:1" });
  const entry = effective().find(({ key }) => key === "edgehub.proxy");
  assertEquals(entry?.value, "[redacted]");
  assert(!JSON.stringify(effective()).includes("hush"));
  const none = (await load({})).effective();
  assertEquals(none.find(({ key }) => key === "edgehub.proxy")?.text, '""');
});
