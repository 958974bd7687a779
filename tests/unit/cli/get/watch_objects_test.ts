import { assertEquals } from "@std/assert";
import type { ObjectItem } from "../../../../lib/app/mod.ts";
import { watchObjects } from "../../../../lib/cli/get/watch_objects.ts";
import { VirtualClock } from "../../../support/virtual_clock.ts";
import { item } from "./items.ts";

/** Answers of a node that a test changes between two looks. */
class FakeNode {
  items: ObjectItem[] = [];
  mark = 0;
  asked: string[] = [];
  failure: Error | undefined;

  ask = (path: string, parameters: Record<string, string | undefined> = {}) => {
    this.asked.push(path);
    if (this.failure) return Promise.reject(this.failure);
    const { key, name } = parameters;
    const found = this.items.filter((one) =>
      (key === undefined || one.key === key) &&
      (name === undefined || one.name === name)
    );
    return Promise.resolve(
      path === "/objects/types"
        ? { mark: String(this.mark), types: [] }
        : path === "/objects/keys"
        ? { keys: found.map((one) => [one.key, String(one.revision)]) }
        : { items: found },
    );
  };
}

Deno.test("watchObjects, reads only what differs, and only after a change", async () => {
  const node = new FakeNode();
  const clock = new VirtualClock();
  const ending = new AbortController();
  const events: string[] = [];
  const a = item("cm", "a", {}, { revision: 1 });
  const b = item("cm", "b", {}, { revision: 2 });
  node.items = [a, b];
  const watch = watchObjects(node.ask, {
    changed: ({ name }, event) => events.push(`${event} ${name}`),
    deleted: (key) => events.push(`DELETED ${key}`),
    failed: (text) => events.push(text),
  }, {
    type: "cm",
    scope: {},
    known: { mark: "0", items: new Map([[a.key, "1"], [b.key, "2"]]) },
    clock,
    signal: ending.signal,
  });
  const look = async () => {
    node.asked = [];
    await clock.advance(1000);
    return events.splice(0);
  };
  assertEquals(await look(), []);
  assertEquals(node.asked, ["/objects/types"]);
  node.mark++;
  node.items = [{ ...a, revision: 3 }, item("cm", "c", {}, { revision: 4 })];
  assertEquals(await look(), [
    "MODIFIED a",
    "ADDED c",
    "DELETED default/cm/b",
  ]);
  assertEquals(node.asked.length, 4);
  // The same failure is told once; what happened meanwhile is not lost.
  node.failure = new Error("Cannot ask");
  assertEquals(await look(), ["Error: Cannot ask"]);
  assertEquals(await look(), []);
  node.mark++;
  node.items = [];
  node.failure = undefined;
  assertEquals(await look(), ["DELETED default/cm/a", "DELETED default/cm/c"]);
  ending.abort();
  await watch;
});
