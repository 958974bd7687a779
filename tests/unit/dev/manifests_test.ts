import { assertEquals, assertRejects } from "@std/assert";
import { ManifestError, readManifests } from "../../../lib/dev/manifests.ts";

Deno.test("readManifests, reads documents of YAML or JSON, and the items of lists", async () => {
  const text = `---
kind: ConfigMap
metadata: { name: a }
---
# nothing but a comment
---
kind: PodList
items:
  - { kind: Pod, metadata: { name: b, namespace: shop } }
  - { kind: Pod, metadata: { name: c } }
---
{"kind": "Secret", "metadata": {"name": "d"}}
`;
  const manifests = await readManifests(text);
  assertEquals(
    manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ["ConfigMap a", "Pod b", "Pod c", "Secret d"],
  );
  assertEquals(manifests[1]?.metadata.namespace, "shop");
  assertEquals(await readManifests(""), []);
  assertEquals(await readManifests("---\n---\n"), []);
});

Deno.test("readManifests, says which document is no manifest, and why", async () => {
  for (
    const [text, part] of [
      ["kind: A\nmetadata: {name: a}\n---\nkind: [", "document 2, line 4"],
      ["- 1", "document 1, line 1: an object was expected"],
      ["metadata: {name: a}", "it has no kind"],
      ["kind: Pod", "it has no metadata"],
      ["kind: Pod\nmetadata: {}", "metadata.name must be"],
      ["kind: Pod\nmetadata: {name: A_b}", "metadata.name must be"],
      ["kind: Pod\nmetadata: {name: ../x}", "metadata.name must be"],
      ["kind: Pod\nmetadata: {name: a, namespace: 7}", "metadata.namespace"],
      ["kind: PodList\nitems: [{kind: Pod}]", "item 1: it has no metadata"],
      ["kind: A\nkind: B\nmetadata: {name: a}", "document 1, line 2"],
      ["kind: Podd\nmetadata: {name: a}", "kind is Podd, did you mean Pod"],
      [
        "apiVersion: v1\nkind: ConfgMap\nmetadata: {name: a}",
        "kind is ConfgMap, did you mean ConfigMap",
      ],
    ] as const
  ) {
    await assertRejects(() => readManifests(text), ManifestError, part);
  }
});

Deno.test("readManifests, takes kinds that it does not know", async () => {
  for (
    const text of [
      "{kind: Service, apiVersion: v1, metadata: {name: a}}",
      "{kind: Podd, apiVersion: example.org/v1, metadata: {name: a}}",
      "{kind: pods, metadata: {name: a}}",
      "{kind: Job, metadata: {name: a}}",
      "{kind: Role, metadata: {name: a}}",
    ]
  ) {
    assertEquals((await readManifests(text)).length, 1, text);
  }
});
