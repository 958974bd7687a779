import { assertEquals } from "@std/assert";
import { TaskSet } from "../../../lib/base/mod.ts";

function taskSet() {
  const failed: [string, unknown][] = [];
  const tasks = new TaskSet((name, error) => failed.push([name, error]));
  return { tasks, failed };
}

Deno.test("TaskSet, reports a rejection with the task's name and forgets the task", async () => {
  const { tasks, failed } = taskSet();
  const error = new Error("lost");
  tasks.spawn("reader", () => Promise.reject(error));
  tasks.spawn("writer", () => Promise.resolve());
  assertEquals(tasks.running, ["reader", "writer"]);
  await tasks.settled();
  assertEquals([failed, tasks.running], [[["reader", error]], []]);
});

Deno.test("TaskSet, reports what a task throws before its first promise", async () => {
  const { tasks, failed } = taskSet();
  const error = new Error("at once");
  tasks.spawn("reader", () => {
    throw error;
  });
  await tasks.settled();
  assertEquals(failed, [["reader", error]]);
});

Deno.test("TaskSet, starts a task at once", async () => {
  const { tasks } = taskSet();
  let started = false;
  tasks.spawn("reader", () => {
    started = true;
    return Promise.resolve();
  });
  assertEquals(started, true);
  await tasks.settled();
});

Deno.test("TaskSet.settled, joins tasks that were started meanwhile", async () => {
  const { tasks, failed } = taskSet();
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  tasks.spawn("first", async () => {
    await first.promise;
    tasks.spawn("second", () => second.promise);
  });
  let settled = false;
  const joined = tasks.settled().then(() => settled = true);
  first.resolve();
  while (!tasks.running.includes("second") || tasks.running.length > 1) {
    await Promise.resolve();
  }
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assertEquals([settled, tasks.running], [false, ["second"]]);
  second.reject(new Error("late"));
  await joined;
  assertEquals(failed.map(([name]) => name), ["second"]);
});

Deno.test("TaskSet.settled, returns at once when nothing runs", () =>
  taskSet().tasks.settled());
