import { assert, assertEquals } from "@std/assert";
import { type Random, seededRandom } from "../../../lib/base/mod.ts";
import { type Message, newResponse } from "../../../lib/message/mod.ts";
import { fromEdged, TEST_STAMP } from "../../support/messages.ts";
import {
  ProcessorBench,
  type Recorder,
  storePods,
} from "../../support/processor_bench.ts";

const NAMES = ["a", "b", "c", "d"];

const idOf = (message: Message) => message.header.msg_id;

/** Agent and cloud of one node, and what each knows. */
class Schedule {
  readonly confirmed = new Set<string>();
  readonly #bench: ProcessorBench;
  readonly #edged: Recorder;
  readonly #random: Random;
  /** What must wait, by resource, in the order of the reports. */
  readonly #waiting = new Map<string, Message[]>();
  /** Number of each report, rising. */
  readonly #numbers = new Map<string, number>();
  /** What the cloud got and has not answered. */
  readonly #got: Message[] = [];
  /** What it got on the present connection, in order. */
  #sent: Message[] = [];
  #connected = false;

  constructor(bench: ProcessorBench, edged: Recorder, random: Random) {
    this.#bench = bench;
    this.#edged = edged;
    this.#random = random;
  }

  /** One step, and a look at what left and what waits. */
  async step(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.5) await this.#report();
    else if (dice < 0.85) await this.#answer();
    else if (dice < 0.92) await this.#turnLink();
    else await this.#bench.clock.advance(this.#random() * 3000);
    this.#look();
  }

  #pick<T>(list: readonly [T, ...T[]]): T {
    return list[Math.floor(this.#random() * list.length)] ?? list[0];
  }

  async #report(): Promise<void> {
    const name = NAMES[Math.floor(this.#random() * NAMES.length)];
    const number = this.#numbers.size + 1;
    const content = { UID: name, Name: name, Status: { number } };
    const [operation, type] = this.#pick<[string, string]>([
      ["update", "podstatus"],
      ["insert", "event"],
      ["update", "event"],
      ["patch", "event"],
      ["delete", "pod"],
    ]);
    const message = fromEdged(operation, `default/${type}/${name}`, content);
    this.#numbers.set(idOf(message), number);
    const line = this.#waiting.get(message.route.resource) ?? [];
    const replaces = operation === "update" &&
      line.at(-1)?.route.operation === "update";
    if (replaces) line.pop();
    line.push(message);
    this.#waiting.set(message.route.resource, line);
    this.#edged.send(message);
    await this.#bench.clock.settle();
    assertEquals(this.#edged.take().map((m) => m.content), ["OK"]);
  }

  /** The cloud answers something, late or not; events by pings alone. */
  async #answer(): Promise<void> {
    const at = Math.floor(this.#random() * this.#got.length);
    const [message] = this.#got.splice(at, 1);
    if (!message || message.route.resource.includes("/event/")) return;
    const before = this.#inOutbox();
    await this.#bench.fromCloud(newResponse(TEST_STAMP, message, "OK"));
    const after = new Set(this.#inOutbox());
    const gone = before.filter((id) => !after.has(id));
    if (message.route.operation === "ping") {
      const earlier = this.#sent.slice(0, this.#sent.indexOf(message));
      const covered = new Set(earlier.map(idOf));
      assert(gone.every((id) => covered.has(id)), "a ping confirms what came");
    } else {
      const known = before.includes(idOf(message));
      assertEquals(gone, known ? [idOf(message)] : [], "its id alone");
    }
    for (const id of gone) this.#confirm(id);
  }

  #confirm(id: string): void {
    this.confirmed.add(id);
    for (const line of this.#waiting.values()) {
      const at = line.findIndex((message) => idOf(message) === id);
      if (at >= 0) line.splice(at, 1);
    }
  }

  async #turnLink(): Promise<void> {
    this.#connected = !this.#connected;
    this.#sent = [];
    await this.#bench.connect(this.#connected);
  }

  /** Of a resource nothing older comes after something newer. */
  #look(): void {
    const newest = new Map<string, number>();
    this.#sent.push(...this.#bench.cloud.messages);
    this.#got.push(...this.#bench.cloud.take());
    for (const message of this.#sent) {
      if (message.route.operation === "ping") continue;
      const { resource } = message.route;
      const number = this.#numbers.get(idOf(message)) ?? 0;
      assert(number > (newest.get(resource) ?? 0), `${resource} ${number}`);
      newest.set(resource, number);
    }
    const waiting = [...this.#waiting.values()].flat().map(idOf);
    assertEquals(this.#inOutbox().sort(), waiting.sort());
  }

  #inOutbox(): string[] {
    return this.#bench.store.outboxInfo(0).map((row) => row.msgId);
  }
}

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  Deno.test(`link_and_queue_state_visible: taken - confirmed = waiting, each resource in order, seed ${seed}`, async () => {
    await using bench = await ProcessorBench.start();
    bench.markSynced();
    storePods(bench.store, NAMES);
    const edged = bench.agent();
    await bench.clock.settle();
    edged.take();
    const schedule = new Schedule(bench, edged, seededRandom(seed));
    for (let i = 0; i < 400; i++) await schedule.step();
    assert(schedule.confirmed.size > 10, `${schedule.confirmed.size}`);
  });
}
