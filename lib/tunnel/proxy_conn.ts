import { addressOf } from "./proxy.ts";
import { TunnelError } from "./tunnel_error.ts";

/** How a proxy is connected to. */
export interface ProxyConnOptions {
  /** PEM of authorities besides the runtime's; empty: none. @default none */
  readonly caFile?: string | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
  /**
   * Told when TLS with the proxy begins, and when it has come up. The runtime
   * cannot end a handshake: one that is given up in between costs a socket
   * until the proxy hangs up (Deno 2.7.11).
   */
  readonly onShaking?: (isShaking: boolean) => void;
}

/**
 * Connects to a proxy: TCP, and for an `https://` proxy TLS with its chain and
 * name checked. By the runtime's own sockets, since their TLS can be read and
 * written as slowly as the other side takes it; they do not show the
 * certificate, so the authorities of the file come beside the runtime's, not
 * in their place. What a proxy sees is the cloud's name and, with basic auth,
 * a password: all else is encrypted once more, for the cloud.
 *
 * @throws {TunnelError} If it does not come up.
 * @throws The signal's reason.
 */
export async function connectProxy(
  proxy: URL,
  options: ProxyConnOptions,
): Promise<Deno.TcpConn | Deno.TlsConn> {
  const { caFile = "", signal, onShaking } = options;
  const { host: hostname, port } = addressOf(proxy);
  const isSecure = proxy.protocol === "https:";
  const caCerts = isSecure && caFile ? [readProxyAuthorities(caFile)] : [];
  signal.throwIfAborted();
  let conn: Deno.TcpConn | Deno.TlsConn;
  try {
    conn = await connectTcp({ hostname, port }, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(proxy, error);
  }
  const onAbort = () => conn.close();
  try {
    // Without this an answer waits for the ack of the bytes before it, 40 ms.
    conn.setNoDelay(true);
    signal.throwIfAborted();
    if (!isSecure) return conn;
    const tls = await Deno.startTls(conn, {
      hostname,
      caCerts,
      alpnProtocols: ["http/1.1"],
    });
    conn = tls;
    signal.throwIfAborted();
    signal.addEventListener("abort", onAbort, { once: true });
    onShaking?.(true);
    await tls.handshake();
    onShaking?.(false);
    return tls;
  } catch (error) {
    if (signal.aborted) {
      closeOnce(conn);
      throw signal.reason;
    }
    onShaking?.(false);
    closeOnce(conn);
    throw insecure(proxy, error);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * Connects, or gives up at once; what comes up later is closed then. With a
 * signal of its own the runtime keeps a resource for good for each name that
 * has no address (Deno 2.7.11).
 */
async function connectTcp(
  address: { readonly hostname: string; readonly port: number },
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const givenUp = Promise.withResolvers<never>();
  const onAbort = () => givenUp.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const connecting = Deno.connect(address).then((conn) => {
    if (!signal.aborted) return conn;
    conn.close();
    throw signal.reason;
  });
  try {
    // Both are heard here: the one that comes second fails nobody.
    return await Promise.race([connecting, givenUp.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Closes what may be closed already. */
export function closeOnce(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/**
 * Reads who may sign for an `https://` proxy.
 *
 * @returns PEM.
 * @throws {TunnelError} If the file cannot be read, or holds no certificate.
 */
export function readProxyAuthorities(file: string): string {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unusableFile(`Cannot read the proxy's authorities: ${reason}`, cause);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw unusableFile(`No certificate in the proxy's authorities: ${file}`);
}

function unusableFile(message: string, cause?: unknown): TunnelError {
  return new TunnelError("proxy", message, {
    hint: "Check edgehub.proxy-cafile: it names the PEM file of who signed " +
      "the proxy's certificate",
    cause,
  });
}

function unreachable(proxy: URL, cause: unknown): TunnelError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const kind = /lookup|resolve/i.test(text) ? "dns" : "tcp";
  return new TunnelError(
    kind,
    `Cannot connect to proxy ${proxy.host}: ${text}`,
    {
      hint:
        "The proxy could not be used: check edgehub.proxy or HTTPS_PROXY, " +
        "and that it runs",
      retryable: true,
      cause,
    },
  );
}

/** By the words of the runtime's TLS errors, which carry no code. */
const HINTS: readonly { readonly words: RegExp; readonly hint: string }[] = [
  {
    words: /UnknownIssuer|CaUsedAsEndEntity|BadSignature/,
    hint: "Nobody whom this machine trusts signed the proxy's certificate: " +
      "put its authority into edgehub.proxy-cafile",
  },
  {
    words: /not valid for name|NotValidForName/,
    hint: "The proxy's certificate does not name this host: check " +
      "edgehub.proxy or HTTPS_PROXY",
  },
  {
    words: /expired|not ?valid ?yet/i,
    hint: "Check the proxy's certificate and this machine's clock",
  },
  {
    words: /InvalidContentType|corrupt/,
    hint: "The proxy speaks no TLS there: give its address with http:",
  },
];

function insecure(proxy: URL, cause: unknown): TunnelError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const known = HINTS.find(({ words }) => words.test(text));
  return new TunnelError(
    "proxy",
    `Cannot begin TLS with proxy ${proxy.host}: ${text}`,
    {
      hint: known?.hint ?? "Check that the proxy speaks TLS at that port",
      retryable: !known,
      cause,
    },
  );
}
