import { SystemClock } from "../../lib/base/mod.ts";
import { AdminClientError, askNode } from "../../lib/cli/admin_client.ts";
import { CertificateAuthority } from "../../lib/dev/mod.ts";
import { LoadHub } from "./hub.ts";
import { Measured } from "./process.ts";
import { serviceEnvironment } from "./service.ts";

/** Programs that are measured, as command lines. */
export interface Programs {
  /** The node. */
  readonly node: readonly string[];
  /** The bare loop. */
  readonly floor: readonly string[];
  /** The pod agent. */
  readonly agent: readonly string[];
}

/** How a node is started. */
export interface NodeOptions {
  /** Attach a pod agent that answers. @default true */
  readonly agent?: boolean;
  /** Folder of a closed store to begin with; copied. */
  readonly store?: string;
  /** Further settings. */
  readonly sets?: Readonly<Record<string, string>>;
  /** Whether to wait until it is connected, and the agent attached. @default true */
  readonly wait?: boolean;
}

/** A measured program under load, with its hub. */
export interface Subject extends AsyncDisposable {
  /** The cloud. */
  readonly hub: LoadHub;
  /** The program. */
  readonly process: Measured;
  /** Folder with its files. */
  readonly folder: string;
  /** When it was started, by performance.now(). */
  readonly startedMs: number;
}

/** Starts what is measured: each time a new process on a new folder. */
export class World {
  readonly #programs: Programs;
  readonly #base: string;
  readonly #tls: { cert: string; key: string };
  readonly #files: Readonly<Record<string, string>>;
  /** Of the node and of the loop, which share what it costs. */
  readonly #environment = serviceEnvironment();
  #count = 0;

  private constructor(
    programs: Programs,
    base: string,
    tls: { cert: string; key: string },
    files: Readonly<Record<string, string>>,
  ) {
    this.#programs = programs;
    this.#base = base;
    this.#tls = tls;
    this.#files = files;
  }

  /** Makes certificates. @param folder On the disk that is to be measured. */
  static async create(programs: Programs, folder?: string): Promise<World> {
    const authority = await CertificateAuthority.create(new SystemClock());
    const tls = await authority.server({
      dnsNames: ["localhost"],
      ipAddresses: ["127.0.0.1"],
    });
    const pair = await authority.client("edge-1");
    const base = await Deno.makeTempDir({
      prefix: "metamanager-bench-",
      ...(folder ? { dir: folder } : {}),
    });
    const files = { ca: authority.cert, crt: pair.cert, key: pair.key };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${base}/${name}`, text, { mode: 0o600 });
    }
    return new World(programs, base, tls, files);
  }

  /** Folder for whatever lives as long as the world. */
  get folder(): string {
    return this.#base;
  }

  /** Starts the node. */
  async node(options: NodeOptions = {}): Promise<NodeSubject> {
    const folder = await this.#newFolder();
    const hub = new LoadHub(this.#tls);
    const store = `${folder}/store/metamanager.db`;
    await Deno.mkdir(`${folder}/store`, { mode: 0o700 });
    if (options.store) {
      for await (const { name } of Deno.readDir(options.store)) {
        const copy = `${folder}/store/${name}`;
        copyByPages(`${options.store}/${name}`, copy);
      }
    }
    const sets = {
      "edgehub.websocket.url": hub.url,
      "edgehub.websocket.cafile": `${this.#base}/ca`,
      "edgehub.websocket.certfile": `${this.#base}/crt`,
      "edgehub.websocket.keyfile": `${this.#base}/key`,
      "edgehub.controller.node-id": "edge-1",
      "edgehub.message-qps": "0",
      "edged.socket": `${folder}/run/edged.sock`,
      "admin.socket": `${folder}/run/admin.sock`,
      "store.path": store,
      "log.level": "warn",
      ...options.sets,
    };
    const args = Object.entries(sets).flatMap(([key, value]) => [
      "--set",
      `${key}=${value}`,
    ]);
    const startedMs = performance.now();
    const process = new Measured(
      [...this.#programs.node, "run", ...args],
      this.#environment,
    );
    const subject = new NodeSubject({ hub, process, folder, startedMs });
    if (options.wait === false) return subject;
    await Promise.race([
      subject.ready(),
      process.unexpectedEnd(),
    ]);
    if (options.agent ?? true) await this.attach(subject);
    return subject;
  }

  /** Starts a pod agent of a node and waits until it has caught up. */
  attach(subject: NodeSubject): Promise<void> {
    return subject.attach(this.#programs.agent);
  }

  /** Starts the bare loop. @param rows Objects stored before. */
  async floor(rows = 0): Promise<Subject> {
    const folder = await this.#newFolder();
    const hub = new LoadHub(this.#tls);
    const startedMs = performance.now();
    const process = new Measured([
      ...this.#programs.floor,
      hub.url,
      `${this.#base}/ca`,
      `${folder}/floor.db`,
      String(rows),
    ], this.#environment);
    await Promise.race([hub.connected(), process.unexpectedEnd()]);
    return {
      hub,
      process,
      folder,
      startedMs,
      async [Symbol.asyncDispose]() {
        await process.end("SIGKILL");
        await hub.stop();
        await Deno.remove(folder, { recursive: true });
      },
    };
  }

  /** Removes all files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#base, { recursive: true });
  }

  async #newFolder(): Promise<string> {
    const folder = `${this.#base}/${++this.#count}`;
    await Deno.mkdir(folder);
    return folder;
  }
}

/** What is read of the node's status. */
interface Status {
  readonly link: { readonly state: string };
  readonly store: { readonly revision: number };
}

/** A running node. */
export class NodeSubject implements Subject {
  readonly hub: LoadHub;
  readonly process: Measured;
  readonly folder: string;
  readonly startedMs: number;
  #agent: Measured | undefined;

  /** Takes over what was started. */
  constructor(parts: {
    hub: LoadHub;
    process: Measured;
    folder: string;
    startedMs: number;
  }) {
    this.hub = parts.hub;
    this.process = parts.process;
    this.folder = parts.folder;
    this.startedMs = parts.startedMs;
  }

  /** The pod agent's process, once one is attached. */
  get agent(): Measured | undefined {
    return this.#agent;
  }

  /** Path of the socket for agents. */
  get socket(): string {
    return `${this.folder}/run/edged.sock`;
  }

  /** Revision of its store. */
  async revision(): Promise<number> {
    return (await this.#status()).store.revision;
  }

  /** Resolves once the cloud is connected and the local socket is there. */
  async ready(): Promise<void> {
    await this.hub.connected();
    // No agent, which would be handed all that is stored.
    await this.hub.until(() => this.#listens(), "the agents' socket is there");
    // Until the cloud has answered, the node answers from its store alone.
    while (!await this.#isConnected()) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #isConnected(): Promise<boolean> {
    try {
      return (await this.#status()).link.state === "connected";
    } catch (error) {
      // The operator's socket is the last that is opened.
      if (error instanceof AdminClientError) return false;
      throw error;
    }
  }

  async #status(): Promise<Status> {
    const status = await askNode(`${this.folder}/run/admin.sock`, "/status");
    return status as unknown as Status;
  }

  #listens(): boolean {
    try {
      return Deno.statSync(this.socket).isSocket === true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Starts a pod agent and waits until it has caught up. */
  async attach(program: readonly string[]): Promise<void> {
    const agent = new Measured([...program, this.socket]);
    this.#agent = agent;
    await this.hub.until(
      () => agent.log.includes("caught up"),
      "the agent to catch up",
      180_000,
    );
  }

  /** Ends everything and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent?.end("SIGKILL");
    await this.process.end("SIGKILL");
    await this.hub.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/**
 * Copies a file page by page and flushes it. A copy in one go would lie in
 * large folios of the page cache, and the kernel counts a whole one for each
 * page that is written later; one that is not flushed yet would be flushed
 * at the cost of the program that is measured.
 */
function copyByPages(from: string, to: string): void {
  using source = Deno.openSync(from);
  using target = Deno.openSync(to, {
    write: true,
    createNew: true,
    mode: 0o600,
  });
  const page = new Uint8Array(4096);
  for (;;) {
    const length = source.readSync(page);
    if (length === null) break;
    for (let at = 0; at < length;) {
      at += target.writeSync(page.subarray(at, length));
    }
  }
  target.syncSync();
}
