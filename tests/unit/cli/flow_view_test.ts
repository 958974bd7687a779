import { assertEquals } from "@std/assert";
import { flowHead, flowLine, flowTable } from "../../../lib/cli/flow_view.ts";
import type { Paint } from "../../../lib/cli/style.ts";

const plain: Paint = (_style, text) => text;
const MESSAGE = {
  time: "2026-01-31T12:34:56.789Z",
  from: "cloud",
  to: "node",
  operation: "insert",
  resource: "default/pod/web-0",
  bytes: 2048,
  latencyMs: 3.21,
  outcome: "stored",
};

Deno.test("flowTable, one line per message", () => {
  const { bytes: _, latencyMs: __, ...sent } = MESSAGE;
  assertEquals(
    flowTable([MESSAGE, { ...sent, outcome: "sent" }, {
      ...MESSAGE,
      latencyMs: 12_345,
    }]),
    `TIME          FLOW           OPERATION  RESOURCE           SIZE     LATENCY  OUTCOME
12:34:56.789  cloud -> node  insert     default/pod/web-0  2.0 KiB  3.2 ms   stored
12:34:56.789  cloud -> node  insert     default/pod/web-0  -        -        sent
12:34:56.789  cloud -> node  insert     default/pod/web-0  2.0 KiB  12.3 s   stored
`,
  );
});

Deno.test("flowLine, lines that come one by one stay in their columns", () => {
  const head = flowHead(plain);
  const line = flowLine(JSON.stringify(MESSAGE), plain);
  assertEquals(line.indexOf("stored"), head.indexOf("OUTCOME"));
  assertEquals(line.indexOf("insert"), head.indexOf("OPERATION"));
  assertEquals(
    flowLine('{"dropped":3}', plain),
    "... 3 not shown: too many\n",
  );
  const content = flowLine(
    JSON.stringify({ ...MESSAGE, content: '{"a":1}' }),
    plain,
  );
  assertEquals(content.split("\n")[1], '  {"a":1}');
  assertEquals(flowLine("[]", plain), "");
});

Deno.test("flowLine, what failed stands out", () => {
  const marked: Paint = (style, text) => `<${style}>${text}</>`;
  const outcome = (text: string) =>
    flowLine(JSON.stringify({ ...MESSAGE, outcome: text }), marked).trim()
      .split("  ").at(-1)?.trim();
  assertEquals(outcome("refused: bad-content"), "<red>refused: bad-content</>");
  assertEquals(outcome("sent"), "<dim>sent</>");
  assertEquals(outcome("stored"), "stored");
});

Deno.test("flowLine, a name cannot steer the terminal", () => {
  const resource = "default/pod/\x1b[2J\x9b1m\u202e\n";
  const line = flowLine(JSON.stringify({ ...MESSAGE, resource }), plain);
  // deno-lint-ignore no-control-regex -- none may be left
  assertEquals(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(line), false);
  assertEquals(line.split("\n").length, 2);
});
