import { assertEquals, assertRejects } from "@std/assert";
import { Journal, JournalTimeoutError } from "../../../lib/dev/journal.ts";
import { ManualClock } from "./manual_clock.ts";

function journalOf() {
  const clock = new ManualClock();
  const journal = new Journal<number>({
    clock,
    entriesMax: 3,
    describe: (entry) => `entry ${entry}`,
  });
  return { clock, journal };
}

Deno.test("Journal, keeps the newest and counts all", () => {
  const { journal } = journalOf();
  for (const entry of [1, 2, 3, 4]) journal.add(entry);
  assertEquals([...journal.entries], [2, 3, 4]);
  assertEquals(journal.count, 4);
});

Deno.test("Journal, waits for what has come, or will, or only what will", async () => {
  const { clock, journal } = journalOf();
  for (const entry of [1, 2, 3, 4]) journal.add(entry);
  assertEquals(await journal.waitFor((entry) => entry > 2), 3);
  assertEquals(await journal.waitFor(() => true, { after: 3 }), 4);
  const later = journal.waitFor((entry) => entry > 2, { after: 4 });
  journal.add(1);
  journal.add(5);
  assertEquals(await later, 5);
  assertEquals(clock.pending, 0);
});

Deno.test("Journal, a wait that failed shows the last entries", async () => {
  const { clock, journal } = journalOf();
  journal.add(1);
  const never = assertRejects(
    () => journal.waitFor((entry) => entry > 5, { timeoutMs: 100 }),
    JournalTimeoutError,
    "entry 1",
  );
  clock.advance(100);
  await never;
  journal.add(9);
});

Deno.test("Journal, watch tells each new entry until it is ended", () => {
  const { journal } = journalOf();
  journal.add(1);
  const seen: number[] = [];
  const end = journal.watch((entry) => seen.push(entry));
  journal.add(2);
  end();
  journal.add(3);
  assertEquals(seen, [2]);
});
