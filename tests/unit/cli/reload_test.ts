import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ActionError } from "../../../lib/admin/mod.ts";
import { Reloader } from "../../../lib/cli/reload.ts";
import { type Config, loadConfig } from "../../../lib/config/mod.ts";

/** A reloader over a list of words, with what it did. */
async function stage() {
  const world = {
    sets: ["edgehub.websocket.url=ws://a:1"],
    did: [] as string[],
    logged: [] as string[],
    config: undefined as Config | undefined,
  };
  const load = () =>
    loadConfig({ sets: [...world.sets], hostname: () => "host" });
  const serving = Promise.withResolvers<void>();
  const log = (event: string, fields?: Readonly<Record<string, unknown>>) =>
    void world.logged.push(`${event} ${Object.values(fields ?? {}).join("|")}`);
  const reloader = new Reloader(await load(), {
    load,
    env: () => undefined,
    reconfigure: (config, redial) => {
      world.config = config;
      world.did.push(redial ? "redial" : "apply");
    },
    manager: {
      reloading: () => Promise.resolve(void world.did.push("reloading")),
      ready: () => Promise.resolve(void world.did.push("ready")),
    },
    serving: serving.promise,
    log: { info: log, warn: log, error: log },
  });
  return { world, reloader, serving };
}

Deno.test("Reloader, waits until the node serves, then has it go by what has changed", async () => {
  const { world, reloader, serving } = await stage();
  world.sets.push("log.level=debug", "store.path=/x.db");
  const report = reloader.reload();
  await Promise.resolve();
  assertEquals(world.did, []);
  serving.resolve();
  const { applied, needsRestart } = await report;
  assertEquals(applied.map(({ key }) => key), ["log.level"]);
  assertEquals(needsRestart.map(({ key }) => key), ["store.path"]);
  assertEquals(world.did, ["reloading", "apply", "ready"]);
  assertEquals(world.config?.log.level, "debug");
  assertEquals(
    world.logged.at(-1),
    "configuration reloaded log.level|store.path",
  );
  world.sets[0] = "edgehub.websocket.url=ws://b:1";
  await reloader.reload();
  assertEquals(world.did.slice(3), ["reloading", "redial", "ready"]);
});

Deno.test("Reloader, nothing that can be applied leaves the node alone", async () => {
  const { world, reloader, serving } = await stage();
  serving.resolve();
  world.sets.push("store.path=/x.db");
  await reloader.reload();
  assertEquals(world.did, ["reloading", "ready"]);
});

Deno.test("Reloader, a mistake changes nothing, is told, and the next try works", async () => {
  const { world, reloader, serving } = await stage();
  serving.resolve();
  world.sets.push("log.level=loud");
  const error = await assertRejects(() => reloader.reload(), ActionError);
  assertEquals(error.status, 409);
  assertStringIncludes(error.message, "the old one counts");
  assertStringIncludes(error.message, "log.level");
  assertEquals(world.did, ["reloading", "ready"]);
  assertStringIncludes(world.logged.at(-1) ?? "", "configuration not reloaded");
  await reloader.onSignal();
  assertEquals(world.logged.length, 2);
  world.sets[1] = "log.level=warn";
  await reloader.onSignal();
  assertEquals(world.config?.log.level, "warn");
});
