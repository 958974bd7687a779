import { assertEquals, assertMatch } from "@std/assert";
import { main } from "../../../../lib/cli/mod.ts";
import { FakeIo } from "../fake_io.ts";

Deno.test("version, names the program and what it is built on", async () => {
  const io = new FakeIo();
  assertEquals(await main(["version", "--output", "json"], io), 0);
  const versions = JSON.parse(io.out);
  const manifest = new URL("../../../../deno.json", import.meta.url);
  const { version } = JSON.parse(await Deno.readTextFile(manifest));
  assertEquals(versions.metamanager, version);
  assertEquals(versions.deno, Deno.version.deno);
  assertEquals(versions.target, Deno.build.target);
  assertMatch(versions.sqlite, /^3\.\d+\.\d+$/);
});

Deno.test("version, text has one line each", async () => {
  const io = new FakeIo();
  assertEquals(await main(["version"], io), 0);
  assertMatch(io.out, /^metamanager +\d+\.\d+\.\d+\ndeno +\d/);
});
