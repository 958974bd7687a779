import { isRecord } from "../../lib/base/mod.ts";
import type { AgentClient, PodName } from "../../lib/agent/mod.ts";
import { until } from "./edged_harness.ts";
import { HostileNode, type HostileNodeOptions } from "./hostile_node.ts";
import { HostileProxy } from "./hostile_proxy.ts";
import {
  NODE,
  Picture,
  podManifest,
  podRef,
  summaryOf,
  World,
} from "./node_world.ts";

const PODS = Array.from({ length: 8 }, (_, i) => `p${i}`);

/**
 * A cloud over TLS, a hostile proxy before it, the program as a process, and
 * an agent with pods to report of.
 */
export class HostileScene implements AsyncDisposable {
  readonly world: World;
  readonly proxy: HostileProxy;
  readonly node: HostileNode;
  readonly agent: AgentClient;
  readonly picture: Picture;
  #round = 0;

  private constructor(
    parts: Pick<HostileScene, "world" | "proxy" | "node" | "agent" | "picture">,
  ) {
    this.world = parts.world;
    this.proxy = parts.proxy;
    this.node = parts.node;
    this.agent = parts.agent;
    this.picture = parts.picture;
  }

  /** Starts everything; resolves once all is in line. */
  static async start(options: HostileNodeOptions = {}): Promise<HostileScene> {
    // As CloudHub, scaled down: who is not heard of is ended.
    const timing = { repairMs: 100, resendMs: 250, keepaliveMs: 5000 };
    const world = await World.start({ tls: true, hub: { timing } });
    const proxy = new HostileProxy(world.hub.port);
    const url = `edgehub.websocket.url=wss://127.0.0.1:${proxy.port}`;
    const node = await HostileNode.start(world, {
      ...options,
      sets: [url, "edgehub.controller.heartbeat=1s", ...options.sets ?? []],
    });
    const picture = new Picture();
    const agent = world.agent({
      answers: true,
      onMessage: (message) => picture.take(message),
    });
    const scene = new HostileScene({ world, proxy, node, agent, picture });
    try {
      await agent.connect();
      await node.connected();
      scene.changeInCloud();
      await scene.converged();
      return scene;
    } catch (error) {
      await scene[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Every pod changes in the cloud. */
  changeInCloud(): void {
    this.#round++;
    const { hub } = this.world;
    for (const name of PODS) hub.apply(podManifest(name, this.#round));
  }

  /** Reports of every pod; each was answered OK, so none may be lost. */
  async report(): Promise<void> {
    const round = this.#round;
    await Promise.all(
      this.#pods().map((pod) => this.agent.reportPodStatus(pod, { round })),
    );
  }

  /**
   * Waits until cloud, node and agent have the same, reports included.
   *
   * @param timeoutMs For each step.
   */
  async converged(timeoutMs = 40_000): Promise<void> {
    await this.agreed(timeoutMs);
    await until(
      async () => (await this.node.status()).store?.outbox === 0,
      "every report is confirmed",
      timeoutMs,
    );
  }

  /** As `converged`, though others' reports may still wait. */
  async agreed(timeoutMs = 40_000): Promise<void> {
    const { hub } = this.world;
    const want = () => summaryOf(hub.list("pod")).join();
    await until(
      () => this.picture.summary("pod").join() === want(),
      `the agent has what the cloud has:\n${want()}\nbut has:\n${
        this.picture.summary("pod")
      }`,
      timeoutMs,
    );
    await this.report();
    await until(
      () =>
        PODS.every((name) =>
          roundOf(hub.get(podRef(name))?.status) === this.#round
        ),
      "the cloud has the newest report of each pod",
      timeoutMs,
    );
    await hub.synced(NODE);
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent.close();
    await this.node[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }

  #pods(): PodName[] {
    return PODS.map((name) => {
      const uid = this.world.hub.get(podRef(name))?.metadata.uid ?? "";
      return { namespace: "default", name, uid };
    });
  }
}

function roundOf(status: unknown): unknown {
  return isRecord(status) ? status.round : undefined;
}
