import { assertEquals } from "@std/assert";
import { typesOf } from "../../../../lib/cli/get/resource_types.ts";

const STORED = [
  "application",
  "ca.crt",
  "configmap",
  "endpoints",
  "leases",
  "pod",
  "podstatus",
  "serviceaccountaccess",
];

Deno.test("typesOf, short names, plurals, groups, any case", () => {
  const cases: readonly (readonly [string, readonly string[] | undefined])[] = [
    ["po", ["pod"]],
    ["pods", ["pod"]],
    ["Pod", ["pod"]],
    ["cm", ["configmap"]],
    ["configmaps", ["configmap"]],
    ["podstatus", ["podstatus"]],
    ["podstatuses", ["podstatus"]],
    ["ep", ["endpoints"]],
    ["endpoint", ["endpoints"]],
    // Stored in the plural, by DynamicController.
    ["lease", ["leases"]],
    ["applications", ["application"]],
    ["applications.apps.kubeedge.io", ["application"]],
    ["ca.crt", ["ca.crt"]],
    ["serviceaccountaccesses", ["serviceaccountaccess"]],
    // Known, and none is stored.
    ["svc", ["service"]],
    ["networkpolicies", ["networkpolicy"]],
    ["secrets", ["secret"]],
    ["nothing", undefined],
    ["", undefined],
  ];
  for (const [word, types] of cases) {
    assertEquals(typesOf(word, STORED), types, word);
  }
});

Deno.test("typesOf, all is every stored type; a status stands with its pod", () => {
  assertEquals(
    typesOf("all", STORED),
    STORED.filter((type) => type !== "podstatus"),
  );
  assertEquals(typesOf("all", []), []);
});
