import { AgentClient } from "../../lib/agent/mod.ts";
import { SystemClock } from "../../lib/base/mod.ts";
import { CertificateAuthority, CloudHub } from "../../lib/dev/mod.ts";
import type { Message } from "../../lib/message/mod.ts";

/** The program under test: `METAMANAGER_BINARY`, a command line with its runner. */
export function commandLine(): string[] {
  const text = Deno.env.get("METAMANAGER_BINARY");
  if (!text) {
    throw new Error(
      "Set METAMANAGER_BINARY to the program to test, for example " +
        "dist/metamanager-x86_64-unknown-linux-gnu, with its runner before it",
    );
  }
  // A test may run it in another folder.
  const words = text.split(" ");
  return [...words.slice(0, -1), Deno.realPathSync(words.at(-1) ?? "")];
}

/** Runs a short command of the program; its output and exit code. */
export async function runOnce(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [program = "", ...rest] = commandLine();
  const command = new Deno.Command(program, {
    args: [...rest, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Where a program runs. */
export interface Place {
  /** Its folder. @default that of the tests */
  readonly cwd?: string;
  /** Variables beside those of the tests. @default none */
  readonly env?: Record<string, string>;
}

/** A running node: the binary as a process, a hub over wss, a pod agent. */
export class BinaryNode implements AsyncDisposable {
  readonly hub: CloudHub;
  readonly folder: string;
  readonly agent: AgentClient;
  /** What the agent was sent, in order. */
  readonly received: Message[] = [];
  /** What the program wrote to standard error. */
  log = "";
  readonly #place: Place;
  #child: Deno.ChildProcess | undefined;
  #reading: Promise<void> | undefined;
  #waiting = new Set<() => void>();

  private constructor(hub: CloudHub, folder: string, place: Place) {
    this.hub = hub;
    this.folder = folder;
    this.#place = place;
    this.agent = new AgentClient({
      address: { socket: `${folder}/run/edged.sock` },
      module: "edged",
      answers: true,
      onMessage: (message) => {
        this.received.push(message);
        for (const look of this.#waiting) look();
        return { accepted: message.route.resource };
      },
    });
  }

  /** Starts hub, program and agent; resolves once the cloud is connected. */
  static async start(place: Place = {}): Promise<BinaryNode> {
    const clock = new SystemClock();
    const authority = await CertificateAuthority.create(clock);
    const tls = await authority.server({
      dnsNames: ["localhost"],
      ipAddresses: ["127.0.0.1"],
    });
    const pair = await authority.client("edge-1");
    const hub = new CloudHub({ tls });
    await hub.start();
    const folder = await Deno.makeTempDir();
    const files = { ca: authority.cert, crt: pair.cert, key: pair.key };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
    }
    const node = new BinaryNode(hub, folder, place);
    node.launch();
    try {
      // A program that ends at once would be waited for in vain.
      await Promise.race([node.agent.connect(), node.#unexpectedEnd()]);
      await node.got((m) => m.content === "cloud_connected");
      return node;
    } catch (error) {
      await node[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Id of its process. */
  get pid(): number {
    if (!this.#child) throw new Error("The program does not run");
    return this.#child.pid;
  }

  /** Starts the program on the node's folder. */
  launch(): void {
    const [program = "", ...rest] = commandLine();
    const { folder, hub } = this;
    const sets = {
      "edgehub.websocket.url": hub.url("edge-1"),
      "edgehub.websocket.cafile": `${folder}/ca`,
      "edgehub.websocket.certfile": `${folder}/crt`,
      "edgehub.websocket.keyfile": `${folder}/key`,
      "edgehub.controller.node-id": "edge-1",
      "edgehub.reconnect.base": "200ms",
      "meta.sync.podstatus.interval": "1",
      "edged.socket": `${folder}/run/edged.sock`,
      "edged.reply-timeout": "10",
      "admin.socket": `${folder}/run/admin.sock`,
      "store.path": `${folder}/store/metamanager.db`,
    };
    const args = Object.entries(sets).flatMap(([key, value]) => [
      "--set",
      `${key}=${value}`,
    ]);
    this.#child = new Deno.Command(program, {
      args: [...rest, "run", ...args],
      ...this.#place,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#readLog(this.#child.stderr);
  }

  /** Waits for a message to the agent, those that came already included. */
  async got(
    fits: (message: Message) => boolean,
    timeoutMs = 60_000,
  ): Promise<Message> {
    const found = Promise.withResolvers<Message>();
    const look = () => {
      const message = this.received.find(fits);
      if (message) found.resolve(message);
    };
    const timer = setTimeout(
      () => found.reject(new Error(`Nothing fits; log:\n${this.log}`)),
      timeoutMs,
    );
    this.#waiting.add(look);
    look();
    try {
      return await found.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  /** Signals the program and waits for its end. */
  async end(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    const child = this.#child;
    if (!child) throw new Error("The program does not run");
    this.#child = undefined;
    child.kill(signal);
    const status = await child.status;
    await this.#reading;
    return status;
  }

  /** Ends everything and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent.close();
    if (this.#child) await this.end("SIGKILL");
    await this.hub.stop();
    await Deno.remove(this.folder, { recursive: true });
  }

  async #unexpectedEnd(): Promise<never> {
    const status = await this.#child?.status;
    await this.#reading;
    this.#child = undefined;
    throw new Error(`The program ended (${status?.code}); log:\n${this.log}`);
  }

  async #readLog(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.log += decoder.decode(chunk, { stream: true });
    }
  }
}
