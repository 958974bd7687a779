import { assertEquals } from "@std/assert";
import { parseResource } from "../../../lib/message/mod.ts";
import { tokenKey } from "../../../lib/operations/keys.ts";
import { tokenQuestionOf } from "../../../lib/operations/token_request.ts";

const resource = parseResource("prod/serviceaccounttoken/default");

Deno.test("tokenQuestionOf, reads back every request that made a key", () => {
  const boundObjectRef = {
    kind: "Pod",
    apiVersion: "v1",
    name: "web-0",
    uid: "u",
  };
  for (
    const spec of [
      { audiences: ["a", 'b"}, {'], expirationSeconds: 3607, boundObjectRef },
      { audiences: [], expirationSeconds: 600, boundObjectRef },
      { audiences: null },
      { audiences: null, boundObjectRef },
    ]
  ) {
    const key = tokenKey(resource!, { spec });
    const question = tokenQuestionOf(key);
    assertEquals(question?.content.spec, spec);
    assertEquals(question?.resource.resKey, resource!.resKey);
    assertEquals(question?.pod, "boundObjectRef" in spec ? "web-0" : "");
  }
});

Deno.test("tokenQuestionOf, leaves keys alone that it cannot make again", () => {
  const key = tokenKey(resource!, { spec: { audiences: ["a"] } });
  for (
    const other of [
      "",
      "default/pod/a",
      `${key}x`,
      key.replace('"a"', '"\\x41"'),
      key.replace('"prod"', '""'),
    ]
  ) assertEquals(tokenQuestionOf(other), undefined, other);
});
