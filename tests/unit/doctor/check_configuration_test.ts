import { assertEquals, assertStringIncludes } from "@std/assert";
import { loadConfig } from "../../../lib/config/mod.ts";
import { checkConfiguration } from "../../../lib/doctor/check_configuration.ts";
import { heads, Stage, texts } from "./stage.ts";

Deno.test("checkConfiguration, notes, a secret that others may read, a file that is newer than the node", async () => {
  await using stage = await Stage.make();
  const file = stage.write("edge.yaml", "log: { level: info }\n", 0o644);
  const load = async () =>
    await loadConfig({ file, hostname: () => "h", env: () => undefined });
  const plain = await load();
  const facts = { file, config: plain.config, notes: [] };
  assertEquals(heads(checkConfiguration(facts)), ["ok configuration"]);
  assertEquals(
    heads(checkConfiguration({ ...facts, file: undefined, notes: ["x"] })),
    ["ok configuration", "warn configuration"],
  );
  stage.write("edge.yaml", 'edgehub: { proxy: "http://u:pw@p:1" }\n', 0o644);
  const found = checkConfiguration({ ...facts, config: (await load()).config });
  assertEquals(heads(found), ["ok configuration", "warn configuration"]);
  assertStringIncludes(texts(found), `mode 0644, and a secret`);
  assertStringIncludes(texts(found), `chmod 600 ${file}`);
  const changedMs = Deno.statSync(file).mtime?.getTime() ?? 0;
  const at = (startedMs: number) =>
    heads(checkConfiguration({ ...facts, startedMs }));
  assertEquals(at(changedMs + 1), ["ok configuration"]);
  assertEquals(at(changedMs - 1), ["ok configuration", "warn configuration"]);
});
