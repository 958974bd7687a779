import { assert, assertEquals } from "@std/assert";
import { goDecode } from "../../../lib/dev/go_decode.ts";

Deno.test("goDecode, fills in what is missing", () => {
  const empty = goDecode(
    '{"header":{"timestamp":0},"route":{},"content":null}',
  );
  assertEquals(empty?.header.msg_id, "");
  assertEquals(empty?.route.operation, "");
  assert(goDecode("{}"));
  assertEquals(goDecode('{"content":[1],"extra":1}')?.content, [1]);
});

Deno.test("goDecode, refuses what makes CloudHub close the connection", () => {
  for (
    const text of [
      "",
      "[]",
      "7",
      '{"header":[]}',
      '{"route":"x"}',
      '{"header":{"msg_id":7}}',
      '{"header":{"timestamp":"1"}}',
      '{"header":{"timestamp":1.5}}',
      '{"route":{"operation":1}}',
    ]
  ) assertEquals(goDecode(text), undefined, text);
});
