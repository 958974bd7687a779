import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../../lib/cli/mod.ts";
import {
  readRequests,
  UnknownTypeError,
} from "../../../../lib/cli/get/request.ts";

const read = (...words: string[]) => readRequests(words, ["pod", "secret"]);

Deno.test("readRequests, a type, names, several types, TYPE/NAME", () => {
  assertEquals(read("po"), [{ type: "pod", names: [] }]);
  assertEquals(read("po", "a", "b"), [{ type: "pod", names: ["a", "b"] }]);
  assertEquals(read("po,cm,pods", "a"), [
    { type: "pod", names: ["a"] },
    { type: "configmap", names: ["a"] },
  ]);
  assertEquals(read("pod/a", "cm/b", "po/c"), [
    { type: "pod", names: ["a", "c"] },
    { type: "configmap", names: ["b"] },
  ]);
  assertEquals(read("all"), [
    { type: "pod", names: [] },
    { type: "secret", names: [] },
  ]);
});

Deno.test("readRequests, refuses what kubectl refuses", () => {
  for (
    const words of [
      [],
      [""],
      ["pod", ""],
      ["pod", "secret/x"],
      ["pod/a", "b"],
      ["pod/a/b"],
      ["pod/"],
      ["/a"],
    ]
  ) {
    assertThrows(() => read(...words), UsageError);
  }
  for (const words of [["nope"], ["pod,nope"], ["nope/x"], ["pod,"]]) {
    assertThrows(() => read(...words), UnknownTypeError, "resource type");
  }
});
