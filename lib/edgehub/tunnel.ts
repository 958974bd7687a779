import type { Socket } from "node:net";
import {
  type ByteStream,
  HandshakeError,
  type Head,
  HeadReader,
} from "../websocket/mod.ts";
import { LinkError } from "./link_error.ts";
import { isPastProxy } from "./no_proxy.ts";
import { handleOf } from "./socket_stream.ts";

/** A proxy, and what is reached past it. */
export interface ProxyOptions {
  /** `http://` address, with user and password if it wants them. */
  readonly url: URL;
  /** Rules as in `NO_PROXY`, one each. */
  readonly except: readonly string[];
}

/** Where a tunnel ends. */
export interface TunnelTarget {
  /** Name or address, without brackets. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
}

/** The proxy to dial a target through; `undefined`: none. */
export function proxyFor(
  target: TunnelTarget,
  proxy: ProxyOptions | undefined,
): URL | undefined {
  return proxy && !isPastProxy(target, proxy.except) ? proxy.url : undefined;
}

/**
 * Asks a proxy for a tunnel (RFC 9110 9.3.6): afterwards the stream reaches
 * the target, and nothing has been read from it. No error names the user or
 * the password.
 *
 * @throws {LinkError} If the proxy refuses, or is none.
 * @throws The stream's error.
 */
export async function openTunnel(
  stream: ByteStream,
  target: TunnelTarget,
  proxy: URL,
): Promise<void> {
  const bytes = new TextEncoder().encode(requestOf(target, proxy));
  for (let at = 0; at < bytes.length;) {
    at += await stream.write(bytes.subarray(at));
  }
  const reader = new HeadReader(stream);
  const head = await readHead(reader, proxy);
  const status = /^HTTP\/1\.[01] ([1-5][0-9][0-9])(?: (.*))?$/.exec(
    head.startLine,
  );
  if (!status) throw noProxy(proxy, "its answer is not HTTP/1.1");
  const code = Number(status[1]);
  if (code < 200 || code > 299) throw refused(target, proxy, status);
  // Neither end of what is tunnelled speaks before we do.
  if (reader.rest.length > 0) {
    throw noProxy(proxy, "it sent something behind its answer");
  }
}

/**
 * The socket as a stream that leaves it ready for TLS: it reads only while
 * somebody waits, and stops within the event of a read, the one moment in
 * which no read is under way (Deno 2.7.11). TLS that begins while the runtime
 * reads would never see its bytes.
 */
export function tunnelStream(socket: Socket): ByteStream & Disposable {
  const chunks: Uint8Array[] = [];
  let isOver = false;
  let change = Promise.withResolvers<void>();
  const wake = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const onData = (chunk: Uint8Array) => {
    handleOf(socket)?.readStop();
    chunks.push(chunk);
    wake();
  };
  const onEnd = () => {
    isOver = true;
    wake();
  };
  for (const event of ["end", "close", "error"]) socket.on(event, onEnd);
  let isFlowing = false;
  return {
    read: async (into) => {
      if (chunks.length === 0 && isFlowing) handleOf(socket)?.readStart();
      if (!isFlowing) socket.on("data", onData);
      isFlowing = true;
      while (chunks.length === 0 && !isOver) await change.promise;
      const [chunk] = chunks;
      if (!chunk) return null;
      const part = chunk.subarray(0, into.length);
      into.set(part);
      if (part.length === chunk.length) chunks.shift();
      else chunks[0] = chunk.subarray(part.length);
      return part.length;
    },
    write: (bytes) => {
      const written = Promise.withResolvers<number>();
      socket.write(bytes, (error) => {
        if (error) written.reject(error);
        else written.resolve(bytes.length);
      });
      return written.promise;
    },
    close: () => void socket.destroy(),
    [Symbol.dispose]: () => {
      socket.off("data", onData);
      for (const event of ["end", "close", "error"]) socket.off(event, onEnd);
    },
  };
}

function requestOf({ host, port }: TunnelTarget, proxy: URL): string {
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (proxy.username || proxy.password) {
    const pair = `${plain(proxy.username)}:${plain(proxy.password)}`;
    const bytes = new TextEncoder().encode(pair);
    lines.push(`Proxy-Authorization: Basic ${bytes.toBase64()}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** User or password in plain text; as it stands where its percent signs are none. */
function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}

/** Longest run of informational answers before the final one. */
const INFORMATIONAL_MAX = 8;

async function readHead(reader: HeadReader, proxy: URL): Promise<Head> {
  try {
    for (let i = 0; i <= INFORMATIONAL_MAX; i++) {
      const head = await reader.head();
      if (!/^HTTP\/1\.[01] 1/.test(head.startLine)) return head;
    }
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    throw noProxy(proxy, error.message, error);
  }
  throw noProxy(proxy, "it sends no final answer");
}

function noProxy(proxy: URL, what: string, cause?: unknown): LinkError {
  return new LinkError("proxy", `Cannot use proxy ${proxy.host}: ${what}`, {
    hint: "Check that the address of edgehub.proxy or HTTPS_PROXY is one of " +
      "an HTTP proxy",
    cause,
  });
}

/** Most characters of the proxy's words in an error. */
const STATUS_TEXT_LENGTH_MAX = 80;

function refused(
  { host, port }: TunnelTarget,
  proxy: URL,
  [, code, words = ""]: RegExpExecArray,
): LinkError {
  const status = Number(code);
  const text = words.replace(/[^\x20-\x7e]/g, "?")
    .slice(0, STATUS_TEXT_LENGTH_MAX);
  return new LinkError(
    "proxy",
    `Cannot reach ${host}:${port} through proxy ${proxy.host}: it answered ` +
      `${status} ${text}`.trimEnd(),
    { status, hint: hintOf(status) },
  );
}

function hintOf(status: number): string {
  if (status === 407) {
    return "The proxy wants user and password: put them into edgehub.proxy";
  }
  if (status >= 500) {
    return "The proxy cannot reach the cloud: see its own log";
  }
  return "The proxy lets nobody through to that address and port: ask who " +
    "runs it, or name the cloud in edgehub.no-proxy";
}
