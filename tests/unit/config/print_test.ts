import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { loadConfig, printYaml } from "../../../lib/config/mod.ts";
import { RECORDED_TOKEN } from "../../support/enrolment_recording.ts";

const hostname = () => "host";

Deno.test("printYaml, says what counts and where it comes from", async () => {
  const { effective } = await loadConfig({
    file: "edge.yaml",
    readText: () => Promise.resolve("edgehub:\n  message-size: 65536"),
    sets: ["log.level=debug", "edged.socket=/a b"],
    hostname,
  });
  const text = printYaml(effective());
  const line = (start: string) =>
    text.split("\n").find((l) => l.trimStart().startsWith(start)) ?? "";
  assertEquals(
    line("message-size"),
    "  message-size: 64KiB".padEnd(56) + " # edge.yaml:2, live with a new dial",
  );
  assertEquals(line("level"), "  level: debug".padEnd(56) + " # --set, live");
  assertStringIncludes(line("url"), '    url: "" ');
  assertStringIncludes(line("socket"), '  socket: "/a b" ');
  assertStringIncludes(line("node-id"), "# host name");
});

Deno.test("printYaml, printed config equals the effective one", async () => {
  const first = await loadConfig({
    sets: [
      "edgehub.websocket.url=ws://cloud:1",
      "edgehub.websocket.read-deadline=1500ms",
      "store.snapshot=0",
      "edgehub.controller.node-id=yes",
      "edgehub.controller.project-id=007",
      "edged.listen=[::1]:80",
      "edged.token-file=/t: x #y",
      "meta.query.remote-types=[node, 'a, b', 'null', '1']",
    ],
    hostname,
  });
  const again = await loadConfig({
    file: "/edge.yaml",
    readText: () => Promise.resolve(printYaml(first.effective())),
    hostname,
  });
  assertEquals(again.config, first.config);
});

Deno.test("secrets_never_logged, I3: config print shows no join token and can still be used", async () => {
  const { effective } = await loadConfig({
    sets: [`edgehub.token=${RECORDED_TOKEN}`],
    hostname: () => "h",
  });
  const text = printYaml(effective());
  assert(!text.includes(RECORDED_TOKEN.slice(0, 8)));
  assertStringIncludes(text, "# --set, not shown");
  const entry = effective().find(({ key }) => key === "edgehub.token");
  assertEquals(entry?.value, "[redacted]");
  const readText = () => Promise.resolve(text);
  const again = await loadConfig({ file: "f", readText, hostname: () => "h" });
  assertEquals(again.config.edgehub.token, "");
});
