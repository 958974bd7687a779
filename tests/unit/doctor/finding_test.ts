import { assertEquals } from "@std/assert";
import { fail, ok, warn, worst } from "../../../lib/doctor/mod.ts";

Deno.test("worst, the worst of all, and ok of none", () => {
  assertEquals(worst([]), "ok");
  assertEquals(
    worst([ok("a", "x"), warn("b", "y", "z"), ok("c", "x")]),
    "warn",
  );
  assertEquals(worst([fail("a", "x", "y"), warn("b", "y", "z")]), "fail");
});
