import { assert, assertEquals } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";
import { Asker } from "./asker.ts";

Deno.test("answerApplication, selects by field and leaves other verbs alone", () => {
  const asker = new Asker();
  for (const [name, nodeName] of [["a", "edge-1"], ["b", "edge-2"]]) {
    asker.objects.apply({
      kind: "Pod",
      metadata: { name: String(name) },
      spec: { nodeName },
    });
  }
  const ask = (Verb: string, Key: string, option: unknown = {}) =>
    asker.ask("null", "null", {
      Key,
      Verb,
      Option: typeof option === "string"
        ? option
        : new TextEncoder().encode(JSON.stringify(option)).toBase64(),
    }, { source: "metaserver", dynamicController: true })[0]?.content;
  const names = (content: unknown) => {
    assert(isRecord(content) && typeof content.RespBody === "string");
    const list = JSON.parse(
      new TextDecoder().decode(Uint8Array.fromBase64(content.RespBody)),
    );
    return list.items.map((item: { metadata: { name: string } }) =>
      item.metadata.name
    );
  };
  const pods = "/core/v1/pods/null/null";
  assertEquals(names(ask("list", pods)), ["a", "b"]);
  assertEquals(names(ask("list", pods, "junk")), ["a", "b"]);
  for (
    const [fieldSelector, wanted] of [
      ["spec.nodeName=edge-1", ["a"]],
      ["metadata.name==b", ["b"]],
      ["metadata.namespace=default,metadata.name=a", ["a"]],
      ["status.phase=Pending", ["a", "b"]],
      ["spec.nodeName=edge-2,status.phase=Pending", ["b"]],
      ["status.phase=Running", []],
      ["spec.hostNetwork=true", []],
    ] as const
  ) assertEquals(names(ask("list", pods, { fieldSelector })), [...wanted]);
  assertEquals(names(ask("list", "/core/v1/pods/other/null")), []);
  const gone = ask("get", "/core/v1/configmaps/default/x");
  assert(isRecord(gone));
  assertEquals(gone.Status, "Rejected");
  assertEquals(ask("watch", pods), undefined);
  assertEquals(ask("get", "/version"), undefined);
  const off = { source: "metaserver" };
  assertEquals(asker.ask("null", "null", { Verb: "list", Key: pods }, off), []);
  assertEquals(
    asker.ask("null", "null", "junk", {
      ...off,
      dynamicController: true,
    }),
    [],
  );
});
