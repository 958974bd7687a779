import net from "node:net";
import type { Clock } from "../base/mod.ts";
import {
  type CredentialFiles,
  type Credentials,
  readCredentials,
} from "../identity/mod.ts";
import { openTunnel, type ProxyOptions, TunnelBridge } from "../tunnel/mod.ts";
import { clientHandshake, WebSocketConnection } from "../websocket/mod.ts";
import { type DialAttempt, dialFailure } from "./dial_failure.ts";
import { type Route, routeOf } from "./route.ts";
import { checkPeer, secureOnConnect, tunnel } from "./secure.ts";
import { SocketStream } from "./socket_stream.ts";
import { probeTls } from "./tls_probe.ts";

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
  /** Told of each step that is done, for whoever looks on. */
  readonly onStep?: (step: DialStep) => void;
}

/** What a dial has come past. */
export type DialStep =
  /** TCP is up: to the cloud, or to an `http://` proxy. */
  | { readonly kind: "connected"; readonly address: string }
  /** The proxy has opened the way to the cloud. */
  | { readonly kind: "tunnelled"; readonly proxy: string }
  /** TLS is up, and the authority has signed this certificate (DER). */
  | { readonly kind: "secured"; readonly certificate: Uint8Array };

/** An open link; disposing of it frees what it went through, once it has ended. */
export interface Dialled extends AsyncDisposable {
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
  return await onLine(options, async (line) => {
    const { stream, credentials } = await reach(options, line);
    line.attempt.upgrading = true;
    const connection = await upgrade(stream, options);
    const { bridge } = line;
    return {
      connection,
      certificateNotAfterMs: credentials?.notAfterMs,
      [Symbol.asyncDispose]: async () => await bridge?.release(options.clock),
    };
  });
}

/**
 * Runs what dials under its deadline; nothing of a failure stays open.
 *
 * @throws {LinkError} Whatever it throws, as the step that failed.
 * @throws The signal's reason.
 */
export async function onLine<T>(
  options: DialOptions,
  run: (line: Line) => Promise<T>,
): Promise<T> {
  const { url, clock, handshakeTimeoutMs, signal } = options;
  signal.throwIfAborted();
  const attempt: DialAttempt = {
    host: url.host,
    tunnelling: false,
    secure: url.protocol === "wss:",
    timeoutMs: handshakeTimeoutMs,
    timedOut: false,
    upgrading: false,
    receivedBytes: 0,
    certificate: "none",
  };
  const giveUp = new AbortController();
  const line: Line = { attempt, signal: giveUp.signal };
  const onAbort = () => {
    giveUp.abort();
    line.stream?.close();
    line.bridge?.close();
  };
  const timer = clock.after(handshakeTimeoutMs, () => {
    attempt.timedOut = true;
    onAbort();
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await run(line);
  } catch (error) {
    line.stream?.close();
    line.bridge?.close();
    await line.bridge?.ended;
    signal.throwIfAborted();
    attempt.receivedBytes = line.stream?.receivedBytes ?? 0;
    throw dialFailure(line.bridge?.failure ?? error, attempt);
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", onAbort);
  }
}

/** A dial that is under way. */
export interface Line {
  /** How far it came. */
  readonly attempt: DialAttempt;
  /** Aborted when it is given up. */
  readonly signal: AbortSignal;
  /** What is open of it. */
  stream?: SocketStream;
  /** What the stream goes through, if the proxy itself speaks TLS. */
  bridge?: TunnelBridge;
}

/** What the upgrade is asked for on. */
export interface Reached {
  /** To the cloud, TLS included. */
  readonly stream: SocketStream;
  /** What was used; missing without TLS. */
  readonly credentials: Credentials | undefined;
}

/** Comes as far as the cloud's HTTP: name, TCP, proxy, TLS. */
export async function reach(
  options: DialOptions,
  line: Line,
): Promise<Reached> {
  const { url, clock, onStep } = options;
  const { attempt } = line;
  const route = routeOf(url, options.proxy);
  if (route.proxy) attempt.proxy = route.proxy.host;
  attempt.tunnelling = route.proxy !== undefined;
  const credentials = attempt.secure
    ? options.credentials?.() ?? readCredentials(options.files)
    : undefined;
  attempt.certificate = certificateState(credentials, clock);
  if (credentials && options.probe) {
    await probe(options, { line, route, credentials });
  }
  const tcp = await firstHop(options, { line, route });
  const isDirect = !route.proxy || line.bridge !== undefined;
  const direct = credentials && isDirect
    ? secureOnConnect(tcp, url, credentials)
    : undefined;
  let stream = line.stream = new SocketStream(tcp, "connect");
  await stream.opened();
  if (!line.bridge) {
    onStep?.({ kind: "connected", address: tcp.remoteAddress ?? "" });
  }
  const secured = isDirect
    ? await direct
    : await tunnel(tcp, { stream, route, credentials, url });
  attempt.tunnelling = false;
  if (attempt.proxy) onStep?.({ kind: "tunnelled", proxy: attempt.proxy });
  if (credentials && secured) {
    stream = line.stream = secured.stream;
    await stream.opened();
    const certificate = await checkPeer(secured.socket, {
      stream,
      credentials,
    });
    onStep?.({ kind: "secured", certificate });
  }
  stream.settle();
  return { stream, credentials };
}

/** The socket that goes first: to the cloud, the proxy, or the near end of a tunnel. */
async function firstHop(
  options: DialOptions,
  { line, route }: { readonly line: Line; readonly route: Route },
): Promise<net.Socket> {
  const { target, proxy, first } = route;
  if (proxy?.protocol !== "https:") return net.connect(first);
  line.bridge = await TunnelBridge.open(target, {
    proxy,
    caFile: options.proxy?.caFile,
    signal: line.signal,
  });
  line.signal.throwIfAborted();
  return line.bridge.connect();
}

/**
 * Asks whether the cloud answers TLS, and before that the proxy if it speaks
 * TLS: either may be who was silent, and each silence costs a socket.
 */
async function probe(
  options: DialOptions,
  { line, route, credentials }: {
    readonly line: Line;
    readonly route: Route;
    readonly credentials: Credentials;
  },
): Promise<void> {
  const { caPem } = credentials;
  const { target, proxy, first } = route;
  if (proxy?.protocol === "https:") {
    line.stream = new SocketStream(net.connect(first), "connect");
    await probeTls(line.stream, { caPem, host: first.host });
  }
  const tcp = await firstHop(options, { line, route });
  const stream = line.stream = new SocketStream(tcp, "connect");
  await stream.opened();
  if (proxy && !line.bridge) await openTunnel(stream, target, proxy);
  await probeTls(stream, { caPem, host: target.host });
  line.bridge?.close();
  await line.bridge?.ended;
}

function certificateState(
  credentials: Credentials | undefined,
  clock: Clock,
): DialAttempt["certificate"] {
  if (credentials?.notAfterMs === undefined) return "none";
  return credentials.notAfterMs > clock.now() ? "valid" : "expired";
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
