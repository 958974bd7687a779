import { assertEquals, assertMatch } from "@std/assert";
import { SyncState } from "../../../lib/processor/sync_state.ts";

const answered = { done: 3, total: 3, unanswered: 0 };

Deno.test("SyncState, synced, syncing and not synced since the link went", () => {
  const state = new SyncState(1000);
  const now = (round?: { done: number; total: number }) => {
    const { state: name, sinceMs, completedMs } = state.status(round, "none");
    return [name, sinceMs, completedMs];
  };
  assertEquals(now(), ["not-synced", 1000, 0]);
  assertEquals(now({ done: 1, total: 3 }), ["syncing", 1000, 0]);
  state.ended(answered, { nowMs: 2000, complete: true });
  assertEquals(now(), ["synced", 2000, 2000]);
  // A later round does not make it any younger.
  state.ended(answered, { nowMs: 3000, complete: true });
  assertEquals(now(), ["synced", 2000, 3000]);
  state.lost(4000);
  state.lost(5000);
  assertEquals(now(), ["not-synced", 4000, 3000]);
  assertEquals(state.status(undefined, "none").done, 3);
});

Deno.test("SyncState, a round without all answers dates back to the last whole one", () => {
  const state = new SyncState(1000);
  state.ended(answered, { nowMs: 2000, complete: true });
  state.ended({ done: 9, total: 9, unanswered: 7 }, {
    nowMs: 9000,
    complete: false,
  });
  const { state: name, sinceMs, reason } = state.status(undefined, "none");
  assertEquals([name, sinceMs], ["not-synced", 2000]);
  assertEquals(reason, "the cloud did not answer 7 questions");
  state.ended(answered, { nowMs: 9500, complete: true });
  assertEquals(state.status(undefined, "none").reason, "");
});

Deno.test("SyncState, a store that lacks pods is not in sync and says what to do", () => {
  const state = new SyncState(1000);
  state.ended(answered, { nowMs: 2000, complete: true });
  const lacking = () => state.status(undefined, "lost");
  assertEquals(lacking().state, "not-synced");
  assertMatch(lacking().reason, /not refilled yet/);
  state.listRefused("no answer");
  assertMatch(lacking().reason, /no answer; delete the Node .* register it/);
  assertEquals(state.status(undefined, "none").reason, "");
});

Deno.test("SyncState, a new store under a known Node says what may be missing", () => {
  const state = new SyncState(1000);
  state.ended(answered, { nowMs: 2000, complete: true });
  const { state: name, reason } = state.status(undefined, "known-node");
  assertEquals(name, "not-synced");
  assertMatch(
    reason,
    /the store is new but the Node is not.*register it again/,
  );
});
