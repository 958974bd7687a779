import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  liveProxy,
  liveRate,
  liveRemoteTypes,
  liveServer,
} from "../../../lib/app/live_config.ts";
import { type Config, loadConfig } from "../../../lib/config/mod.ts";
import { TokenBucket } from "../../../lib/edgehub/token_bucket.ts";
import { proxyFor } from "../../../lib/tunnel/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

/** A configuration that can change. */
async function changing(...sets: string[]) {
  const load = async (words: readonly string[]): Promise<Config> =>
    (await loadConfig({
      sets: ["edgehub.websocket.url=ws://cloud:1", ...words],
      hostname: () => "host",
    })).config;
  let config = await load(sets);
  return {
    live: () => config,
    change: async (...words: string[]) => {
      config = await load(words);
    },
  };
}

Deno.test("liveProxy, comes and goes with the configuration", async () => {
  const { live, change } = await changing();
  const proxy = liveProxy(live);
  const target = { host: "cloud", port: 1 };
  assertEquals(proxyFor(target, proxy), undefined);
  await change("edgehub.proxy=http://p:3128", "edgehub.proxy-cafile=/ca");
  assertEquals(proxyFor(target, proxy)?.host, "p:3128");
  assertEquals(proxy.caFile, "/ca");
  await change("edgehub.proxy=http://p:3128", "edgehub.no-proxy=[cloud]");
  assertEquals(proxyFor(target, proxy), undefined);
  await change("edgehub.proxy=none");
  assertEquals(proxyFor(target, proxy), undefined);
});

Deno.test("liveServer, is that of the moment", async () => {
  const { live, change } = await changing();
  const server = liveServer(live);
  assertEquals({ ...server }, { host: "cloud", port: 10002 });
  await change("edgehub.http-server=other:7");
  assertEquals([server.host, server.port], ["other", 7]);
});

Deno.test("liveRate, a bucket goes by the rate of the moment", async () => {
  const { live, change } = await changing(
    "edgehub.message-qps=1",
    "edgehub.message-burst=1",
  );
  const clock = new VirtualClock();
  const bucket = new TokenBucket(clock, liveRate(live));
  assert(bucket.take());
  assertEquals(bucket.waitMs, 1000);
  await change("edgehub.message-qps=10", "edgehub.message-burst=3");
  assertEquals(bucket.waitMs, 100);
  await clock.advance(1000);
  assertEquals([1, 2, 3, 4].map(() => bucket.take()), [
    true,
    true,
    true,
    false,
  ]);
  await change("edgehub.message-qps=0");
  assert(bucket.take());
});

Deno.test("liveRemoteTypes, is one set for each configuration", async () => {
  const { live, change } = await changing();
  const types = liveRemoteTypes(live);
  assert(types().has("lease"));
  assertStrictEquals(types(), types());
  await change("meta.query.remote-types=[configmap]");
  assertEquals([...types()], ["configmap"]);
});
