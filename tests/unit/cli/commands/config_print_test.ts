import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../../../lib/cli/mod.ts";
import { FakeIo } from "../fake_io.ts";

const FILE = new URL("../../../../conf/edge.yaml", import.meta.url).pathname;

async function print(...args: string[]) {
  const io = new FakeIo();
  const code = await main(["config", "print", ...args], io);
  return { code, ...io };
}

Deno.test("config print, says what counts and where it comes from", async () => {
  const { code, out } = await print("-c", FILE, "--set", "log.level=debug");
  assertEquals(code, 0);
  assertStringIncludes(out, "  level: debug");
  assertStringIncludes(out, "# --set");
  assertStringIncludes(out, `# ${FILE}:`);
});

Deno.test("config print, JSON carries value and source by key", async () => {
  const { out } = await print("-o", "json", "--set", "store.snapshot=1h");
  const keys = JSON.parse(out);
  assertEquals(keys["store.snapshot"], {
    value: 3600,
    source: "--set",
    live: "at-once",
  });
  assertEquals(keys["edgehub.controller.node-id"], {
    value: "host",
    source: "host name",
    live: "restart",
  });
});

Deno.test("config print, --default is the commented file", async () => {
  const { code, out } = await print("--default");
  assertEquals(code, 0);
  assertEquals(out, await Deno.readTextFile(FILE));
});

Deno.test("config print, refuses an unknown shape", async () => {
  const { code, err } = await print("-o", "xml");
  assertEquals(code, 2);
  assertStringIncludes(err, "Option --output expects yaml or json, got: xml");
});
