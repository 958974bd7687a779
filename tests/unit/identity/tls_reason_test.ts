import { assert, assertEquals } from "@std/assert";
import { reasonOf } from "../../../lib/identity/tls_reason.ts";

Deno.test("reasonOf, the code stands once", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED"), {
    code: "ECONNREFUSED",
  });
  assertEquals(reasonOf(refused).text, "connect ECONNREFUSED");
  const odd = Object.assign(new Error("odd"), { code: "EODD" });
  assertEquals(reasonOf(odd).text, "odd (EODD)");
  assertEquals(reasonOf("text").text, "text");
});

Deno.test("reasonOf, what a wrong certificate says is not tried again", () => {
  const cases: readonly (readonly [string, RegExp, boolean])[] = [
    ["invalid peer certificate: UnknownIssuer", /not signed by the CA/, false],
    ["invalid peer certificate: Expired", /clock/, false],
    ['certificate not valid for name "a"', /advertiseAddress/, false],
    ["fatal alert: CertificateRequired", /join again/, false],
    ["getaddrinfo ENOTFOUND cloud", /name resolution/, true],
    ["connect ECONNREFUSED", /Nothing listens/, true],
    ["received corrupt message of type InvalidContentType", /TLS/, false],
    ["reset by peer", /can be reached/, true],
  ];
  for (const [text, hint, retryable] of cases) {
    const reason = reasonOf(new Error(text));
    assert(hint.test(reason.hint), reason.hint);
    assertEquals(reason.retryable, retryable, text);
  }
});
