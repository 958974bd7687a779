import { assertEquals } from "@std/assert";
import { flowOutcome } from "../../../lib/app/flow_outcome.ts";
import type { Effect } from "../../../lib/operations/mod.ts";
import { newError, newMessage, newOk } from "../../../lib/message/mod.ts";
import { TEST_STAMP } from "../../support/messages.ts";

const MESSAGE = newMessage(TEST_STAMP, {
  source: "edgecontroller",
  group: "resource",
  operation: "update",
  resource: "default/pod/a",
});
const OK = newOk(TEST_STAMP, MESSAGE);
const ERROR = newError(TEST_STAMP, MESSAGE, "disk full");
const ack: Effect = { kind: "to-cloud", message: OK };
const reply: Effect = { kind: "reply", to: "edged", message: OK };
const handOver: Effect = { kind: "hand-over", message: MESSAGE, revision: 1 };
const noted: Effect = { kind: "noted", what: "unchanged", resource: "r" };

Deno.test("flowOutcome, the effect that says most counts, in any order", () => {
  const cases: readonly (readonly [string, string, readonly Effect[]])[] = [
    ["insert", "stored", [{ kind: "confirmed", key: "k" }, handOver]],
    ["delete", "deleted", [handOver]],
    ["update", "unchanged", [noted, ack]],
    ["update", "unchanged", [ack, noted]],
    ["update", "acked", [ack]],
    ["meta-internal-sync", "told the cloud", [{
      kind: "to-cloud",
      message: MESSAGE,
    }]],
    ["update", "queued", [{ kind: "outbox" }, reply]],
    ["query", "from the store", [reply]],
    ["update", "answered", [reply]],
    ["query", "error", [{ kind: "reply", to: "edged", message: ERROR }]],
    ["insert", "failed, to be repeated", [{
      kind: "to-cloud",
      message: ERROR,
    }]],
    ["query", "asked the cloud", [{ kind: "ask", request: {} as never }]],
    ["response", "answer", [
      { kind: "settle", requestId: "1", message: OK },
      ack,
    ]],
    ["response", "answer", [{
      kind: "agent-answered",
      module: "edged",
      answer: OK,
    }]],
    ["response", "confirmed", [{ kind: "outbox-passed", pingId: "1" }]],
    ["response", "confirmed", [
      { kind: "outbox-answered", msgId: "1", refused: false },
    ]],
    ["response", "refused for now", [
      { kind: "outbox-answered", msgId: "1", refused: true },
    ]],
    ["response", "refused by the cloud", [
      { kind: "outbox-answered", msgId: "1", refused: false },
      { kind: "refused", resource: "r", reason: "Forbidden" },
    ]],
    ["response", "refused: bad-content", [
      { kind: "fault", fault: { kind: "bad-content", text: "no" } },
      ack,
    ]],
    ["connect", "link up", [
      { kind: "connection", connected: true },
      { kind: "outbox" },
    ]],
    ["connect", "link down", [{ kind: "connection", connected: false }]],
    ["meta-internal-sync", "reported", [
      { kind: "report", messages: [], mark: 0 },
    ]],
    ["response", "done", []],
    ["response", "done", [{ kind: "refilled" }]],
  ];
  for (const [operation, word, outcome] of cases) {
    assertEquals(flowOutcome(operation, outcome), word);
  }
});
