import net from "node:net";
import type tls from "node:tls";
import type { Clock } from "../base/mod.ts";
import { openWay, type ProxyOptions, TunnelError } from "../tunnel/mod.ts";
import { checkServerCertificate, type Credentials } from "./credentials.ts";
import { IdentityError } from "./errors.ts";
import {
  formatMessage,
  HttpError,
  type HttpMessage,
  HttpReader,
  statusOf,
} from "./http_message.ts";
import type { ServerAddress } from "./server_address.ts";
import { TlsLine } from "./tls_line.ts";
import { reasonOf } from "./tls_reason.ts";

/** Whom the server must be. */
export type ServerTrust =
  /** Anybody: what comes must be pinned in another way. */
  | { readonly kind: "unverified" }
  /** One whose certificate these authorities signed, for the name we dialled. */
  | { readonly kind: "authorities"; readonly credentials: Credentials };

/** A certificate and its key for the server to see, known to belong together. */
export interface ClientPair {
  /** The certificate, PEM. */
  readonly certPem: string;
  /** Its private key, PEM. */
  readonly keyPem: string;
}

/** What every request of enrolment needs. */
export interface HttpsContext {
  /** The server. */
  readonly server: ServerAddress;
  /** Time. */
  readonly clock: Clock;
  /** Deadline for name, TCP, TLS and answer together, in milliseconds. @default 30 000 */
  readonly timeoutMs?: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** What to go through, unless its exceptions name the server. @default none */
  readonly proxy?: ProxyOptions | undefined;
}

/** One request. */
export interface HttpsRequest {
  /** Path, from its leading slash. */
  readonly path: string;
  /** Further header fields. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body, also of a GET. */
  readonly body?: Uint8Array;
  /** Whom the server must be. */
  readonly trust: ServerTrust;
  /** Our certificate, if the server shall see one. */
  readonly client?: ClientPair;
}

/** An answer. */
export interface HttpsResponse {
  /** HTTP status, 200 or above. */
  readonly status: number;
  /** Header fields. */
  readonly headers: Headers;
  /** Body, at most 1 MiB. */
  readonly body: Uint8Array;
}

/** Why there was no answer. */
export class HttpsError extends Error {
  /** Always `HttpsError`. */
  override readonly name = "HttpsError";
  /** What an operator can do; empty if nothing is known. */
  readonly hint: string;
  /** Whether the same again may work. */
  readonly retryable: boolean;
  /**
   * Whether the server took the connection and never ended the TLS handshake.
   * The runtime cannot end one, so each such try may cost a socket for good:
   * leave long pauses (Deno 2.7.11).
   */
  readonly isSilent: boolean;

  /**
   * The failure as an error.
   *
   * @param message What failed, with address and reason.
   */
  constructor(
    message: string,
    options: {
      hint: string;
      retryable: boolean;
      isSilent?: boolean;
      cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.isSilent = options.isSilent ?? false;
    this.hint = options.hint;
    this.retryable = options.retryable;
  }
}

const TIMEOUT_MS = 30_000;

/**
 * Sends a GET by hand over `node:tls` and reads the answer. `fetch` and
 * `node:https` send no body with a GET, and `node:https` cannot leave the
 * server unverified, as the first step of enrolment must (platform facts, 1.8).
 *
 * @throws {HttpsError} If no whole answer comes before the deadline.
 * @throws {TypeError} If a header field cannot be sent.
 * @throws The signal's reason.
 */
export async function httpsGet(
  request: HttpsRequest,
  context: HttpsContext,
): Promise<HttpsResponse> {
  const { server, clock, timeoutMs = TIMEOUT_MS, signal } = context;
  signal?.throwIfAborted();
  const bytes = format(request, server);
  const ended = new AbortController();
  const progress = { isShaking: false };
  const timer = clock.after(timeoutMs, () => ended.abort());
  const onAbort = () => ended.abort();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const { startLine, headers, body } = await exchange(bytes, {
      request,
      context,
      signal: ended.signal,
      progress,
    });
    return { status: statusOf(startLine), headers, body };
  } catch (error) {
    signal?.throwIfAborted();
    throw asHttpsError(error, {
      server,
      lateMs: ended.signal.aborted ? timeoutMs : undefined,
      isSilent: progress.isShaking,
    });
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", onAbort);
  }
}

/** As it stands in an address: an IPv6 address in brackets. */
function placeOf({ host, port }: ServerAddress): string {
  return `${net.isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function format(request: HttpsRequest, server: ServerAddress) {
  const { path, headers = {}, body } = request;
  return formatMessage(`GET ${path} HTTP/1.1`, {
    fields: [
      ["Host", placeOf(server)],
      ...Object.entries(headers),
      ...(body ? [["Content-Length", `${body.length}`] as const] : []),
      ["Connection", "close"],
    ],
    body,
  });
}

async function exchange(
  bytes: Uint8Array,
  options: {
    request: HttpsRequest;
    context: HttpsContext;
    signal: AbortSignal;
    progress: { isShaking: boolean };
  },
): Promise<HttpMessage> {
  const { request, context, signal, progress } = options;
  const way = await openWay(context.server, {
    proxy: context.proxy,
    signal,
    onShaking: (isShaking) => progress.isShaking = isShaking,
  });
  const line = new TlsLine(way.socket);
  const giveUp = Promise.withResolvers<never>();
  const onAbort = () => giveUp.reject(new Error("Given up"));
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    const answer = new Promise<HttpMessage>((resolve, reject) => {
      const reader = new HttpReader({ kind: "response" });
      // What throws in a listener would end the process.
      const safely = (act: () => HttpMessage | undefined) => {
        try {
          const message = act();
          if (message) resolve(message);
        } catch (error) {
          reject(error);
        }
      };
      line.open(tlsOptions(request, context.server), {
        connected: () => progress.isShaking = true,
        secured: (socket) =>
          safely(() => {
            progress.isShaking = false;
            if (checkPeer(socket, request.trust)) socket.write(bytes);
            return undefined;
          }),
        data: (chunk) => safely(() => reader.push(chunk)),
        end: () => safely(() => reader.end()),
        closed: (error) => reject(error ?? new Error("Connection was closed")),
      });
    });
    return await Promise.race([answer, giveUp.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    line.close();
    await way.close();
  }
}

function tlsOptions(
  { trust, client }: HttpsRequest,
  { host }: ServerAddress,
): tls.ConnectionOptions {
  return {
    host,
    // An address is checked against the certificate's IP names; SNI has none.
    ...(net.isIP(host) ? {} : { servername: host }),
    ...(trust.kind === "authorities"
      ? { ca: trust.credentials.caPem, rejectUnauthorized: true }
      : { rejectUnauthorized: false }),
    ...(client ? { cert: client.certPem, key: client.keyPem } : {}),
    // CloudCore's server offers h2 as well.
    ALPNProtocols: ["http/1.1"],
    minVersion: "TLSv1.2",
  };
}

/**
 * Checks the server's certificate before anything is said to it.
 *
 * @returns `false` after a handshake that failed: the runtime says
 *   `secureConnect` then as well, and keeps the reason for the first read; a
 *   write would hide it.
 */
function checkPeer(socket: tls.TLSSocket, trust: ServerTrust): boolean {
  const raw: Uint8Array | undefined = socket.getPeerCertificate(true)?.raw;
  if (!raw) return false;
  if (trust.kind === "authorities") {
    checkServerCertificate(raw, trust.credentials);
  }
  return true;
}

function asHttpsError(
  error: unknown,
  about: {
    server: ServerAddress;
    lateMs: number | undefined;
    isSilent: boolean;
  },
): HttpsError {
  const place = placeOf(about.server);
  if (about.lateMs !== undefined) {
    return new HttpsError(`No answer from ${place} within ${about.lateMs} ms`, {
      hint: "Check that this address can be reached from here",
      retryable: true,
      isSilent: about.isSilent,
      cause: error,
    });
  }
  if (error instanceof HttpError) {
    return new HttpsError(`Cannot understand ${place}: ${error.message}`, {
      hint: "Check that this is the HTTPS port of CloudCore, by default 10002",
      retryable: /ended/.test(error.message),
      cause: error,
    });
  }
  if (error instanceof IdentityError) {
    return new HttpsError(error.message, {
      hint: "Check who answers at that address: it is not the cloud that " +
        "this authority belongs to",
      retryable: false,
      cause: error,
    });
  }
  if (error instanceof TunnelError) {
    const { message, hint, retryable } = error;
    return new HttpsError(message, { hint, retryable, cause: error });
  }
  const { text, hint, retryable } = reasonOf(error);
  return new HttpsError(`Cannot reach ${place}: ${text}`, {
    hint,
    retryable,
    cause: error,
  });
}
