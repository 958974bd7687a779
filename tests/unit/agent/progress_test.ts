import { assertEquals } from "@std/assert";
import { Progress } from "../../../lib/agent/progress.ts";
import { downward } from "../../support/edged_harness.ts";

const change = (revision: number) => downward("a/pod/b", { revision });

function marker(state: string, full: boolean, revision?: number) {
  const content = { state, full };
  return downward(
    "meta/replay",
    revision === undefined ? { content } : { content, revision },
  );
}

Deno.test("Progress, rises with what is noted and never falls", () => {
  const progress = new Progress(undefined);
  progress.note(downward("a/pod/b"));
  assertEquals(progress.revision, undefined);
  for (const revision of [5, 4]) progress.note(change(revision));
  assertEquals(progress.revision, 5);
});

Deno.test("Progress, a replay of everything counts with its end, as it is", () => {
  const progress = new Progress(900);
  progress.note(marker("started", true));
  progress.note(change(901));
  assertEquals(progress.revision, 900);
  progress.note(marker("finished", true, 5));
  assertEquals(progress.revision, 5);
  progress.note(change(6));
  assertEquals(progress.revision, 6);
});

Deno.test("Progress, a replay of what was missed counts as it comes", () => {
  const progress = new Progress(3);
  progress.note(marker("started", false));
  progress.note(change(4));
  assertEquals(progress.revision, 4);
});

Deno.test("Progress, an interrupted replay is forgotten with its connection", () => {
  const progress = new Progress(undefined);
  progress.note(marker("started", true));
  progress.connected();
  progress.note(change(2));
  assertEquals(progress.revision, 2);
});
