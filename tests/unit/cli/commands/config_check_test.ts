import { assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../../../lib/cli/commands.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { FakeIo } from "../fake_io.ts";

const FILE = new URL("../../../../conf/edge.yaml", import.meta.url).pathname;

Deno.test("config check, a good file is ok, with its notes", async () => {
  const io = new FakeIo();
  assertEquals(await main(["config", "check", "--config", FILE], io), 0);
  assertStringIncludes(io.out, "note: edgehub.websocket.url is empty");
  assertStringIncludes(io.out, `ok: ${FILE}\n`);
  assertEquals(io.err, "");
});

Deno.test("config check, all errors at once, one per line, exit code 2", async () => {
  const io = new FakeIo();
  const args = ["config", "check", "--set", "log.levl=1", "--set", "a=b"];
  assertEquals(await main(args, io), 2);
  assertEquals(
    io.err,
    "error: Cannot use the configuration:\n" +
      "--set: log.levl: unknown key, did you mean log.level\n" +
      "--set: a: unknown key\n",
  );
  assertEquals(io.out, "");
});

Deno.test("config check, a missing file exits 2 and is named", async () => {
  const io = new FakeIo();
  assertEquals(await main(["config", "check", "-c", "/nonexistent"], io), 2);
  assertStringIncludes(io.err, "/nonexistent: expected a readable file");
});

Deno.test("config check, its examples without a file hold", async () => {
  const command = COMMANDS.find(({ name }) => name === "config check");
  const lines = (command?.examples ?? []).map(([line]) => line)
    .filter((line) => !line.includes("/etc/"));
  assertEquals(lines.length, 1);
  for (const line of lines) {
    const io = new FakeIo();
    assertEquals(await main(line.split(" "), io), 0, io.err);
  }
});
