import { assertEquals } from "@std/assert";
import { ResyncTally } from "../../../lib/processor/resync_report.ts";

Deno.test("ResyncTally, by uid and version: added, changed, removed, same, in neither", () => {
  const tally = new ResyncTally();
  const at = (key: string) => ({ key, type: "configmap" });
  const v1 = { uid: "a", version: "1" };
  tally.compare(at("k5"), undefined, v1);
  tally.compare(at("k4"), v1, { uid: "a", version: "2" });
  tally.compare(at("k3"), v1, { uid: "b", version: "1" });
  tally.compare(at("k2"), v1, undefined);
  tally.compare(at("k1"), v1, { ...v1 });
  tally.compare(at("k0"), undefined, undefined);
  tally.skip("secret", "why");
  tally.skip("secret", "why");
  tally.skip("pod", "why", 0);
  const { differences, ...rest } = tally.report(false);
  assertEquals(
    differences.map(({ key, kind, stored, cloud }) =>
      `${key} ${kind} ${stored} ${cloud}`
    ),
    ["k2 removed 1 ", "k3 changed 1 1", "k4 changed 1 2", "k5 added  1"],
  );
  assertEquals(rest, {
    applied: false,
    same: 1,
    absent: ["k0"],
    notCompared: [
      { type: "secret", why: "why", count: 2 },
      { type: "pod", why: "why", count: 0 },
    ],
  });
});
