import { assertEquals, assertStringIncludes } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { checkStore } from "../../../lib/doctor/check_store.ts";
import { inspectStore, openStore } from "../../../lib/store/mod.ts";
import { heads, Stage, texts } from "./stage.ts";

Deno.test("checkStore, never made, open, closed, gone, damaged, another program's", async () => {
  await using stage = await Stage.make();
  const { store: { path } } = await stage.config();
  const check = () => checkStore(path, inspectStore(path));
  assertEquals(heads(check()), ["ok store"]);
  assertStringIncludes(texts(check()), "is made when the node starts");
  const store = openStore({ path, clock: new SystemClock(), reserveBytes: 0 });
  assertStringIncludes(texts(check()), "0 objects, 0 not confirmed");
  assertStringIncludes(texts(check()), ", in use");
  store.close();
  assertStringIncludes(texts(check()), "closed in order, every page can be");
  const bytes = Deno.readFileSync(path);
  Deno.removeSync(path);
  assertEquals(heads(check()), ["warn store"]);
  assertStringIncludes(texts(check()), "is gone or empty");
  Deno.writeFileSync(path, bytes.fill(0x5a, 4096));
  assertEquals(heads(check()), ["fail store"]);
  assertStringIncludes(texts(check()), "salvages what it can");
  Deno.removeSync(`${path}.lock`);
  Deno.writeTextFileSync(path, "somebody's text");
  assertEquals(heads(check()), ["fail store"]);
  assertStringIncludes(texts(check()), "Name a path of its own");
});
