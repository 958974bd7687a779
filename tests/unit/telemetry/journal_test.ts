import { assert, assertEquals, assertThrows } from "@std/assert";
import { Journal, type JournalSlot } from "../../../lib/telemetry/mod.ts";

function fill(journal: Journal, fields: Partial<JournalSlot>): void {
  const slot = journal.next();
  Object.assign(slot, {
    atMs: 0,
    from: "cloud",
    to: "node",
    operation: "insert",
    resource: "default/pod/a",
    source: "",
    group: "",
    id: "id",
    parentId: "",
    bytes: -1,
    latencyMs: -1,
    outcome: "stored",
    content: "",
  }, fields);
  journal.written(slot);
}

function bench(options: { entriesMax?: number; lengthMax?: number } = {}) {
  const journal = new Journal({ entriesMax: 4, lengthMax: 1e6, ...options });
  const write = (...ids: string[]) =>
    ids.forEach((id) => fill(journal, { id }));
  const ids = (since = 0) => journal.since(since).entries.map(({ id }) => id);
  return { journal, write, ids };
}

Deno.test("Journal, the oldest entry is written over, and a reader is told", () => {
  const { journal, write, ids } = bench();
  assertEquals(journal.since(0), { entries: [], dropped: 0 });
  write("1", "2", "3");
  assertEquals(ids(), ["1", "2", "3"]);
  assertEquals(ids(2), ["3"]);
  write("4", "5", "6");
  assertEquals(ids(), ["3", "4", "5", "6"]);
  assertEquals(journal.since(0).dropped, 0, "who begins has missed nothing");
  assertEquals(journal.since(1).dropped, 1);
  assertEquals(journal.since(2).dropped, 0);
  assertEquals(journal.since(6), { entries: [], dropped: 0 });
  assertEquals(journal.seq, 6);
});

Deno.test("Journal, an entry that was read does not change under its reader", () => {
  const { journal, write } = bench();
  write("1");
  const { entries } = journal.since(0);
  write("2", "3", "4", "5");
  assertEquals(entries[0]?.id, "1");
});

Deno.test("Journal, the length of its texts is bounded, the newest stays", () => {
  const { journal, ids } = bench({ lengthMax: 300 });
  for (const id of ["1", "2", "3", "4"]) {
    fill(journal, { id, resource: "r".repeat(120) });
  }
  assertEquals(ids(), ["3", "4"]);
  fill(journal, { id: "5", resource: "r".repeat(900) });
  assertEquals(ids(), ["5"]);
  for (const id of ["6", "7"]) fill(journal, { id, resource: "r" });
  assertEquals(ids(), ["6", "7"], "what went freed its length");
});

Deno.test("Journal, a header that is too long is cut", () => {
  const { journal } = bench();
  fill(journal, { id: "x".repeat(5000), resource: "short" });
  const [entry] = journal.since(0).entries;
  assertEquals(entry?.id, "x".repeat(1024) + "...");
  assertEquals(entry?.resource, "short");
});

Deno.test("Journal, contents go with the last reader who wants them", () => {
  const { journal } = bench({ lengthMax: 400 });
  const contents = () => journal.since(0).entries.map(({ content }) => content);
  assert(!journal.wantsContents);
  const first = journal.keepContents();
  const second = journal.keepContents();
  fill(journal, { content: "c".repeat(150) });
  first();
  first();
  assert(journal.wantsContents);
  assertEquals(contents(), ["c".repeat(150)]);
  second();
  assert(!journal.wantsContents);
  assertEquals(contents(), [""]);
  // Their length is free again: as many more are kept.
  for (let i = 0; i < 3; i++) fill(journal, { resource: "r".repeat(90) });
  assertEquals(contents().length, 4);
});

Deno.test("Journal, who follows is told at each half of the ring", () => {
  const { journal, write } = bench({ entriesMax: 8 });
  const told: number[] = [];
  journal.onHalf = () => told.push(journal.seq);
  write(..."0123456789");
  assertEquals(told, [4, 8]);
});

Deno.test("Journal, the number of entries is a power of two", () => {
  for (const entriesMax of [0, 1, 3, 1000]) {
    assertThrows(
      () => new Journal({ entriesMax, lengthMax: 1 }),
      TypeError,
      "power of two",
    );
  }
});
