import { assertEquals, assertThrows } from "@std/assert";
import { PermanentFault } from "../../../lib/message/mod.ts";
import { identityOf } from "../../../lib/operations/version.ts";
import { fromCloud, pod } from "../../support/messages.ts";

Deno.test("identityOf, reads uid, version and time of creation", () => {
  const message = fromCloud("insert", "default/pod/a", pod("a", 7));
  const identity = identityOf(message);
  assertEquals(
    [identity.uid, identity.version],
    ["uid-a", "7"],
  );
});

Deno.test("identityOf, a version that is no uint64 can never succeed", () => {
  for (const version of ["x", "-1", "1.5", "18446744073709551616"]) {
    const message = fromCloud("insert", "default/pod/a", pod("a", version));
    assertThrows(() => identityOf(message), PermanentFault);
  }
});
