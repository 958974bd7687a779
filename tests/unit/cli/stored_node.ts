import { EdgeNode } from "../../../lib/app/mod.ts";
import { SystemClock } from "../../../lib/base/mod.ts";
import { main } from "../../../lib/cli/mod.ts";
import { loadConfig } from "../../../lib/config/mod.ts";
import {
  openStore,
  type SqliteStore,
  type StoreTransaction,
} from "../../../lib/store/mod.ts";
import { Logger } from "../../../lib/telemetry/mod.ts";
import { FakeIo } from "./fake_io.ts";

/** What a command did. */
export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** A store with objects, a node that runs on it or not, and its commands. */
export class StoredNode implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/store/store.db`;
  readonly sets = [
    `store.path=${this.path}`,
    `admin.socket=${this.folder}/admin.sock`,
    "edged.socket=",
    "edgehub.controller.node-id=edge-1",
  ];
  #node: EdgeNode | undefined;

  /** Writes into the store of the node that is down. */
  write(run: (tx: StoreTransaction) => void): void {
    const store = this.open();
    const batch = store.batch();
    batch.message(() => run(batch.tx));
    batch.commit();
    store.close();
  }

  /** Opens the store as a node does. */
  open(): SqliteStore {
    const owner = { node: "edge-1", authorities: [] };
    const options = { clock: new SystemClock(), reserveBytes: 0, owner };
    return openStore({ path: this.path, ...options });
  }

  /** Puts an object into the store of the node that is down. */
  put(key: string, value: object): void {
    this.write((tx) => putObject(tx, key, value));
  }

  /** Starts the node. */
  async start(): Promise<EdgeNode> {
    const { config } = await loadConfig({
      sets: this.sets,
      hostname: () => "edge-1",
    });
    const clock = new SystemClock();
    const log = new Logger("node", { clock, sink: () => undefined });
    const storeSizes = { reserveBytes: 0 };
    this.#node = new EdgeNode(config, { log, storeSizes });
    await this.#node.start();
    return this.#node;
  }

  /** Stops it. */
  async stop(): Promise<void> {
    await this.#node?.stop();
    this.#node = undefined;
  }

  /** Runs a command. */
  async run(...args: string[]): Promise<Ran> {
    return await this.runWith(new FakeIo(), ...args);
  }

  /** Runs a command with a world of its own. */
  async runWith(io: FakeIo, ...args: string[]): Promise<Ran> {
    const sets = this.sets.flatMap((set) => ["--set", set]);
    const code = await main([...args, ...sets], io);
    return { code, out: io.out, err: io.err };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Puts an object as the cloud's messages do. */
export function putObject(
  tx: StoreTransaction,
  key: string,
  value: object,
): void {
  const { metadata = {} } = value as { metadata?: Record<string, string> };
  tx.put({
    key,
    type: key.startsWith('"') ? "serviceaccounttoken" : key.split("/")[1] ?? "",
    value: JSON.stringify(value),
    uid: metadata.uid ?? "",
    version: metadata.resourceVersion ?? "",
    created: metadata.creationTimestamp ?? "",
    source: "edgecontroller",
  });
}
