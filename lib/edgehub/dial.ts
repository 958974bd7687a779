import net from "node:net";
import tls from "node:tls";
import type { Clock } from "../base/mod.ts";
import {
  checkServerCertificate,
  type CredentialFiles,
  type Credentials,
  readCredentials,
} from "../identity/mod.ts";
import { clientHandshake, WebSocketConnection } from "../websocket/mod.ts";
import { type DialAttempt, dialFailure } from "./dial_failure.ts";
import { SocketStream } from "./socket_stream.ts";
import { probeTls } from "./tls_probe.ts";
import {
  openTunnel,
  proxyFor,
  type ProxyOptions,
  tunnelStream,
  type TunnelTarget,
} from "./tunnel.ts";

/** Where and as whom to dial. */
export interface DialOptions {
  /** `wss://` or `ws://` address with its path. */
  readonly url: URL;
  /** Headers of the upgrade request: who we are. */
  readonly headers: Readonly<Record<string, string>>;
  /** Files of the node's credentials; read anew for each dial. */
  readonly files: CredentialFiles;
  /**
   * Reads and judges them, for a node that knows whom it may be. What it
   * throws ends the dial before anything is dialled. @default readCredentials
   */
  readonly credentials?: () => Credentials;
  /** What to dial through, unless its exceptions name the host. */
  readonly proxy?: ProxyOptions | undefined;
  /** Deadline for name, TCP, proxy, TLS and upgrade together, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** Largest message in bytes. */
  readonly messageBytesMax: number;
  /** Told how a message began that was too large to be held. */
  readonly onTooLarge?: (head: Uint8Array) => void;
  /** Time. */
  readonly clock: Clock;
  /** Ends the dial. */
  readonly signal: AbortSignal;
  /**
   * Asks first, on a connection of its own, whether the server answers TLS;
   * for a server that let a dial wait in vain. @default false
   */
  readonly probe?: boolean;
}

/** An open link. */
export interface Dialled {
  /** Ready to send and receive. */
  readonly connection: WebSocketConnection;
  /** End of validity of the certificate that was used. */
  readonly certificateNotAfterMs: number | undefined;
}

/**
 * Opens a link: name, TCP, TLS with the server's name and authority checked,
 * upgrade. Each step that fails says what failed and what to do; nothing of a
 * failed dial stays open.
 *
 * @throws {LinkError} If it does not come up before the deadline.
 * @throws The signal's reason.
 */
export async function dial(options: DialOptions): Promise<Dialled> {
  const { url, clock, handshakeTimeoutMs, signal } = options;
  signal.throwIfAborted();
  const route = routeOf(options);
  const attempt: DialAttempt = {
    host: url.host,
    ...(route.proxy ? { proxy: route.proxy.host } : {}),
    tunnelling: route.proxy !== undefined,
    secure: url.protocol === "wss:",
    timeoutMs: handshakeTimeoutMs,
    timedOut: false,
    upgrading: false,
    receivedBytes: 0,
    certificate: "none",
  };
  let stream: SocketStream | undefined;
  const timer = clock.after(handshakeTimeoutMs, () => {
    attempt.timedOut = true;
    stream?.close();
  });
  const onAbort = () => stream?.close();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const credentials = attempt.secure
      ? options.credentials?.() ?? readCredentials(options.files)
      : undefined;
    attempt.certificate = certificateState(credentials, clock);
    if (credentials && options.probe) {
      stream = new SocketStream(net.connect(route.first), "connect");
      await stream.opened();
      if (route.proxy) await openTunnel(stream, route.target, route.proxy);
      await probeTls(stream, { caPem: credentials.caPem, host: hostOf(url) });
    }
    const tcp = net.connect(route.first);
    const direct = credentials && !route.proxy
      ? secureOnConnect(tcp, url, credentials)
      : undefined;
    stream = new SocketStream(tcp, "connect");
    await stream.opened();
    const secured = route.proxy
      ? await tunnel(tcp, { stream, route, credentials, url })
      : await direct;
    attempt.tunnelling = false;
    if (credentials && secured) {
      stream = secured.stream;
      await stream.opened();
      await checkPeer(secured.socket, { stream, credentials });
    }
    attempt.upgrading = true;
    const connection = await upgrade(stream, options);
    return { connection, certificateNotAfterMs: credentials?.notAfterMs };
  } catch (error) {
    stream?.close();
    signal.throwIfAborted();
    attempt.receivedBytes = stream?.receivedBytes ?? 0;
    throw dialFailure(error, attempt);
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", onAbort);
  }
}

function certificateState(
  credentials: Credentials | undefined,
  clock: Clock,
): DialAttempt["certificate"] {
  if (credentials?.notAfterMs === undefined) return "none";
  return credentials.notAfterMs > clock.now() ? "valid" : "expired";
}

/** What is dialled, and through what. */
interface Route {
  /** The cloud. */
  readonly target: TunnelTarget;
  /** The proxy; `undefined`: none. */
  readonly proxy: URL | undefined;
  /** The first of the two. */
  readonly first: TunnelTarget;
}

function routeOf({ url, proxy: options }: DialOptions): Route {
  const target = { host: hostOf(url), port: portOf(url) };
  const proxy = proxyFor(target, options);
  const first = proxy && { host: hostOf(proxy), port: portOf(proxy) };
  return { target, proxy, first: first ?? target };
}

/** A TLS socket and the stream over it. */
interface Secured {
  readonly socket: tls.TLSSocket;
  readonly stream: SocketStream;
}

/**
 * Begins TLS in the very event that tells that TCP is connected: a moment
 * later the runtime has begun to read, and TLS would never start. Over a
 * socket of our own, since only a TCP socket can be told to send at once, and
 * only when it is connected and is told for the first time (Deno 2.7.11).
 */
function secureOnConnect(
  tcp: net.Socket,
  url: URL,
  credentials: Credentials,
): Promise<Secured> {
  const secured = Promise.withResolvers<Secured>();
  tcp.once("connect", () => {
    tcp.setNoDelay(true);
    const socket = tls.connect(tlsOptions(tcp, url, credentials));
    const stream = new SocketStream(socket, "secureConnect");
    secured.resolve({ socket, stream });
  });
  return secured.promise;
}

/** Goes through the proxy, and begins TLS behind it if that is wanted. */
async function tunnel(
  tcp: net.Socket,
  on: {
    readonly stream: SocketStream;
    readonly route: Route;
    readonly credentials: Credentials | undefined;
    readonly url: URL;
  },
): Promise<Secured | undefined> {
  const { target, proxy } = on.route;
  if (!proxy) return undefined;
  if (!on.credentials) {
    await openTunnel(on.stream, target, proxy);
    return undefined;
  }
  const through = tunnelStream(tcp);
  try {
    await openTunnel(through, target, proxy);
  } finally {
    through[Symbol.dispose]();
  }
  const socket = tls.connect(tlsOptions(tcp, on.url, on.credentials));
  return { socket, stream: new SocketStream(socket, "secureConnect") };
}

function tlsOptions(
  socket: net.Socket,
  url: URL,
  credentials: Credentials,
): tls.ConnectionOptions {
  const host = hostOf(url);
  return {
    socket,
    host,
    // An address is checked against the certificate's IP names; SNI has none.
    ...(net.isIP(host) ? {} : { servername: host }),
    ca: credentials.caPem,
    ...(credentials.certPem && credentials.keyPem
      ? { cert: credentials.certPem, key: credentials.keyPem }
      : {}),
    // CloudHub's listener also offers h2, which has no upgrade.
    ALPNProtocols: ["http/1.1"],
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
  };
}

/** Checks the server's certificate before anything is said to it. */
async function checkPeer(
  socket: tls.TLSSocket,
  link: { readonly stream: SocketStream; readonly credentials: Credentials },
): Promise<void> {
  const raw: Uint8Array | undefined = socket.getPeerCertificate(true)?.raw;
  if (raw) return checkServerCertificate(raw, link.credentials);
  // The runtime says `secureConnect` also after a handshake that failed, and
  // keeps the reason for the first read; a write would hide it.
  await link.stream.read(new Uint8Array(1));
  throw new Error("Connection closed within the TLS handshake");
}

async function upgrade(
  stream: SocketStream,
  options: DialOptions,
): Promise<WebSocketConnection> {
  const { url, headers, clock, messageBytesMax, onTooLarge } = options;
  const { leftover } = await clientHandshake(stream, {
    host: url.host,
    path: url.pathname + url.search,
    headers,
    nonce: () => crypto.getRandomValues(new Uint8Array(16)),
  });
  return new WebSocketConnection(stream, {
    role: "client",
    clock,
    messageBytesMax,
    leftover,
    paced: true,
    ...(onTooLarge ? { onTooLarge } : {}),
  });
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function portOf(url: URL): number {
  if (url.port) return Number(url.port);
  return url.protocol === "wss:" ? 443 : 80;
}
