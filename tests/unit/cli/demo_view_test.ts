import { assertEquals } from "@std/assert";
import {
  eventJson,
  eventText,
  resultJson,
  resultText,
} from "../../../lib/cli/demo_view.ts";
import type { DemoEvent } from "../../../lib/demo/mod.ts";

const plain = (_style: string, text: string) => text;
const marked = (style: string, text: string) => `{${style}:${text}}`;
const STEP: DemoEvent = {
  kind: "step",
  step: "2.10",
  atMs: 1234.5,
  from: "node",
  to: "cloud",
  operation: "response",
  resource: "default/pod/web-0",
  result: "OK",
};

Deno.test("eventText, steps stand in columns whatever their words", () => {
  const other: DemoEvent = {
    ...STEP,
    step: "2.1",
    atMs: 10,
    from: "cloud",
    to: "node",
    operation: "-",
    resource: "x/y",
  };
  assertEquals(
    eventText(STEP, plain) + eventText(other, plain),
    ` 1.23s  2.10  node  -> cloud  response  default/pod/web-0              OK
 0.01s   2.1  cloud -> node   -         x/y                            OK
`,
  );
});

Deno.test("eventText, colours take no room in the columns", () => {
  const unmarked = eventText(STEP, marked).replace(/\{\w+:([^}]*)\}/g, "$1");
  assertEquals(unmarked, eventText(STEP, plain));
});

Deno.test("eventText, an act is a heading", () => {
  assertEquals(
    eventText({ kind: "act", act: 3, title: "Update", atMs: 0 }, plain),
    "\n3  Update\n",
  );
});

Deno.test("eventText, a failure says what was expected and what came, line by line", () => {
  const { kind: _, result: __, ...hop } = STEP as DemoEvent & { kind: "step" };
  const text = eventText({
    ...hop,
    kind: "failed",
    expected: "a response",
    came: "only:\n  this",
  }, plain);
  assertEquals(
    text.split("\n").slice(1),
    [
      "              expected  a response",
      "              came      only:",
      "                          this",
      "",
    ],
  );
  assertEquals(text.split("\n")[0]?.endsWith(" FAILED"), true);
});

Deno.test("eventJson, is one object per line in whole milliseconds", () => {
  const text = eventJson(STEP);
  assertEquals(JSON.parse(text), { ...STEP, atMs: 1235 });
  assertEquals(text.indexOf("\n"), text.length - 1);
});

Deno.test("resultText, says whether all held, how many, and what was kept", () => {
  const result = { ok: true, steps: 7, elapsedMs: 4321 };
  assertEquals(resultText(result, plain), "\nAll 7 steps held in 4.32s\n");
  assertEquals(
    resultText({ ...result, ok: false, folder: "/tmp/x" }, plain),
    "\nA step failed, after 7 that held in 4.32s\nKept: /tmp/x\n",
  );
  assertEquals(
    JSON.parse(resultJson({ ...result, elapsedMs: 1.6 })),
    { kind: "result", ok: true, steps: 7, elapsedMs: 2 },
  );
});
