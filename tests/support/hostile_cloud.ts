import type { Message } from "../../lib/message/mod.ts";
import { until } from "./edged_harness.ts";
import { HostileNode } from "./hostile_node.ts";
import { fromCloud } from "./messages.ts";
import { World } from "./node_world.ts";
import { ScriptedHub } from "./scripted_hub.ts";

/** The compiled program, and a cloud that says what a test tells it to. */
export class HostileCloud implements AsyncDisposable {
  /** Folder of the node. */
  readonly world: World;
  /** The cloud. */
  readonly hub: ScriptedHub;
  /** The program. */
  readonly node: HostileNode;
  readonly #answers = new Map<string, Message>();
  #seen = 0;

  private constructor(world: World, hub: ScriptedHub, node: HostileNode) {
    this.world = world;
    this.hub = hub;
    this.node = node;
  }

  /** Starts both; resolves once they are connected. */
  static async start(...sets: string[]): Promise<HostileCloud> {
    const world = await World.start();
    const hub = new ScriptedHub();
    const node = await HostileNode.start(world, {
      // A machine under load may be slow to take what is large.
      sets: [
        `edgehub.websocket.url=${hub.url}`,
        "edgehub.websocket.read-deadline=20s",
        "edgehub.websocket.write-deadline=20s",
        ...sets,
      ],
    });
    await hub.connected();
    return new HostileCloud(world, hub, node);
  }

  /** Waits until the node has answered each of these ids. */
  async answered(
    ids: readonly string[],
    timeoutMs = 60_000,
  ): Promise<Message[]> {
    await until(
      () => {
        const { received } = this.hub;
        for (; this.#seen < received.length; this.#seen++) {
          const answer = received[this.#seen];
          const parent = answer?.header.parent_msg_id;
          if (answer && parent) this.#answers.set(parent, answer);
        }
        this.node.assertRuns();
        return ids.every((id) => this.#answers.has(id));
      },
      `answers to ${ids.length} messages; it said:\n${this.node.process.output}`,
      timeoutMs,
    );
    return ids.map((id) => this.#answers.get(id)!);
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.node[Symbol.asyncDispose]();
    await this.hub[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }
}

/** The cloud's update of a configmap. */
export function configUpdate(
  name: string,
  version: number,
  data: Record<string, unknown>,
): Message {
  const resourceVersion = `${version}`;
  return fromCloud("update", `default/configmap/${name}`, {
    kind: "ConfigMap",
    metadata: { name, namespace: "default", uid: name, resourceVersion },
    data,
  });
}
