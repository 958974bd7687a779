import { EdgeNode, type NodeParts } from "../../lib/app/mod.ts";
import { AgentClient, type AgentClientOptions } from "../../lib/agent/mod.ts";
import { isRecord, SystemClock } from "../../lib/base/mod.ts";
import { loadConfig } from "../../lib/config/mod.ts";
import {
  CertificateAuthority,
  CloudHub,
  type CloudHubOptions,
  type CloudObject,
  EDGE_LABEL,
} from "../../lib/dev/mod.ts";
import { type Message, REPLAY_RESOURCE } from "../../lib/message/mod.ts";
import { Logger } from "../../lib/telemetry/mod.ts";

/** Name of the node in these tests. */
export const NODE = "edge-1";

/** Repeats and repairs that a test can wait for. */
const QUICK = { repairMs: 100, resendMs: 250, giveUpMs: 1000 };

/** How a world differs from a plain one. */
export interface WorldOptions {
  /** `wss` instead of `ws`. */
  readonly tls?: boolean;
  /** The cloud. */
  readonly hub?: CloudHubOptions;
  /** Folder of the store. @default one below the world's */
  readonly storeFolder?: string;
}

/** A cloud hub and the folder of a node that is to connect to it. */
export class World implements AsyncDisposable {
  /** Folder of everything. */
  readonly folder: string;
  /** The cloud. */
  readonly hub: CloudHub;
  /** Certificates, if it speaks TLS. */
  readonly authority: CertificateAuthority | undefined;
  /** Folder of the store. */
  readonly storeFolder: string;

  private constructor(
    folder: string,
    hub: CloudHub,
    more: { authority: CertificateAuthority | undefined; storeFolder: string },
  ) {
    this.folder = folder;
    this.hub = hub;
    this.authority = more.authority;
    this.storeFolder = more.storeFolder;
  }

  /** Starts a hub that knows the node. */
  static async start(options: WorldOptions = {}): Promise<World> {
    const folder = await Deno.makeTempDir();
    const authority = options.tls
      ? await CertificateAuthority.create(new SystemClock())
      : undefined;
    const tls = await authority?.server();
    const hub = new CloudHub({
      timing: QUICK,
      ...options.hub,
      ...(tls ? { tls: { cert: tls.cert, key: tls.key } } : {}),
    });
    await hub.start();
    hub.apply(nodeManifest());
    const storeFolder = options.storeFolder ?? `${folder}/store`;
    const world = new World(folder, hub, { authority, storeFolder });
    await world.#writeCredentials();
    return world;
  }

  /** Path of the database. */
  get storePath(): string {
    return `${this.storeFolder}/metamanager.db`;
  }

  /** Path of the agents' socket. */
  get socket(): string {
    return `${this.folder}/run/edged.sock`;
  }

  /** Path of the operator's socket. */
  get adminSocket(): string {
    return `${this.folder}/run/admin.sock`;
  }

  /** `key=value` words of a node of this world; later ones win. */
  sets(...more: string[]): string[] {
    const file = (name: string) =>
      this.authority ? `${this.folder}/tls/${name}.pem` : "";
    return [
      `edgehub.websocket.url=${this.hub.url(NODE)}`,
      `edgehub.websocket.cafile=${file("ca")}`,
      `edgehub.websocket.certfile=${file("cert")}`,
      `edgehub.websocket.keyfile=${file("key")}`,
      `edgehub.controller.node-id=${NODE}`,
      "edgehub.reconnect.base=50ms",
      "edgehub.reconnect.cap=200ms",
      "edgehub.message-qps=0",
      "edged.reply-timeout=300ms",
      `edged.socket=${this.socket}`,
      `admin.socket=${this.adminSocket}`,
      `store.path=${this.storePath}`,
      "store.snapshot=0",
      ...more,
    ];
  }

  /** A node in this process, not started. */
  async node(
    options: { sets?: readonly string[]; parts?: NodeParts } = {},
  ): Promise<EdgeNode> {
    const { config } = await loadConfig({
      sets: this.sets(...options.sets ?? []),
      hostname: () => NODE,
    });
    return new EdgeNode(config, {
      log: new Logger("node", { clock: new SystemClock(), sink: () => {} }),
      ...options.parts,
      timing: {
        syncSettleMs: 50,
        reconcileDelayMs: 10,
        ...options.parts?.timing,
      },
    });
  }

  /** An agent of this node, not attached. */
  agent(options: Partial<AgentClientOptions> = {}): AgentClient {
    return new AgentClient({
      address: { socket: this.socket },
      module: "edged",
      backoff: { baseMs: 20, capMs: 100 },
      ...options,
    });
  }

  /**
   * Copies the store as a crash in this moment would leave it.
   *
   * @returns Path of the copied database.
   */
  async crashImage(): Promise<string> {
    const folder = `${this.folder}/image-${crypto.randomUUID()}`;
    await copyStore(this.storeFolder, folder);
    return `${folder}/metamanager.db`;
  }

  /** Stops the hub and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.hub.stop();
    await Deno.remove(this.folder, { recursive: true });
  }

  async #writeCredentials(): Promise<void> {
    if (!this.authority) return;
    const pair = await this.authority.client(NODE);
    await Deno.mkdir(`${this.folder}/tls`, { mode: 0o700 });
    const files = { ca: this.authority.cert, cert: pair.cert, key: pair.key };
    for (const [name, text] of Object.entries(files)) {
      const path = `${this.folder}/tls/${name}.pem`;
      await Deno.writeTextFile(path, text, { mode: 0o600 });
    }
  }
}

/** Copies a store's files as a crash leaves them. */
export async function copyStore(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true, mode: 0o700 });
  for await (const { name, isFile } of Deno.readDir(from)) {
    if (!isFile) continue;
    // The shared memory is rebuilt, the reserve is only large.
    if (/-shm$|reserve$/.test(name)) continue;
    await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

function nodeManifest() {
  return {
    kind: "Node",
    metadata: { name: NODE, labels: { [EDGE_LABEL]: "" } },
    spec: {},
    status: {},
  };
}

/** A pod of the node; `n` is what its tests change. */
export function podManifest(name: string, n = 0) {
  return {
    kind: "Pod",
    metadata: { name, labels: { n: String(n) } },
    spec: { nodeName: NODE, containers: [{ name: "c", image: "nginx" }] },
  };
}

/** A configmap with one value. */
export function configManifest(name: string, value: string) {
  return { kind: "ConfigMap", metadata: { name }, data: { value } };
}

/** Names a pod in the cloud. */
export function podRef(name: string) {
  return { type: "pod", namespace: "default", name };
}

/** What an agent knows from what it was handed. */
export class Picture {
  /** Objects by resource. */
  readonly objects = new Map<string, CloudObject>();
  /** What came, as `operation resource uid`. */
  readonly events: string[] = [];
  /** How often everything was sent anew. */
  fullReplays = 0;
  #replayed: Set<string> | undefined;

  /** Takes one message of the node. */
  take({ route, content }: Message): void {
    const { operation, resource } = route;
    if (resource === REPLAY_RESOURCE) return this.#replay(content);
    if (!isRecord(content) || !isRecord(content.metadata)) return;
    const object = content as unknown as CloudObject;
    const { uid } = object.metadata;
    this.events.push(`${operation} ${resource} ${uid}`);
    if (operation === "delete") {
      const known = this.objects.get(resource)?.metadata.uid;
      if (!uid || known === uid) this.objects.delete(resource);
    } else {
      this.objects.set(resource, object);
      this.#replayed?.add(resource);
    }
  }

  /** Uid and label `n` of every object of a type. */
  summary(type: string): string[] {
    return [...this.objects].filter(([key]) => key.includes(`/${type}/`))
      .map(([, { metadata }]) => describe(metadata)).sort();
  }

  /** After a replay of everything, what was not in it is gone. */
  #replay(content: unknown): void {
    if (!isRecord(content) || content.full !== true) return;
    if (content.state === "started") {
      this.#replayed = new Set();
      this.fullReplays++;
    } else if (this.#replayed) {
      for (const key of [...this.objects.keys()]) {
        if (!this.#replayed.has(key)) this.objects.delete(key);
      }
      this.#replayed = undefined;
    }
  }
}

/** The same of the cloud's objects. */
export function summaryOf(objects: readonly CloudObject[]): string[] {
  return objects.map(({ metadata }) => describe(metadata)).sort();
}

function describe({ name, uid, labels }: CloudObject["metadata"]): string {
  return `${name} ${uid} ${labels?.n}`;
}
