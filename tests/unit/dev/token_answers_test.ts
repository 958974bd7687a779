import { assert, assertMatch } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";
import { Asker } from "./asker.ts";

Deno.test("answer, tokens of two requests differ and say whom they are for", () => {
  const asker = new Asker();
  asker.objects.apply({
    kind: "ServiceAccount",
    metadata: { name: "robot", namespace: "prod" },
  });
  const token = () => {
    const [answer] = asker.ask("query", "prod/serviceaccounttoken/robot", {
      spec: { boundObjectRef: { kind: "Pod", name: "p", uid: "u" } },
    });
    assert(isRecord(answer?.content) && isRecord(answer.content.status));
    return String(answer.content.status.token);
  };
  const first = token();
  assert(first !== token());
  const [, claims = ""] = first.split(".");
  const text = new TextDecoder().decode(
    Uint8Array.fromBase64(claims, { alphabet: "base64url" }),
  );
  assertMatch(text, /"sub":"system:serviceaccount:prod:robot"/);
  assertMatch(text, /"pod":\{"name":"p","uid":"u"\}/);
});
