import net from "node:net";
import tls from "node:tls";
import type { Clock } from "../base/mod.ts";
import {
  checkServerCertificate,
  type CredentialFiles,
  type Credentials,
  IdentityError,
  readCredentials,
} from "../identity/mod.ts";
import {
  clientHandshake,
  HandshakeRefusedError,
  WebSocketConnection,
} from "../websocket/mod.ts";
import { LinkError } from "./link_error.ts";
import { SocketStream } from "./socket_stream.ts";

/** Where and as whom to dial. */
export interface DialOptions {
  /** `wss://` or `ws://` address with its path. */
  readonly url: URL;
  /** Headers of the upgrade request: who we are. */
  readonly headers: Readonly<Record<string, string>>;
  /** Files of the node's credentials; read anew for each dial. */
  readonly files: CredentialFiles;
  /** Deadline for name, TCP, TLS and upgrade together, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** Largest message in bytes. */
  readonly messageBytesMax: number;
  /** Time. */
  readonly clock: Clock;
  /** Ends the dial. */
  readonly signal: AbortSignal;
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
 * upgrade. Each step that fails says what failed and what to do.
 *
 * @throws {LinkError} If it does not come up before the deadline.
 * @throws The signal's reason.
 */
export async function dial(options: DialOptions): Promise<Dialled> {
  const { url, clock, handshakeTimeoutMs, signal } = options;
  signal.throwIfAborted();
  const secure = url.protocol === "wss:";
  const credentials = secure ? credentialsOf(options.files) : undefined;
  const attempt: Attempt = { step: "connecting to", stream: undefined };
  const socket = credentials
    ? connectTls(url, credentials)
    : net.connect({ host: hostOf(url), port: portOf(url) });
  socket.setNoDelay(true);
  const timer = clock.after(handshakeTimeoutMs, () => {
    attempt.timedOut = true;
    socket.destroy();
  });
  const onAbort = () => socket.destroy();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await connected(socket, secure);
    if (credentials) checkPeer(socket as tls.TLSSocket, credentials);
    attempt.step = "upgrading at";
    const stream = new SocketStream(socket);
    const { leftover } = await clientHandshake(stream, {
      host: url.host,
      path: url.pathname + url.search,
      headers: options.headers,
      nonce: () => crypto.getRandomValues(new Uint8Array(16)),
    });
    const connection = new WebSocketConnection(stream, {
      role: "client",
      clock,
      messageBytesMax: options.messageBytesMax,
      leftover,
    });
    return { connection, certificateNotAfterMs: credentials?.notAfterMs };
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw asLinkError(error, attempt, options);
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", onAbort);
  }
}

interface Attempt {
  step: string;
  stream: SocketStream | undefined;
  timedOut?: boolean;
}

function credentialsOf(files: CredentialFiles): Credentials {
  try {
    return readCredentials(files);
  } catch (cause) {
    if (!(cause instanceof IdentityError)) throw cause;
    throw new LinkError("credentials", cause.message, {
      hint: cause.hint,
      cause,
    });
  }
}

function connectTls(url: URL, credentials: Credentials): tls.TLSSocket {
  const host = hostOf(url);
  return tls.connect({
    host,
    port: portOf(url),
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
  });
}

function connected(socket: net.Socket, secure: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (act: () => void) => {
      socket.off(event, onOpen);
      socket.off("error", onError);
      socket.off("close", onClose);
      act();
    };
    const event = secure ? "secureConnect" : "connect";
    const onOpen = () => done(resolve);
    const onError = (error: Error) => done(() => reject(error));
    const onClose = () =>
      done(() => reject(new Error("Connection closed by the other side")));
    socket.once(event, onOpen);
    socket.once("error", onError);
    socket.once("close", onClose);
  });
}

function checkPeer(socket: tls.TLSSocket, credentials: Credentials): void {
  const raw = socket.getPeerCertificate(true)?.raw;
  if (!raw) throw new LinkError("tls", "The cloud showed no certificate");
  try {
    checkServerCertificate(raw, credentials);
  } catch (cause) {
    if (!(cause instanceof IdentityError)) throw cause;
    throw new LinkError("tls", cause.message, { hint: cause.hint, cause });
  }
}

/** Reasons by the words of the runtime's errors, which carry no better code. */
const REASONS: readonly {
  readonly words: RegExp;
  readonly kind: LinkError["kind"];
  readonly hint: string;
}[] = [
  {
    words: /UnknownIssuer|self.signed|unable to (get|verify)/i,
    kind: "tls",
    hint: "The server's certificate is not signed by edgehub.websocket.cafile",
  },
  {
    words: /Expired|NotValidYet|certificate has expired/i,
    kind: "tls",
    hint: "Check the server's certificate and this machine's clock",
  },
  {
    words: /not valid for name|NotValidForName|altname/i,
    kind: "tls",
    hint: "The server's certificate does not name this host",
  },
  {
    words: /CertificateRequired|BadCertificate|UnknownCA|CertificateUnknown/i,
    kind: "tls",
    hint: "The cloud wants a client certificate that it knows: check " +
      "edgehub.websocket.certfile and keyfile",
  },
  {
    words: /alert|handshake|certificate|tls|ssl/i,
    kind: "tls",
    hint: "Check that the address is a TLS port of the cloud",
  },
  {
    words: /ENOTFOUND|EAI_|dns|lookup/i,
    kind: "dns",
    hint: "Check the host name in edgehub.websocket.url and name resolution",
  },
  {
    words: /ECONNREFUSED|refused/i,
    kind: "tcp",
    hint: "Nothing listens there: check host and port",
  },
];

function asLinkError(
  error: unknown,
  attempt: Attempt,
  options: DialOptions,
): LinkError {
  if (error instanceof LinkError) return error;
  const place = `${attempt.step} ${options.url.host}`;
  if (attempt.timedOut) {
    return new LinkError(
      "timeout",
      `Gave up ${place} after ${options.handshakeTimeoutMs} ms`,
      { hint: "Check that the cloud can be reached from here", cause: error },
    );
  }
  if (error instanceof HandshakeRefusedError) {
    return new LinkError(
      "upgrade",
      `The cloud refused the upgrade: ${error.status} ${error.statusText}`,
      {
        status: error.status,
        hint: "Check the path of edgehub.websocket.url and what answers there",
        cause: error,
      },
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error
    ? ` (${String(error.code)})`
    : "";
  const text = `${message}${code}`;
  const reason = REASONS.find(({ words }) => words.test(text));
  const upgrading = attempt.step.startsWith("upgrading");
  return new LinkError(
    reason?.kind ?? (upgrading ? "upgrade" : "tcp"),
    `Failed ${place}: ${text}`,
    { hint: reason?.hint ?? "", cause: error },
  );
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function portOf(url: URL): number {
  if (url.port) return Number(url.port);
  return url.protocol === "wss:" ? 443 : 80;
}
