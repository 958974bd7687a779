import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  checkLink,
  checkNode,
  runningOf,
} from "../../../lib/doctor/check_node.ts";
import { heads, texts } from "./stage.ts";

const status = (checks: unknown[] = [], stalled: string[] = []) => ({
  node: "edge-1",
  started: "2026-11-22T01:00:00.000Z",
  health: { checks, stalled },
  link: { state: "connected", since: "2026-11-22T01:00:01.000Z" },
});

Deno.test("checkNode, down, or it runs and cannot be asked", () => {
  const down = checkNode({ kind: "silent" }, { left: "clean" });
  assertEquals(heads(down), ["warn node"]);
  assertStringIncludes(texts(down), "It does not run | Start it");
  const mute = checkNode({ kind: "silent" }, { left: "in-use", pid: 7 });
  assertStringIncludes(texts(mute), "runs as process 7, but cannot be asked");
  const unknown = { kind: "unknown", why: "no right", hint: "sudo" } as const;
  for (const left of ["in-use", "clean"] as const) {
    const denied = checkNode(unknown, { left });
    assertEquals(heads(denied), ["warn node"]);
    assertStringIncludes(texts(denied), "no right | sudo");
  }
  assertEquals(runningOf(unknown, { left: "in-use" }), "mute");
  assertEquals(runningOf(unknown, { left: "unclean" }), "no");
  assertEquals(runningOf(unknown, undefined), "unknown");
  assertEquals(runningOf({ kind: "silent" }, undefined), "unknown");
  assertStringIncludes(
    texts(checkNode({ kind: "silent" }, undefined)),
    "Nobody answers at admin.socket",
  );
  const answers = { kind: "answers", status: {} } as const;
  assertEquals(runningOf(answers, { left: "never-used" }), "answers");
});

Deno.test("checkNode, what the running node says of itself", () => {
  const found = checkNode({
    kind: "answers",
    status: status([
      { name: "store", state: "failed", reason: "disk full" },
      { name: "sync", state: "degraded", reason: "not synced" },
      { name: "identity", state: "ok", reason: "" },
      { name: "cloud link", state: "degraded", reason: "refused" },
    ], ["processor"]),
  }, { left: "in-use" });
  assertEquals(heads(found), [
    "ok node",
    "fail store",
    "warn sync",
    "fail node",
  ]);
  assertStringIncludes(texts(found), "The node says failed: disk full");
  assertStringIncludes(texts(found), "The loop processor stands still");
  assertEquals(
    heads(checkNode({ kind: "answers", status: {} }, { left: "in-use" })),
    ["ok node"],
  );
});

Deno.test("checkLink, the state of the running node's own link", () => {
  assertEquals(heads([checkLink(status())]), ["ok upgrade"]);
  const down = {
    ...status([{ name: "cloud link", state: "degraded", reason: "refused" }]),
    link: { state: "disconnected", since: "x" },
  };
  assertEquals(heads([checkLink(down)]), ["fail upgrade"]);
  assertStringIncludes(
    texts([checkLink(down)]),
    "disconnected since x: refused",
  );
  assertEquals(heads([checkLink({})]), ["fail upgrade"]);
  for (const state of ["dialling", "unproven"]) {
    const soon = { ...status(), link: { state, since: "x" } };
    assertEquals(heads([checkLink(soon)]), ["warn upgrade"]);
  }
});
