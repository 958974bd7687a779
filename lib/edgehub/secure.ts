import net from "node:net";
import tls from "node:tls";
import { checkServerCertificate, type Credentials } from "../identity/mod.ts";
import { openTunnel } from "../tunnel/mod.ts";
import { hostOf, type Route } from "./route.ts";
import { SocketStream } from "./socket_stream.ts";
import { tunnelStream } from "./tunnel_stream.ts";

/** A TLS socket and the stream over it. */
export interface Secured {
  /** Shows the peer's certificate. */
  readonly socket: tls.TLSSocket;
  /** Reads and writes. */
  readonly stream: SocketStream;
}

/**
 * Begins TLS in the very event that tells that TCP is connected: a moment
 * later the runtime has begun to read, and TLS would never start. Over a
 * socket of our own, since only a TCP socket can be told to send at once, and
 * only when it is connected and is told for the first time (Deno 2.7.11).
 */
export function secureOnConnect(
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
export async function tunnel(
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

/**
 * Checks the server's certificate before anything is said to it.
 *
 * @returns It, DER.
 */
export async function checkPeer(
  socket: tls.TLSSocket,
  link: { readonly stream: SocketStream; readonly credentials: Credentials },
): Promise<Uint8Array> {
  const raw: Uint8Array | undefined = socket.getPeerCertificate(true)?.raw;
  if (raw) {
    checkServerCertificate(raw, link.credentials);
    return raw;
  }
  // The runtime says `secureConnect` also after a handshake that failed, and
  // keeps the reason for the first read; a write would hide it.
  await link.stream.read(new Uint8Array(1));
  throw new Error("Connection closed within the TLS handshake");
}
