import { join } from "node:path";
import { EdgeNode, type NodeStatus } from "../app/mod.ts";
import type { Clock } from "../base/mod.ts";
import { type Config, loadConfig } from "../config/mod.ts";
import { CertificateAuthority, CloudHub } from "../dev/mod.ts";
import type { Logger } from "../telemetry/mod.ts";
import { PodAgent } from "./pod_agent.ts";
import { PowerCut } from "./power_cut.ts";
import { Wire } from "./wire.ts";

/** Name of the node. */
export const NODE = "edge-1";

/** What a world takes from outside. */
export interface WorldOptions {
  /** Time. */
  readonly clock: Clock;
  /** Log lines of the node. */
  readonly log: Logger;
  /** Folder for everything; there, and empty. */
  readonly folder: string;
}

/**
 * A tenth of CloudCore's own times, so that repeats and repairs can be seen;
 * keepalive stays.
 */
const HUB_TIMING = { resendMs: 500, giveUpMs: 2500, repairMs: 400 };
/** Twice the period of the repairs, as with the real ones. */
const SYNC_SETTLE_MS = 2 * HUB_TIMING.repairMs;

/**
 * A cloud, a node and a pod agent in one process: real TLS, a real Unix
 * socket, a real store in a folder.
 */
export class World implements AsyncDisposable {
  /** The cloud. */
  readonly hub: CloudHub;
  /** The pod agent. */
  readonly agent: PodAgent;
  /** What passed between them. */
  readonly wire: Wire;
  readonly #options: WorldOptions;
  readonly #config: Config;
  #node: EdgeNode | undefined;

  private constructor(
    options: WorldOptions,
    parts: { hub: CloudHub; config: Config },
  ) {
    const { hub, config } = parts;
    this.#options = options;
    this.#config = config;
    this.hub = hub;
    this.wire = new Wire(hub);
    this.agent = new PodAgent({
      socket: config.edged.socket,
      node: NODE,
      clock: options.clock,
      onMessage: (passed) => this.wire.note(passed),
    });
  }

  /** Makes certificates and files; nothing runs yet. */
  static async create(options: WorldOptions): Promise<World> {
    const { clock, folder } = options;
    const authority = await CertificateAuthority.create(clock);
    const client = await authority.client(NODE);
    const files = {
      cafile: ["ca.pem", authority.cert],
      certfile: ["client.pem", client.cert],
      keyfile: ["client-key.pem", client.key],
    } as const;
    const sets: string[] = [];
    for (const [key, [name, text]] of Object.entries(files)) {
      const path = join(folder, name);
      await Deno.writeTextFile(path, text, { mode: 0o600, createNew: true });
      sets.push(`edgehub.websocket.${key}=${path}`);
    }
    const tls = await authority.server();
    const hub = new CloudHub({ clock, tls, timing: HUB_TIMING });
    // Listening once fixes the port: the node is to start without a cloud.
    await hub.start();
    await hub.stop();
    const { config } = await loadConfig({
      sets: [
        ...sets,
        ...settings(folder),
        `edgehub.websocket.url=${hub.url(NODE)}`,
      ],
      hostname: () => NODE,
    });
    return new World(options, { hub, config });
  }

  /** Address of the cloud. */
  get url(): string {
    return this.#config.edgehub.websocket.url;
  }

  /** Path of the store. */
  get store(): string {
    return this.#config.store.path;
  }

  /**
   * The node that runs.
   *
   * @throws {TypeError} If none does.
   */
  get node(): EdgeNode {
    if (!this.#node) throw new TypeError("The node does not run");
    return this.#node;
  }

  /** State of the node that runs. */
  status(): NodeStatus {
    return this.node.status();
  }

  /** Revision of the store's last change. */
  revision(): number {
    return this.status().store?.revision ?? 0;
  }

  /** Messages in the outbox. */
  outbox(): number {
    return this.status().store?.outbox ?? 0;
  }

  /**
   * Starts the node on its folder.
   *
   * @throws What `EdgeNode.start` throws.
   */
  async startNode(): Promise<void> {
    const { clock, log } = this.#options;
    this.#node = new EdgeNode(this.#config, {
      clock,
      log,
      timing: { syncSettleMs: SYNC_SETTLE_MS },
    });
    await this.#node.start();
  }

  /**
   * Ends the node as a power cut does: its store is left as it was between
   * two transactions, whatever a stop in good order would have done to it.
   */
  async cutPower(): Promise<void> {
    const cut = new PowerCut(this.store, join(this.#options.folder, "image"));
    cut.take();
    await this.stopNode();
    cut.restore();
  }

  /** Stops the node. Idempotent. */
  async stopNode(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    await node?.stop();
  }

  /** Stops everything; the folder stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent.stop();
    await this.stopNode();
    await this.hub.stop();
  }
}

/** What differs from the defaults, besides address and certificates. */
function settings(folder: string): string[] {
  return [
    `store.path=${join(folder, "store", "metamanager.db")}`,
    `edged.socket=${join(folder, "run", "edged.sock")}`,
    "admin.socket=",
    `edgehub.controller.node-id=${NODE}`,
    "edgehub.reconnect.base=0.1",
    "edgehub.reconnect.cap=0.5",
    "edgehub.message-qps=0",
    "meta.sync.podstatus.interval=1",
    "meta.query.timeout=1",
  ];
}
