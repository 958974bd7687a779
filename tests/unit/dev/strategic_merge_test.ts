import { assertEquals } from "@std/assert";
import { strategicMerge } from "../../../lib/dev/strategic_merge.ts";

Deno.test("strategicMerge, merges objects, replaces scalars, null removes", () => {
  const old = { a: { b: 1, c: 2 }, d: 1, e: 1 };
  assertEquals(strategicMerge(old, { a: { b: 9 }, d: null, f: { g: 1 } }), {
    a: { b: 9, c: 2 },
    e: 1,
    f: { g: 1 },
  });
  assertEquals(old, { a: { b: 1, c: 2 }, d: 1, e: 1 });
});

Deno.test("strategicMerge, lists with a merge key by it, others whole", () => {
  const old = {
    conditions: [{ type: "A", status: "x" }, { type: "B", status: "x" }],
    list: [1, 2],
  };
  assertEquals(
    strategicMerge(old, {
      conditions: [{ type: "B", status: "y" }, { type: "C" }],
      list: [3],
    }),
    {
      conditions: [{ type: "A", status: "x" }, { type: "B", status: "y" }, {
        type: "C",
      }],
      list: [3],
    },
  );
});

Deno.test("strategicMerge, obeys its directives", () => {
  const old = {
    conditions: [{ type: "A", s: 1 }, { type: "B", s: 1 }],
    map: { a: 1 },
  };
  const merged = (patch: Record<string, unknown>) => strategicMerge(old, patch);
  assertEquals(
    merged({ conditions: [{ type: "A", $patch: "delete" }] }).conditions,
    [{ type: "B", s: 1 }],
  );
  assertEquals(
    merged({ conditions: [{ $patch: "replace" }, { type: "Z" }] }).conditions,
    [{ type: "Z" }],
  );
  assertEquals(merged({ map: { $patch: "replace", b: 2 } }).map, { b: 2 });
  assertEquals(
    merged({
      conditions: [{ type: "C" }],
      "$setElementOrder/conditions": [{ type: "C" }, { type: "B" }],
    }).conditions,
    [{ type: "C" }, { type: "B", s: 1 }, { type: "A", s: 1 }],
  );
  assertEquals(
    merged({ conditions: [{ type: "X", $patch: "delete" }] }).conditions,
    old.conditions,
  );
  assertEquals(strategicMerge({}, { conditions: [{ type: "A" }] }), {
    conditions: [{ type: "A" }],
  });
});
