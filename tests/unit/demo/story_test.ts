import { assert, assertEquals, assertRejects } from "@std/assert";
import { StepFailedError } from "../../../lib/demo/check.ts";
import type { DemoEvent, Hop } from "../../../lib/demo/event.ts";
import { Story } from "../../../lib/demo/story.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const HOP: Hop = {
  from: "cloud",
  to: "node",
  operation: "insert",
  resource: "default/pod/a",
};

function begin(timeoutMs?: number) {
  const clock = new VirtualClock();
  const events: DemoEvent[] = [];
  const controller = new AbortController();
  const story = new Story({
    clock,
    onEvent: (event) => events.push(event),
    signal: controller.signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return { clock, events, controller, story };
}

Deno.test("Story, acts and steps are numbered and timed, held steps counted", async () => {
  const { clock, events, story } = begin();
  story.act("First");
  await story.step(HOP, () => "done");
  await clock.advance(250);
  story.act("Second");
  await story.step(HOP, () => Promise.resolve("one"));
  await story.step(HOP, () => "two");
  assertEquals(events, [
    { kind: "act", act: 1, title: "First", atMs: 0 },
    { kind: "step", step: "1.1", atMs: 0, ...HOP, result: "done" },
    { kind: "act", act: 2, title: "Second", atMs: 250 },
    { kind: "step", step: "2.1", atMs: 250, ...HOP, result: "one" },
    { kind: "step", step: "2.2", atMs: 250, ...HOP, result: "two" },
  ]);
  assertEquals([story.held, story.elapsedMs], [3, 250]);
});

Deno.test("Story, a step that fails is shown with what was expected and what came", async () => {
  const { events, story } = begin();
  story.act("First");
  await assertRejects(
    () =>
      story.step(HOP, () => {
        throw new StepFailedError("a pod", "nothing");
      }),
    StepFailedError,
  );
  assertEquals(events.at(-1), {
    kind: "failed",
    step: "1.1",
    atMs: 0,
    ...HOP,
    expected: "a pod",
    came: "nothing",
  });
  assertEquals(story.held, 0);
});

Deno.test("Story, an error within a step fails it, without secrets", async () => {
  const { events, story } = begin();
  story.act("First");
  const error = await assertRejects(
    () => story.step(HOP, () => Promise.reject(new Error("token=hunter2"))),
    StepFailedError,
  );
  assert(error.cause instanceof Error);
  const event = events.at(-1);
  assert(event?.kind === "failed");
  assertEquals(event.expected, "no error");
  assert(!event.came.includes("hunter2"), event.came);
});

Deno.test("Story, until returns what it sees as soon as there is something", async () => {
  const { clock, story } = begin();
  const found: string[] = [];
  const seen = story.until(() => found[0], { expected: "it", came: () => "-" });
  await clock.advance(1000);
  found.push("");
  await clock.advance(5);
  assertEquals(await seen, "");
});

Deno.test("Story, until fails after its time with what there is instead", async () => {
  const { clock, story } = begin(500);
  const seen = assertRejects(
    () => story.until(() => false, { expected: "it", came: () => "that" }),
    StepFailedError,
  );
  await clock.advance(1000);
  const { expected, came } = await seen;
  assertEquals([expected, came], ["it within 0.5 s", "that"]);
});

Deno.test("Story, a signal ends the step under way, and no other begins", async () => {
  const { controller, events, story } = begin();
  story.act("First");
  const never = Promise.withResolvers<string>();
  const step = story.step(HOP, () => never.promise);
  controller.abort("SIGINT");
  assertEquals(await step.then(() => "held", (reason) => reason), "SIGINT");
  let begun = false;
  const next = story.step(HOP, () => {
    begun = true;
    return "";
  });
  assertEquals(await next.then(() => "held", (reason) => reason), "SIGINT");
  assertEquals([begun, events.length, story.held], [false, 1, 0]);
});

Deno.test("Story.unlessEnded, begins nothing once the signal has come", async () => {
  const story = new Story({
    clock: new VirtualClock(),
    onEvent: () => {},
    signal: AbortSignal.abort("over"),
  });
  let began = false;
  const reason = await story.unlessEnded(() => {
    began = true;
    return new Promise(() => {});
  }).then(() => "done", (reason) => reason);
  assertEquals([reason, began], ["over", false]);
});
