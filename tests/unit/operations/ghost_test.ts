import { assertEquals } from "@std/assert";
import { errStatus } from "../../../lib/message/mod.ts";
import { fromCloud, fromEdged, pod } from "../../support/messages.ts";
import {
  effects,
  only,
  OperationBench,
} from "../../support/operation_bench.ts";

/** An agent patches the status of a pod; the cloud answers NotFound. */
function deniedPatch(bench: OperationBench, resource = "default/podpatch/a") {
  const { request } = only(
    bench.edged(fromEdged("patch", resource, "{}")),
    "ask",
  );
  const Err = errStatus("NotFound", 'pods "a" not found');
  return bench.cloud(
    fromCloud("response", resource, { Object: null, Err }, {
      parentId: request.upstream.header.msg_id,
    }),
  );
}

Deno.test("foreign_or_ghost_state_is_dropped, C12: a patch that finds no pod leads to one check", async () => {
  await using bench = await OperationBench.open();
  const status = { phase: "Running" };
  bench.cloud(fromCloud("insert", "default/pod/a", pod("a", 1, { status })));
  const check = only(deniedPatch(bench), "to-cloud").message;
  assertEquals(check.route.operation, "update");
  assertEquals(check.route.resource, "default/podstatus");
  assertEquals(check.content, [{ UID: "uid-a", Name: "a", Status: status }]);
  // What an agent reported of this very pod is newer.
  const reported = { UID: "uid-a", Name: "a", Status: { phase: "Failed" } };
  bench.edged(fromEdged("update", "default/podstatus/a", reported));
  assertEquals(only(deniedPatch(bench), "to-cloud").message.content, [
    reported,
  ]);
});

Deno.test("checkGhost, nothing is asked about what is not stored or is no pod", async () => {
  await using bench = await OperationBench.open();
  assertEquals(effects(deniedPatch(bench), "to-cloud"), []);
  bench.cloud(fromCloud("insert", "default/pod/a", pod("a", 1, { uid: "" })));
  assertEquals(effects(deniedPatch(bench), "to-cloud"), []);
  assertEquals(
    effects(deniedPatch(bench, "null/nodepatch/a"), "to-cloud"),
    [],
  );
});
