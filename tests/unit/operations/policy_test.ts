import { assertEquals } from "@std/assert";
import { policyFor } from "../../../lib/operations/policy.ts";

Deno.test("policyFor, a message without a row changes nothing", () => {
  const about = { source: "x", type: "pod" };
  const nothing = policyFor("error", "cloud", about);
  assertEquals(policyFor("upsert", "cloud", about), nothing);
  assertEquals(policyFor("insert", "internal", about), nothing);
  assertEquals(nothing.stored, false);
});

Deno.test("policyFor, what decides is operation, origin and type, in that order", () => {
  const table: [string, "cloud" | "edged", string, boolean][] = [
    ["insert", "cloud", "pod", true],
    ["update", "cloud", "configmap", true],
    ["delete", "cloud", "secret", true],
    ["insert", "cloud", "mystery", true],
    ["response", "cloud", "node", true],
    ["response", "cloud", "lease", false],
    ["error", "cloud", "pod", false],
    ["update", "edged", "event", false],
    ["insert", "edged", "lease", false],
    ["delete", "edged", "pod", false],
    ["query", "edged", "lease", false],
  ];
  for (const [operation, origin, type, stored] of table) {
    const source = origin === "cloud" ? "edgecontroller" : "edged";
    const policy = policyFor(operation, origin, { source, type });
    assertEquals(policy.stored, stored, `${operation} ${origin} ${type}`);
  }
});
