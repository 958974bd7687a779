import type { Clock } from "../base/mod.ts";
import { LIMITS } from "../base/mod.ts";
import {
  type ByteStream,
  clientHandshake,
  HandshakeRefusedError,
  WebSocketConnection,
} from "../websocket/mod.ts";
import { AgentRefusedError } from "./errors.ts";

/** Where the node listens for agents. */
export type AgentAddress =
  | {
    /** Path of the Unix socket. */
    readonly socket: string;
  }
  | {
    /** Loopback address. */
    readonly host: string;
    /** Port of the loopback door. */
    readonly port: number;
    /** Content of the node's token file. */
    readonly token: string;
  };

/** What the agent says when it attaches. */
export interface AttachQuery {
  /** Name of the module. */
  readonly module: string;
  /** Whether it answers inserts, updates and deletes. */
  readonly answers: boolean;
  /** Revision up to which it has everything. */
  readonly since?: number;
}

/** Milliseconds for the whole handshake. */
const HANDSHAKE_MS = 10_000;

/** Statuses that the next try may not get: full, restarting, being set up. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([409, 500, 502, 503]);

/**
 * Opens one connection.
 *
 * @throws {AgentRefusedError} If the node will never let this agent in.
 * @throws If the node cannot be reached now.
 */
export async function dial(
  address: AgentAddress,
  query: AttachQuery,
  clock: Clock,
): Promise<WebSocketConnection> {
  const stream = await connect(address);
  const deadline = clock.after(HANDSHAKE_MS, () => stream.close());
  try {
    const { leftover } = await clientHandshake(stream, {
      host: "socket" in address
        ? "localhost"
        : `${bracketed(address.host)}:${address.port}`,
      path: attachPath(query),
      headers: "socket" in address
        ? {}
        : { authorization: `Bearer ${address.token}` },
      nonce: () => crypto.getRandomValues(new Uint8Array(16)),
    });
    return new WebSocketConnection(stream, {
      role: "client",
      clock,
      maskKeys: (into) => void crypto.getRandomValues(into),
      messageBytesMax: LIMITS.messageBytesMax,
      leftover,
    });
  } catch (error) {
    stream.close();
    if (
      error instanceof HandshakeRefusedError &&
      !PASSING_STATUSES.has(error.status)
    ) {
      const reason = error.bodyStart.trim() || error.statusText;
      throw new AgentRefusedError(error.status, reason, { cause: error });
    }
    throw error;
  } finally {
    deadline.cancel();
  }
}

async function connect(address: AgentAddress): Promise<ByteStream> {
  const connection = "socket" in address
    ? await Deno.connect({ transport: "unix", path: address.socket })
    : await connectTcp(address.host, address.port);
  let isClosed = false;
  return {
    read: (into) => connection.read(into),
    write: (bytes) => connection.write(bytes),
    close: () => {
      if (isClosed) return;
      isClosed = true;
      connection.close();
    },
  };
}

async function connectTcp(host: string, port: number): Promise<Deno.Conn> {
  const connection = await Deno.connect({ hostname: host, port });
  // Without this two small frames in a row cost 41 ms (platform.md 1.6).
  connection.setNoDelay(true);
  return connection;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function attachPath({ module, answers, since }: AttachQuery): string {
  const query = new URLSearchParams({ answers: String(answers) });
  if (since !== undefined) query.set("since", String(since));
  return `/attach/${encodeURIComponent(module)}?${query}`;
}
