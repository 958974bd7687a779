import { assertEquals } from "@std/assert";
import { withSecretData } from "../../../lib/dev/secret_data.ts";

const metadata = { name: "a" };

Deno.test("withSecretData, a node gets stringData in base64, as from a cluster", () => {
  const secret = {
    kind: "Secret",
    metadata,
    data: { a: "b2xk", b: "Yg==" },
    stringData: { a: "pä" },
  };
  assertEquals(withSecretData(secret), {
    kind: "Secret",
    metadata,
    data: { a: "cMOk", b: "Yg==" },
  });
  const { data: _data, ...bare } = secret;
  assertEquals(withSecretData(bare).data, { a: "cMOk" });
});

Deno.test("withSecretData, what has none stays as it is", () => {
  const secret = { kind: "Secret", metadata, data: { a: "YQ==" } };
  assertEquals(withSecretData(secret), secret);
  const other = { kind: "Widget", metadata, stringData: { a: "a" } };
  assertEquals(withSecretData(other), other);
});
