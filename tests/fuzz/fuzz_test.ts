import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Clock } from "../../lib/base/mod.ts";
import type { Store } from "../../lib/store/mod.ts";
import { MemoryDisk } from "../simulation/model_disk.ts";
import { caseOf } from "./case.ts";
import { loadCorpus, SECRET_MARK } from "./corpus.ts";
import { fuzz, LIFE_CASES, play, storyOf } from "./fuzz.ts";
import { Judge, printOf } from "./judge.ts";

const CASES = 20_000;

/** In a process of its own, since only there the heap can be collected. */
Deno.test("I2 malformed_message_is_contained: 20,000 mutated frames crash nothing, change nothing and leak nothing", async () => {
  const seed = Number(Deno.env.get("FUZZ_SEED")) || Date.now() % 2 ** 31;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--no-check",
      "--v8-flags=--expose-gc",
      new URL("main.ts", import.meta.url).pathname,
      `--cases=${CASES}`,
      `--seed=${seed}`,
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  assertEquals(code, 0, text);
  const counts = /(\d+) refused, (\d+) accepted, (\d+) links/.exec(text) ?? [];
  const [refused = 0, accepted = 0, links = 0] = counts.slice(1).map(Number);
  // A frame that finds no link, since it is dialled anew, is not sent.
  assert(refused + accepted > CASES * 0.99, text);
  assert(refused > CASES / 4 && accepted > CASES / 4 && links > 0, text);
});

Deno.test("a case is a function of its seed and its number", async () => {
  const corpus = loadCorpus();
  const cases = Array.from({ length: 40 }, (_, i) => caseOf(7, i));
  const sent: string[][] = [];
  for (let i = 0; i < 2; i++) {
    const texts: string[] = [];
    await play(cases, {
      seed: 7,
      corpus,
      told: (_, { bytes }) => texts.push(`${bytes}`),
    });
    sent.push(texts);
  }
  assert((sent[0]?.length ?? 0) > 30);
  assertEquals(sent[0], sent[1]);
});

/** A disk on which something happens whenever it is looked at. */
class RestlessDisk extends MemoryDisk {
  #revision = 0;

  override open(clock: Clock): Store {
    return super.open(clock);
  }

  override durable(): Store {
    const store = super.durable();
    return new Proxy(store, {
      get: (target, name) => {
        if (name === "revision") return () => this.#revision++;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  }
}

Deno.test("a store that a refused frame changes is found, by one case", async () => {
  const disk = () => new RestlessDisk();
  const result = await fuzz({ cases: LIFE_CASES, seed: 1, disk });
  assertEquals(result.failure?.invariant, "an invalid frame changes nothing");
  assertEquals(result.shrunk.length, 1);
  const story = await storyOf(result, 1);
  assertMatch(story, /Again: deno task fuzz --seed 1 --case \d+$/);
});

Deno.test("a message without an answer is found, and one with two", () => {
  const found: string[] = [];
  const judge = new Judge((invariant, text) =>
    found.push(`${invariant}: ${text}`)
  );
  const reading = { isUnreadable: false, isAnswer: false, isDue: true };
  for (const id of ["one", "two", "none"]) {
    judge.sent("cloud", { ...reading, id });
  }
  for (const id of ["one", "two", "two", "unknown"]) {
    judge.answered("cloud", id);
  }
  judge.sent("agent", { ...reading, id: "gone with its link" });
  judge.lost("agent");
  judge.end();
  assertEquals(found, [
    "a message is answered once: two was answered again",
    "a message is answered: none of the cloud was not",
  ]);
});

Deno.test("the print of a store tells a raised version", () => {
  const prints = new Set<string>();
  const disk = new MemoryDisk();
  const clock = { now: () => 0, monotonic: () => 0 } as Clock;
  const store = disk.open(clock);
  const write = (run: (tx: ReturnType<Store["batch"]>["tx"]) => void) => {
    const batch = store.batch();
    batch.message(() => run(batch.tx));
    batch.commit();
    prints.add(printOf(store, true).rows);
  };
  const row = { type: "pod", uid: "u", created: "", source: "edgecontroller" };
  const key = "default/pod/a";
  write((tx) => tx.put({ ...row, key, version: "1", value: "{}" }));
  write((tx) => tx.raise(key, "2", "{}"));
  write((tx) => tx.remove(key));
  assertEquals(prints.size, 3);
});

Deno.test("the corpus speaks for both sides and marks what is secret", () => {
  const { kinds, objects } = loadCorpus();
  assert(kinds.cloud.length > 20 && kinds.agent.length > 20);
  assert((objects.get("pod")?.length ?? 0) > 10);
  const secrets = JSON.stringify(objects.get("secret"));
  assert(secrets.includes(SECRET_MARK));
});
