import { TestServer } from "../unit/edgehub/servers.ts";

/** What a {@link HostileProxy} does with the bytes that pass it. */
export type ProxyMode =
  /** Passes them on. */
  | { readonly kind: "pass" }
  /** Passes them on so many milliseconds later, either way. */
  | { readonly kind: "latency"; readonly delayMs: number }
  /** One byte in one packet, either way. */
  | { readonly kind: "trickle" }
  /** Resets the connection (RST) behind so many bytes towards the node. */
  | { readonly kind: "reset"; readonly afterBytes: number }
  /** Takes them and passes nothing on, without an end: no FIN, no RST. */
  | { readonly kind: "black-hole" }
  /** Passes on what the node sends; nothing comes back. */
  | { readonly kind: "deaf" }
  /** Reads nothing from the node; what comes for it passes. */
  | { readonly kind: "stuck" }
  /** Has lost the cloud, and the node does not hear of it. */
  | { readonly kind: "half-open" }
  /** Puts noise among the bytes towards the node. */
  | { readonly kind: "noise" };

const PASS: ProxyMode = { kind: "pass" };

interface Pair {
  readonly node: Deno.Conn;
  readonly cloud: Deno.Conn;
  /** Bytes passed on towards the node in the mode that holds. */
  passed: number;
}

/**
 * A TCP proxy between a node and its cloud whose behaviour is switched while
 * they talk. What it does to a connection changes at the next bytes.
 */
export class HostileProxy implements AsyncDisposable {
  /** Port on loopback to which new connections are passed. */
  target: number;
  readonly #server: TestServer;
  readonly #pairs = new Set<Pair>();
  readonly #held = new Set<() => void>();
  #mode: ProxyMode = PASS;

  /** Listens at once. */
  constructor(target: number) {
    this.target = target;
    this.#server = new TestServer((conn) => this.#serve(conn as Deno.TcpConn));
  }

  /** Port that a node dials. */
  get port(): number {
    return this.#server.port;
  }

  /** Connections that were accepted. */
  get accepted(): number {
    return this.#server.accepted;
  }

  /** What it does. */
  get mode(): ProxyMode {
    return this.#mode;
  }

  /** Takes effect with the next bytes of connections that are there, too. */
  set mode(mode: ProxyMode) {
    this.#mode = mode;
    for (const pair of this.#pairs) {
      pair.passed = 0;
      if (mode.kind === "half-open") pair.cloud.close();
    }
    for (const go of this.#held) go();
    this.#held.clear();
  }

  /** Ends every connection at once. */
  cut(): void {
    this.#server.cut();
  }

  /** Ends every connection and the port. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.mode = PASS;
    await this.#server[Symbol.asyncDispose]();
  }

  async #serve(node: Deno.TcpConn): Promise<void> {
    node.setNoDelay(true);
    // The node is past a black hole only if nothing answers it there.
    while (this.#isSilent) await this.#changed();
    const { target: port } = this;
    const cloud = await Deno.connect({ hostname: "127.0.0.1", port });
    cloud.setNoDelay(true);
    const pair: Pair = { node, cloud, passed: 0 };
    this.#pairs.add(pair);
    try {
      await Promise.race([
        this.#pump(pair, "up"),
        this.#pump(pair, "down"),
      ]);
    } finally {
      this.#pairs.delete(pair);
      closeOnce(cloud);
    }
  }

  get #isSilent(): boolean {
    return this.#mode.kind === "black-hole" || this.#mode.kind === "half-open";
  }

  /** Settles once the mode was changed. */
  #changed(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.add(resolve);
    return promise;
  }

  async #pump(pair: Pair, way: "up" | "down"): Promise<void> {
    const [from, to] = way === "up"
      ? [pair.node, pair.cloud]
      : [pair.cloud, pair.node];
    const buffer = new Uint8Array(16_384);
    let isOver = false;
    let last = Promise.resolve();
    while (!isOver) {
      while (this.#holds(way)) await this.#changed();
      const length = await read(from, buffer);
      // The node must not hear of the end of a cloud that is lost.
      while (this.#mode.kind === "half-open") await this.#changed();
      if (length === null) break;
      const bytes = buffer.slice(0, length);
      const mode = this.#mode;
      if (mode.kind === "latency") {
        last = this.#later(last, mode.delayMs, () => writeAll(to, bytes));
        continue;
      }
      await last;
      isOver = !await this.#pass(pair, way, bytes);
    }
    await last;
  }

  /** @returns Whether the connection goes on. */
  async #pass(
    pair: Pair,
    way: "up" | "down",
    bytes: Uint8Array,
  ): Promise<boolean> {
    const mode = this.#mode;
    const to = way === "up" ? pair.cloud : pair.node;
    switch (mode.kind) {
      case "black-hole":
        return true;
      case "deaf":
        if (way === "up") await writeAll(to, bytes);
        return true;
      case "trickle":
        for (let i = 0; i < bytes.length; i++) {
          await writeAll(to, bytes.subarray(i, i + 1));
        }
        return true;
      case "noise": {
        const noise = crypto.getRandomValues(new Uint8Array(300));
        if (way === "down") await writeAll(to, noise);
        await writeAll(to, bytes);
        return true;
      }
      case "reset": {
        const left = mode.afterBytes - pair.passed;
        if (way === "up" || bytes.length < left) {
          if (way === "down") pair.passed += bytes.length;
          await writeAll(to, bytes);
          return true;
        }
        await writeAll(to, bytes.subarray(0, left));
        return false;
      }
      default:
        await writeAll(to, bytes);
        return true;
    }
  }

  #holds(way: "up" | "down"): boolean {
    // What the kernel has and nobody read makes a reset of a close.
    return way === "up" && /^(stuck|reset)$/.test(this.#mode.kind);
  }

  async #later(
    behind: Promise<void>,
    delayMs: number,
    run: () => Promise<void>,
  ): Promise<void> {
    await Promise.all([
      behind,
      new Promise((resolve) => setTimeout(resolve, delayMs)),
    ]);
    await run();
  }
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}

/** Like `conn.read`, but an end of whatever kind is an end. */
async function read(
  conn: Deno.Conn,
  into: Uint8Array,
): Promise<number | null> {
  try {
    return await conn.read(into);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return null;
  }
}

function closeOnce(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
