import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Connection } from "../../../lib/store/driver.ts";
import { fill, overwrite, PAGE_BYTES } from "./damage.ts";
import { commit, Place, pod } from "./support.ts";

Deno.test("bad_row_is_skipped_and_named, a scrub names rows that are not true", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 25);
  const db = new Connection(place.path);
  db.run("UPDATE meta SET value = '{\"i\":' WHERE key = 'default/pod/11'");
  db.run(
    "UPDATE meta SET sum = NULL, value = '{' WHERE key = 'default/pod/12'",
  );
  db.run(
    "UPDATE meta SET sum = NULL, value = '{}' WHERE key = 'default/pod/13'",
  );
  db.run(
    "UPDATE meta SET sum = NULL, value = 'x' WHERE key = 'default/pod/14'",
  );
  db.close();
  const bad: { key: string; reason: string }[] = [];
  let steps = 0;
  for (let from: string | undefined = ""; from !== undefined; steps++) {
    const step = store.scrubStep(from, 10);
    bad.push(...step.bad);
    from = step.next;
  }
  assertEquals(steps, 3);
  assertEquals(bad.map((row) => row.key), ["default/pod/11", "default/pod/12"]);
  assertEquals(bad[0]?.reason, "checksum differs");
});

Deno.test("bad_row_is_skipped_and_named, a scrub goes on over a damaged page", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 60);
  store.close();
  const size = Deno.statSync(place.path).size;
  overwrite(place.path, size - PAGE_BYTES, new Uint8Array(PAGE_BYTES).fill(7));
  const running = place.open();
  const { bad, next } = running.scrubStep("", 100);
  assertEquals(next, undefined);
  assert(bad.length > 0);
  assertStringIncludes(bad[0]?.reason ?? "", "malformed");
  commit(running, (tx) => tx.put(pod("new")));
  assertEquals(running.scrubStep("", 100).bad, []);
});
