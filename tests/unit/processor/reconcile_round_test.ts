import { assertEquals } from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";
import { ReconcileRound } from "../../../lib/processor/reconcile_round.ts";

const questions = (n: number) =>
  Array.from({ length: n }, (_, i) => ({
    key: `default/configmap/c${i}`,
    resource: `default/configmap/c${i}`,
    content: null,
  }));

const key = (i: number) => `default/configmap/c${i}`;

const none = () => false;

Deno.test("ReconcileRound, eight wait at a time, one while others ask", () => {
  const round = new ReconcileRound(false);
  round.add(questions(20));
  round.add(questions(20));
  assertEquals(round.total, 20);
  assertEquals(round.take(true, none).length, 1);
  assertEquals(round.take(true, none).length, 0);
  assertEquals(round.take(false, none).length, 7);
  assertEquals(round.take(false, none).length, 0);
  round.answered(key(0));
  // An answer of a round before this one.
  round.answered(key(0));
  round.gaveUp("default/configmap/other");
  assertEquals(round.take(true, none).length, 0);
  assertEquals(round.take(false, none).length, 1);
  assertEquals([round.done, round.total, round.inFlight], [1, 20, 8]);
});

Deno.test("ReconcileRound, what the cloud vouched for is asked on demand only", () => {
  const confirmed = (key: string) => key.endsWith("c0");
  for (const force of [false, true]) {
    const round = new ReconcileRound(force);
    round.add(questions(2));
    const keys = round.take(false, confirmed).map(({ key }) => key);
    assertEquals(keys.includes("default/configmap/c0"), force);
    assertEquals(round.done, force ? 0 : 1);
  }
});

Deno.test("ReconcileRound, gives up after eight without an answer in a row", () => {
  const round = new ReconcileRound(false);
  round.add(questions(100));
  assertEquals(round.take(false, none).length, 8);
  for (let i = 0; i < 4; i++) round.gaveUp(key(i));
  round.answered(key(4));
  assertEquals(round.take(false, none).length, 5);
  for (let i = 5; i < 12; i++) round.gaveUp(key(i));
  assertEquals(round.take(false, none).length, 7);
  round.gaveUp(key(12));
  assertEquals(round.take(false, none).length, 0);
  for (let i = 13; i < 20; i++) round.gaveUp(key(i));
  assertEquals(round.idle, true);
  assertEquals([round.done, round.total], [100, 100]);
  assertEquals(round.unanswered, 99);
});

Deno.test("ReconcileRound, asks once more for what was denied", () => {
  const round = new ReconcileRound(false);
  const [question] = questions(1);
  round.add([question!]);
  round.take(false, none);
  round.answered(question!.key);
  round.deny(question!);
  assertEquals([round.idle, round.hasDenied], [true, true]);
  round.askAgain();
  assertEquals([round.idle, round.hasDenied, round.again], [
    false,
    false,
    true,
  ]);
  // The denial itself vouches for nothing.
  assertEquals(round.take(false, () => true), [question!]);
});

Deno.test("ReconcileRound, beyond its bound it asks nothing and is not whole", () => {
  const round = new ReconcileRound(false);
  round.add(questions(LIMITS.reconcileQuestionsMax));
  assertEquals(round.unanswered, 0);
  round.add([{ key: "one-more", resource: "one-more", content: null }]);
  assertEquals(round.total, LIMITS.reconcileQuestionsMax);
  assertEquals(round.unanswered, 1);
});
