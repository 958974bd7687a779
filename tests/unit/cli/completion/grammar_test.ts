import { assertEquals } from "@std/assert";
import {
  type Completable,
  firstWords,
  grammarOf,
} from "../../../../lib/cli/completion/grammar.ts";
import type { Command } from "../../../../lib/cli/mod.ts";

const command = (name: string, more: Partial<Command> = {}): Command => ({
  name,
  summary: `does ${name}`,
  options: [],
  examples: [],
  run: () => 0,
  ...more,
});

Deno.test("grammarOf, what comes behind commands and options, from the words of help", () => {
  const rows: [string, Completable][] = [
    ["FILE", { kind: "files" }],
    ["[FILE...]", { kind: "files" }],
    ["DIR", { kind: "folders" }],
    ["KEY=VALUE", { kind: "settings" }],
    ["text|json", { kind: "words", words: ["text", "json"] }],
    ["[a-b|c]", { kind: "words", words: ["a-b", "c"] }],
    ["HOST[:PORT]", { kind: "unknown" }],
    ["", { kind: "unknown" }],
  ];
  for (const [words, expected] of rows) {
    const [grammar] = grammarOf([command("x y", { words })]);
    assertEquals(grammar?.rest, expected, words);
  }
  const options = [{ name: "to", short: "t", value: "DIR", doc: "Where" }];
  assertEquals(grammarOf([command("x", { options })])[0]?.options, [
    { forms: ["--to", "-t"], doc: "Where", value: { kind: "folders" } },
    { forms: ["--help", "-h"], doc: "Show this help" },
  ]);
});

Deno.test("firstWords, each once, with the second words below it", () => {
  const grammar = grammarOf(["a b", "c", "a d", "c e"].map((n) => command(n)));
  assertEquals(firstWords(grammar), [
    { word: "a", doc: "b, d", next: [["b", "does a b"], ["d", "does a d"]] },
    { word: "c", doc: "does c", next: [["e", "does c e"]] },
  ]);
});
