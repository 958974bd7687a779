import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { StoreError } from "../../../lib/store/mod.ts";
import { Connection } from "../../../lib/store/driver.ts";
import { fill, overwrite, PAGE_BYTES } from "./damage.ts";
import { Place } from "./support.ts";

Deno.test("close, a store that is broken is not closed as clean", () => {
  using place = new Place();
  const store = place.open();
  fill(store, 60);
  store.close();
  const running = place.open();
  const size = Deno.statSync(place.path).size;
  overwrite(
    place.path,
    PAGE_BYTES * 3,
    new Uint8Array(size - PAGE_BYTES * 3).fill(7),
  );
  assertThrows(() => running.list("pod"), StoreError);
  running.close();
  assertStringIncludes(Deno.readTextFileSync(`${place.path}.lock`), "open");
  assertStringIncludes(place.open().problems.join(), "was damaged");
});

Deno.test("close, what cannot be saved is logged and the lock is freed", () => {
  using place = new Place();
  const store = place.open({ busyTimeoutMs: 0 });
  fill(store, 3);
  const other = new Connection(place.path);
  other.run("BEGIN IMMEDIATE");
  store.close();
  other.close();
  assertStringIncludes(place.logged.join(), "database is locked");
  const next = place.open();
  assertEquals([next.list("pod").length, next.problems], [3, []]);
});
