import { join } from "node:path";
import { type Clock, type Ids, SystemClock, systemIds } from "../base/mod.ts";
import { CertificateAuthority } from "./certificates.ts";
import { CloudHub, type HubEvent, type HubFrame } from "./cloud_hub.ts";
import { EDGE_LABEL } from "./edge_controller.ts";
import { ManifestApi } from "./manifest_api.ts";

/** How a development hub is run. */
export interface DevelopmentHubOptions {
  /** Folder for certificates, the token and the node's configuration. */
  readonly folder: string;
  /** Name of the node that may connect. */
  readonly node: string;
  /** Port for nodes; 0 takes a free one. @default 10000, CloudCore's own */
  readonly port?: number;
  /** Port for manifests; 0 takes a free one. @default 10080 */
  readonly apiPort?: number;
  /** Time. @default the machine's */
  readonly clock?: Clock;
  /** Ids of messages and objects, and the token. @default random */
  readonly ids?: Ids;
}

/** Where a hub is found: what its folder's `hub.json` says. */
export interface HubAddress {
  /** Address for manifests. */
  readonly url: string;
  /** What a caller has to know. */
  readonly token: string;
}

/** File in the hub's folder that says where it is. */
export const HUB_FILE = "hub.json";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Life of its certificates, in milliseconds: one that runs on goes on. */
const LIFE_MS = 365 * 24 * 3600 * 1000;

/**
 * A cloud to play with on one's own machine: the model of CloudCore behind TLS
 * on a loopback port, and manifests over HTTP on another. Objects live in
 * memory. The folder holds all that a node and a person need to find it, made
 * anew with each start.
 */
export class DevelopmentHub implements AsyncDisposable {
  /** The cloud. */
  readonly hub: CloudHub;
  /** Where manifests go. */
  readonly address: HubAddress;
  /** Configuration of a node that dials this hub. */
  readonly nodeConfig: string;
  readonly #api: Deno.HttpServer;
  readonly #ending: AbortController;

  private constructor(parts: {
    hub: CloudHub;
    address: HubAddress;
    nodeConfig: string;
    api: Deno.HttpServer;
    ending: AbortController;
  }) {
    this.hub = parts.hub;
    this.address = parts.address;
    this.nodeConfig = parts.nodeConfig;
    this.#api = parts.api;
    this.#ending = parts.ending;
  }

  /**
   * Starts one.
   *
   * @throws {Deno.errors.AddrInUse} If a port is taken.
   */
  static async start(options: DevelopmentHubOptions): Promise<DevelopmentHub> {
    const { folder, node, clock = new SystemClock(), ids = systemIds } =
      options;
    const validity = { untilMs: LIFE_MS };
    const authority = await CertificateAuthority.create(clock, validity);
    const client = await authority.client(node, validity);
    const hub = new CloudHub({
      clock,
      ids,
      tls: await authority.server(validity),
      port: options.port ?? 10_000,
    });
    await hub.start();
    const ending = new AbortController();
    try {
      register(hub, node);
      const token = ids();
      const manifests = new ManifestApi({ core: hub.core, token, node });
      const api = Deno.serve({
        hostname: "127.0.0.1",
        port: options.apiPort ?? 10_080,
        signal: ending.signal,
        onListen: () => undefined,
      }, (request) => manifests.answer(request));
      const address = { url: `http://127.0.0.1:${api.addr.port}`, token };
      await makeFolder(folder);
      const nodeConfig = join(folder, `${node}.yaml`);
      const files = {
        [join(folder, "rootCA.crt")]: authority.cert,
        [join(folder, `${node}.crt`)]: client.cert,
        [join(folder, `${node}.key`)]: client.key,
        [join(folder, HUB_FILE)]: JSON.stringify(address, undefined, 2) + "\n",
        [nodeConfig]: configOf(node, hub.url(node)),
      };
      for (const [path, text] of Object.entries(files)) {
        await writeWhole(path, text);
      }
      return new DevelopmentHub({ hub, address, nodeConfig, api, ending });
    } catch (error) {
      ending.abort();
      await hub.stop();
      throw error;
    }
  }

  /** Tells of all that passes, until the returned function is called. */
  watch(tell: {
    readonly frame: (frame: HubFrame) => void;
    readonly event: (event: HubEvent) => void;
  }): () => void {
    const ends = [
      this.hub.frames.watch(tell.frame),
      this.hub.events.watch(tell.event),
    ];
    return () => ends.forEach((end) => end());
  }

  /** Ends it; the folder stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#api.finished;
    await this.hub.stop();
  }
}

/** As its agent would do it: without a Node the cloud sends nothing. */
function register(hub: CloudHub, node: string): void {
  hub.apply({
    kind: "Node",
    metadata: { name: node, labels: { [EDGE_LABEL]: "" } },
  });
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { mode: FOLDER_MODE });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** Nobody reads half a file, and nobody else reads the key. */
async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  await Deno.writeTextFile(part, text, { mode: FILE_MODE });
  await Deno.chmod(part, FILE_MODE);
  await Deno.rename(part, path);
}

/** Paths count from the folder of the file. */
function configOf(node: string, url: string): string {
  return `# A node for the development hub; made anew when the hub starts.
store: { path: ${node}/metamanager.db }
edged: { socket: ${node}/edged.sock }
admin: { socket: ${node}/admin.sock }
edgehub:
  websocket:
    url: ${url}
    cafile: rootCA.crt
    certfile: ${node}.crt
    keyfile: ${node}.key
  controller:
    node-id: ${node}
`;
}
