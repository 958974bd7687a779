import { assertEquals } from "@std/assert";
import { fromCloud, fromEdged, object } from "../../support/messages.ts";
import { only, OperationBench } from "../../support/operation_bench.ts";

/** Types whose plurals no rule gets right, and kinds that nobody knows. */
const TYPES = [
  ["endpoints", "Endpoints"],
  ["networkpolicies", "NetworkPolicy"],
  ["ingress", "Ingress"],
  ["gateways", "Gateway"],
  ["gateway", "Gateway"],
  ["datum", "Data"],
  ["Pods", "pod"],
  ["podses", "Podses"],
  ["status", "Status"],
] as const;

Deno.test("kind_comes_from_data_not_guess, G4: a type is stored and listed as it is named", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  bench.connected = false;
  for (const [type, kind] of TYPES) {
    const key = `default/${type}/x`;
    const content = object(kind, "x", 1, { spec: { type } });
    bench.cloud(fromCloud("insert", key, content));
    const row = bench.store.get(key);
    assertEquals(row?.type, type);
    assertEquals(JSON.parse(row?.value ?? ""), content);
    const list = only(
      bench.edged(fromEdged("query", `default/${type}`)),
      "reply",
    );
    assertEquals(list.message.content, [JSON.stringify(content)]);
  }
  assertEquals(bench.store.list("pod"), []);
  assertEquals(
    TYPES.map(([type]) => bench.store.list(type).length),
    TYPES.map(() => 1),
  );
});

Deno.test("kind_comes_from_data_not_guess, G4: an object of an unknown type is given no kind", async () => {
  await using bench = await OperationBench.open();
  const { kind: _, apiVersion: __, ...bare } = object("X", "x", 1);
  bench.cloud(fromCloud("insert", "default/gadget/x", bare));
  const row = bench.store.get("default/gadget/x");
  assertEquals(JSON.parse(row?.value ?? ""), bare);
});
