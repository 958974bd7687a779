import { assert, assertEquals } from "@std/assert";
import { runKills } from "./kills.ts";
import { print } from "./print.ts";
import { MEMORY_MB_MAX } from "./program.ts";

Deno.test("commit_survives_kill, A1, A4, A8: 20 kills of the program at random instants under load from cloud and agent lose nothing that was said to be done", async () => {
  const { lost, kills, acks, compared, peakMb } = await runKills({
    rounds: 20,
    seed: 20261122,
  });
  assertEquals(lost, []);
  print(`kills: peak ${peakMb.toFixed(0)} of ${MEMORY_MB_MAX} MB`);
  // It was really under load, and really killed in all its phases.
  assert(acks > 200 && compared > 1000, `${acks} acks, ${compared} compared`);
  for (const [phase, count] of Object.entries(kills)) assert(count > 0, phase);
});
