import { assert, assertEquals } from "@std/assert";
import { admit, Operation } from "../../../lib/message/mod.ts";
import { operationFor } from "../../../lib/operations/mod.ts";
import { fromCloud } from "../../support/messages.ts";

Deno.test("operationFor, knows every operation that admit lets in", () => {
  for (const operation of Object.values(Operation)) {
    const message = fromCloud(operation, "default/pod/a", null);
    const isAdmitted = (["cloud", "edged", "internal"] as const)
      .some((origin) => admit(message, origin) === undefined);
    assertEquals(operationFor(operation) !== undefined, isAdmitted, operation);
  }
});

Deno.test("operationFor, an error is an answer and publish an old connect", () => {
  assert(operationFor("response"));
  assertEquals(operationFor("error"), operationFor("response"));
  assertEquals(operationFor("publish"), operationFor("connect"));
});

Deno.test("operationFor, names of Object's own are no operations", () => {
  for (const name of ["constructor", "__proto__", "toString", ""]) {
    assertEquals(operationFor(name), undefined);
  }
});
