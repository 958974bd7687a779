import { assert, assertEquals } from "@std/assert";
import { isNewer, ObjectSyncs } from "../../../lib/dev/object_syncs.ts";

const SYNC = { namespace: "default", type: "pod", name: "a", version: "1" };

Deno.test("ObjectSyncs, one note per node and uid", () => {
  const syncs = new ObjectSyncs();
  syncs.set("n", { ...SYNC, uid: "1" });
  syncs.set("n", { ...SYNC, uid: "2" });
  syncs.set("n", { ...SYNC, uid: "1", version: "2" });
  syncs.set("m", { ...SYNC, uid: "1" });
  assertEquals(syncs.get("n", "1")?.version, "2");
  syncs.delete("n", "2");
  syncs.delete("x", "2");
  assertEquals(syncs.of("n").map(({ uid }) => uid), ["1"]);
  syncs.deleteNode("n");
  assertEquals([syncs.of("n"), syncs.of("m").length], [[], 1]);
});

Deno.test("isNewer, compares as unsigned integers", () => {
  assert(isNewer("10", "9"));
  assert(isNewer("18446744073709551615", "18446744073709551614"));
  assert(isNewer("1", ""));
  assert(!isNewer("9", "9") && !isNewer("", "0"));
});
