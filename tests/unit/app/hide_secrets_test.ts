import { assertEquals } from "@std/assert";
import { hideSecrets } from "../../../lib/app/hide_secrets.ts";

const hide = (type: string, value: unknown) =>
  JSON.parse(hideSecrets(type, JSON.stringify(value)));

Deno.test("hideSecrets, of a secret keys and sizes stay, and nothing else of its data", () => {
  const applied = "kubectl.kubernetes.io/last-applied-configuration";
  const secret = {
    kind: "Secret",
    metadata: {
      name: "pw",
      annotations: { [applied]: '{"data":{"a":"c2VjcmV0"}}', other: "x" },
    },
    type: "Opaque",
    data: { a: "c2VjcmV0", b: "YQ==", empty: "", odd: 5 },
    stringData: { c: "é" },
  };
  assertEquals(hide("secret", secret), {
    kind: "Secret",
    metadata: {
      name: "pw",
      annotations: { [applied]: "<hidden, 25 bytes>", other: "x" },
    },
    type: "Opaque",
    data: {
      a: "<hidden, 6 bytes>",
      b: "<hidden, 1 bytes>",
      empty: "<hidden, 0 bytes>",
      odd: "<hidden, 0 bytes>",
    },
    stringData: { c: "<hidden, 2 bytes>" },
  });
});

Deno.test("hideSecrets, also without a kind, in lists, within other objects, and of odd shapes", () => {
  const data = { a: "c2VjcmV0" };
  const hidden = { a: "<hidden, 6 bytes>" };
  assertEquals(hide("secret", { data }), { data: hidden });
  assertEquals(hide("secret", [{ data }]), [{ data: hidden }]);
  assertEquals(hide("secret", { items: [{ data }] }), {
    items: [{ data: hidden }],
  });
  assertEquals(hide("list", { kind: "SecretList", items: [{ data }] }).items, [
    { data: hidden },
  ]);
  const inner = { kind: "Secret", data };
  const list = { kind: "List", items: [inner] };
  assertEquals(hide("list", list), {
    kind: "List",
    items: [{ kind: "Secret", data: hidden }],
  });
  assertEquals(hide("thing", { spec: { template: inner } }).spec.template, {
    kind: "Secret",
    data: hidden,
  });
  assertEquals(hide("secret", { data: null }), { data: null });
  assertEquals(hide("secret", { data: ["x"] }), { data: "<hidden, 5 bytes>" });
  assertEquals(hide("secret", "text"), "<hidden, 4 bytes>");
  assertEquals(hideSecrets("secret", "no json"), "<hidden, 7 bytes>");
  assertEquals(hideSecrets("thing", '"kind":"Secret" no json').length, 23);
});

Deno.test("hideSecrets, the token of a token request, and no more of it", () => {
  const expirationTimestamp = "2026-01-01T00:00:00Z";
  const request = {
    spec: { audiences: ["a"] },
    status: { token: "eyJ", expirationTimestamp },
  };
  assertEquals(hide("serviceaccounttoken", request), {
    spec: { audiences: ["a"] },
    status: { token: "<hidden, 3 bytes>", expirationTimestamp },
  });
  assertEquals(hide("serviceaccounttoken", { spec: {} }), { spec: {} });
  assertEquals(hide("serviceaccounttoken", "eyJ"), "<hidden, 3 bytes>");
});

Deno.test("hideSecrets, other objects stay as they are, to the letter", () => {
  const text = '{ "data":  {"a": "b"}, "n": 12345678901234567890 }';
  assertEquals(hideSecrets("configmap", text), text);
});
