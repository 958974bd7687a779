import { assert, assertEquals } from "@std/assert";
import { settings } from "../../../lib/config/mod.ts";

Deno.test("settings, all keys, with the values of those that have few", () => {
  const all = settings();
  const valuesOf = (key: string) => all.find((one) => one.key === key)?.values;
  assertEquals(valuesOf("log.format"), ["human", "json"]);
  assertEquals(valuesOf("edgehub.rotate-certificates"), ["true", "false"]);
  assertEquals(valuesOf("store.path"), []);
  assert(all.every(({ doc }) => doc));
});
