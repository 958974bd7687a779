import { assert } from "@std/assert";
import type { NodeStatus } from "../../lib/app/mod.ts";
import { commandLine } from "../binary/binary.ts";
import { until } from "./edged_harness.ts";
import { askAdmin, NodeProcess } from "./node_process.ts";
import type { World } from "./node_world.ts";

/** How a hostile node starts. */
export interface HostileNodeOptions {
  /** `key=value` words beyond those of the world. */
  readonly sets?: readonly string[];
  /** Variables of its environment. */
  readonly env?: Record<string, string>;
}

/** Short deadlines, so that a fault is noticed while a test waits. */
const QUICK = [
  "edgehub.websocket.handshake-timeout=2s",
  "edgehub.websocket.read-deadline=2s",
  "edgehub.websocket.write-deadline=2s",
  "edgehub.reconnect.base=100ms",
  "edgehub.reconnect.cap=300ms",
  "edged.reply-timeout=2s",
  "meta.query.timeout=2s",
];

/** The compiled program as a process under attack, and what it costs. */
export class HostileNode implements AsyncDisposable {
  readonly process: NodeProcess;
  readonly #world: World;
  #hasEnded = false;

  private constructor(world: World, options: HostileNodeOptions) {
    this.#world = world;
    this.process = new NodeProcess(
      world.sets(...QUICK, ...options.sets ?? []),
      { command: commandLine(), ...options.env ? { env: options.env } : {} },
    );
    void this.process.status.then(() => this.#hasEnded = true);
  }

  /** Starts it; resolves once it runs. */
  static async start(
    world: World,
    options: HostileNodeOptions = {},
  ): Promise<HostileNode> {
    const node = new HostileNode(world, options);
    await node.process.ready();
    return node;
  }

  /** Fails if the process has ended. */
  assertRuns(): void {
    assert(!this.#hasEnded, `The program ended:\n${this.process.output}`);
  }

  /** A page of the operator's socket. */
  async page(path: string): Promise<string> {
    this.assertRuns();
    const answer = await askAdmin(this.#world.adminSocket, path);
    assert(answer, `No answer at ${path}; log:\n${this.process.output}`);
    return answer.text;
  }

  /** What the operator is told. */
  async status(): Promise<NodeStatus> {
    return JSON.parse(await this.page("/status"));
  }

  /** What health says of the cloud link. */
  async linkHealth(): Promise<string> {
    const { checks } = (await this.status()).health;
    return checks.find(({ name }) => name === "cloud link")?.reason ?? "";
  }

  /** Waits until status says that the cloud is connected, or is not. */
  async connected(isSo = true, timeoutMs = 20_000): Promise<void> {
    await until(
      async () => ((await this.status()).link.state === "connected") === isSo,
      `the node is ${isSo ? "" : "not "}connected:\n${
        this.process.lines.slice(-10).join("\n")
      }`,
      timeoutMs,
    );
  }

  /** Begins to measure the peak anew. */
  async resetPeak(): Promise<void> {
    await Deno.writeTextFile(`/proc/${this.process.pid}/clear_refs`, "5");
  }

  /** Highest resident memory since the start or `resetPeak`, in MB of 10^6. */
  async peakMB(): Promise<number> {
    const text = await Deno.readTextFile(`/proc/${this.process.pid}/status`);
    const kB = /^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1];
    assert(kB, text);
    return Math.round(Number(kB) * 1024 / 1e6);
  }

  /** Fails if the peak was above the bound, and says both. */
  async assertPeak(what: string, boundMB: number): Promise<void> {
    const peakMB = await this.peakMB();
    say(`${what}: peak ${peakMB} MB, bound ${boundMB} MB`);
    assert(peakMB <= boundMB, `${what}: ${peakMB} MB, at most ${boundMB}`);
  }

  /** Ends it whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

/** A line of the report: figures that a reader of the run wants to see. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
