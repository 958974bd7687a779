import { EdgeNode, type NodeParts } from "../../lib/app/mod.ts";
import { SystemClock } from "../../lib/base/mod.ts";
import { loadConfig } from "../../lib/config/mod.ts";
import {
  type CertificateAuthority,
  EnrolmentServer,
  type EnrolmentServerOptions,
  type KeyPairPem,
} from "../../lib/dev/mod.ts";
import { writeCredentials } from "../../lib/identity/mod.ts";
import { Logger } from "../../lib/telemetry/mod.ts";
import { until } from "./edged_harness.ts";
import { NODE, World } from "./node_world.ts";

const clock = new SystemClock();

/** A cloud over TLS with its certificate server, and a node's own folder. */
export class JoinWorld implements AsyncDisposable {
  /** The cloud. */
  readonly world: World;
  /** Its certificate server. */
  readonly server: EnrolmentServer;
  /** Its authority. */
  readonly ca: CertificateAuthority;

  private constructor(
    world: World,
    server: EnrolmentServer,
    ca: CertificateAuthority,
  ) {
    this.world = world;
    this.server = server;
    this.ca = ca;
  }

  /** Starts the cloud. */
  static async start(
    intercept?: EnrolmentServerOptions["intercept"],
  ): Promise<JoinWorld> {
    const world = await World.start({ tls: true });
    const ca = world.authority!;
    const server = new EnrolmentServer({
      ca,
      clock,
      ...(intercept ? { intercept } : {}),
    });
    await server.start();
    return new JoinWorld(world, server, ca);
  }

  /** Where the node's credentials go. */
  get files() {
    const at = `${this.world.folder}/certs`;
    return {
      caFile: `${at}/rootCA.crt`,
      certFile: `${at}/server.crt`,
      keyFile: `${at}/server.key`,
    };
  }

  /** Path of the token file. */
  get tokenFile(): string {
    return `${this.world.folder}/token`;
  }

  /** `key=value` words of a node that has not joined. */
  sets(...more: string[]): string[] {
    const { caFile, certFile, keyFile } = this.files;
    return [
      `edgehub.websocket.cafile=${caFile}`,
      `edgehub.websocket.certfile=${certFile}`,
      `edgehub.websocket.keyfile=${keyFile}`,
      `edgehub.http-server=127.0.0.1:${this.server.port}`,
      ...more,
    ];
  }

  /** A node, not started. */
  async node(
    options: {
      sets?: readonly string[];
      file?: string;
      parts?: NodeParts;
    } = {},
  ): Promise<EdgeNode> {
    const { config } = await loadConfig({
      ...(options.file ? { file: options.file } : {}),
      sets: this.world.sets(...this.sets(...options.sets ?? [])),
      hostname: () => NODE,
    });
    return new EdgeNode(config, {
      log: new Logger("node", { clock, sink: () => {} }),
      ...options.parts,
      timing: { syncSettleMs: 50, ...options.parts?.timing },
    });
  }

  /** Puts a pair and the authority in place. */
  write({ cert, key }: KeyPairPem, ca: CertificateAuthority = this.ca): void {
    writeCredentials(this.files, {
      caPem: ca.cert,
      certPem: cert,
      keyPem: key,
    });
  }

  /** Puts a token into the token file. */
  async drop(token: string): Promise<void> {
    await Deno.writeTextFile(this.tokenFile, `${token}\n`, { mode: 0o600 });
  }

  /** A new token. */
  token(untilMs?: number): Promise<string> {
    return this.server.endpoint.tokens.issue(untilMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    await this.world[Symbol.asyncDispose]();
  }
}

/** The check of the node's identity. */
export function identityOf(node: EdgeNode): { state: string; reason: string } {
  const { checks } = node.health.report();
  const { state = "", reason = "" } =
    checks.find(({ name }) => name === "identity") ?? {};
  return { state, reason };
}

/** Waits for the link. */
export function connected(node: EdgeNode): Promise<void> {
  return until(() => node.status().link.state === "connected", "connected");
}
