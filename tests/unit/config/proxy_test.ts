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

Deno.test("completeProxy, the environment's counts if none is given, with its exceptions", async () => {
  for (
    const env of [
      { HTTPS_PROXY: "http://p:1", NO_PROXY: "a, .b  10.0.0.0/8,," },
      { https_proxy: "p:1", no_proxy: "a,.b,10.0.0.0/8" },
    ]
  ) {
    const { config, sources } = await load(env as Record<string, string>);
    assertEquals(config.edgehub.proxy, {
      url: "http://p:1",
      except: ["a", ".b", "10.0.0.0/8", ...LOOPBACK],
    });
    assertEquals(sources["edgehub.proxy"], "HTTPS_PROXY");
    assertEquals(sources["edgehub.no-proxy"], "NO_PROXY");
  }
  assertEquals((await load({})).config.edgehub.proxy, { url: "", except: [] });
});

Deno.test("completeProxy, what is given counts before the environment", async () => {
  const env = { HTTPS_PROXY: "http://p:1", NO_PROXY: "a" };
  const given = await load(env, "edgehub.proxy=http://q:2");
  assertEquals(given.config.edgehub.proxy, { url: "http://q:2", except: [] });
  const none = await load(env, "edgehub.proxy=none");
  assertEquals(none.config.edgehub.proxy.url, "");
  const except = await load(env, "edgehub.no-proxy=[b]");
  assertEquals(except.config.edgehub.proxy, {
    url: "http://p:1",
    except: ["b"],
  });
});

Deno.test("completeProxy, HTTPS_PROXY is for links with TLS", async () => {
  const env = { HTTPS_PROXY: "http://p:1" };
  const { config } = await load(env, "edgehub.websocket.url=ws://cloud");
  assertEquals(config.edgehub.proxy.url, "");
});

Deno.test("completeProxy, an address that is none is refused without telling it", async () => {
  const bad = [
    "https://u:hush@p:1",
    "u:hush@p",
    "socks5://hush:1",
    "http://h/hush",
  ];
  for (const text of bad) {
    for (const isEnv of [true, false]) {
      const loading = isEnv
        ? load({ HTTPS_PROXY: text })
        : load({}, `edgehub.proxy=${text}`);
      if (isEnv && text === "u:hush@p") {
        // curl takes a bare address, user and password included.
        const { url } = (await loading).config.edgehub.proxy;
        assertEquals(url, "http://u:hush@p");
        continue;
      }
      const { message } = await assertRejects(() => loading, ConfigError);
      assert(message.includes("edgehub.proxy: expected none or"), message);
      assertEquals(message.includes("HTTPS_PROXY"), isEnv, message);
      assert(!message.includes("hush"), message);
    }
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
