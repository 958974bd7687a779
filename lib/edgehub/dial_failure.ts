import { IdentityError } from "../identity/mod.ts";
import { TunnelError } from "../tunnel/mod.ts";
import { HandshakeError, HandshakeRefusedError } from "../websocket/mod.ts";
import { LinkError, type LinkErrorKind } from "./link_error.ts";

/** How far a dial came. */
export interface DialAttempt {
  /** Host and port. */
  readonly host: string;
  /** Host and port of the proxy; missing without one. */
  proxy?: string;
  /** Whether TLS is spoken. */
  readonly secure: boolean;
  /** Deadline of the whole dial in milliseconds. */
  readonly timeoutMs: number;
  /** Whether the deadline has passed. */
  timedOut: boolean;
  /** Whether the proxy was still being asked for a tunnel. */
  tunnelling: boolean;
  /** Whether the upgrade was being asked for. */
  upgrading: boolean;
  /** Bytes that the server sent behind the TLS handshake. */
  receivedBytes: number;
  /** What can be said of our own certificate. */
  certificate: "none" | "valid" | "expired";
}

/** What an operator is told of a failure. */
interface Reason {
  readonly kind: LinkErrorKind;
  readonly hint: string;
}

/** By the code of the operating system's errors. */
const BY_CODE: readonly (Reason & { readonly code: RegExp })[] = [
  {
    code: /^(ENOTFOUND|EAI_|ENODATA)/,
    kind: "dns",
    hint: "Check the host name in edgehub.websocket.url and name resolution",
  },
  {
    code: /^ECONNREFUSED$/,
    kind: "tcp",
    hint: "Nothing listens there: check host and port",
  },
  {
    code: /^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ENETDOWN|ETIMEDOUT)$/,
    kind: "tcp",
    hint: "Check this machine's network and the way to the cloud",
  },
];

/** By the words of the runtime's TLS errors, which carry no code. */
const BY_WORDS: readonly (Reason & { readonly words: RegExp })[] = [
  {
    words: /alert: NoApplicationProtocol/,
    kind: "tls",
    hint: "The server speaks no HTTP/1.1: check host and port",
  },
  {
    words: /alert: (HandshakeFailure|InsufficientSecurity|ProtocolVersion)/,
    kind: "tls",
    hint: "The cloud wants a client certificate, or shares no TLS 1.2 or 1.3 " +
      "suite with this node: check edgehub.websocket.certfile and keyfile",
  },
  {
    words: /UnknownIssuer|CaUsedAsEndEntity|BadSignature/,
    kind: "tls",
    hint: "The server's certificate is not signed by edgehub.websocket.cafile",
  },
  {
    words: /peer certificate: (certificate )?(expired|not ?valid ?yet)/i,
    kind: "tls",
    hint: "Check the server's certificate and this machine's clock",
  },
  {
    words: /not valid for name|NotValidForName/,
    kind: "tls",
    hint: "The server's certificate does not name this host",
  },
  {
    words: /InvalidContentType/,
    kind: "tls",
    hint: "Check that the address is a TLS port of the cloud",
  },
];

/** Alerts by which a server refuses the certificate of its client. */
const CLIENT_REFUSED =
  /alert: (CertificateRequired|BadCertificate|UnknownCA|CertificateUnknown|CertificateExpired|CertificateRevoked|UnsupportedCertificate|AccessDenied|DecryptError)/;

/** Says why a dial failed, at which step, and what to do. */
export function dialFailure(error: unknown, attempt: DialAttempt): LinkError {
  if (error instanceof LinkError && !attempt.timedOut) return error;
  if (error instanceof TunnelError && !attempt.timedOut) {
    const { kind, message, hint, status } = error;
    return new LinkError(kind, message, {
      hint,
      ...(status === undefined ? {} : { status }),
      cause: error,
    });
  }
  // Its body was still awaited when the time was up; the answer is known.
  if (error instanceof HandshakeRefusedError) return refused(error, attempt);
  const { timeoutMs, proxy } = attempt;
  const host = proxy ? `${attempt.host} through proxy ${proxy}` : attempt.host;
  const step = attempt.upgrading ? "upgrade at" : "connect to";
  if (attempt.timedOut) {
    return new LinkError(
      "timeout",
      `Cannot ${step} ${host}: no answer within ${timeoutMs} ms`,
      { hint: "Check that the cloud can be reached from here", cause: error },
    );
  }
  if (error instanceof IdentityError) {
    const kind = error.file ? "credentials" : "tls";
    return new LinkError(kind, error.message, {
      hint: error.hint,
      cause: error,
    });
  }
  const code = error instanceof Error && "code" in error
    ? String(error.code)
    : "";
  const message = error instanceof Error ? error.message : String(error);
  const { kind, hint } = reasonOf({ message, code, error }, attempt);
  return new LinkError(kind, `Cannot ${step} ${host}: ${message || code}`, {
    hint,
    cause: error,
  });
}

function reasonOf(
  failure: { message: string; code: string; error: unknown },
  attempt: DialAttempt,
): Reason {
  const { message, code, error } = failure;
  if (attempt.tunnelling) return noTunnel(code);
  const byCode = BY_CODE.find((row) => row.code.test(code));
  if (byCode) return byCode;
  if (CLIENT_REFUSED.test(message)) return clientRefused(attempt);
  const byWords = BY_WORDS.find((row) => row.words.test(message));
  if (byWords) return byWords;
  if (attempt.secure && !attempt.upgrading) return cutInHandshake(attempt);
  // TLS 1.3 tells a client that it is refused after the handshake, and some
  // servers just end the connection (platform facts, 1.3).
  if (attempt.secure && attempt.receivedBytes === 0) {
    return clientRefused(attempt);
  }
  if (attempt.upgrading || error instanceof HandshakeError) {
    return {
      kind: "upgrade",
      hint: "What answers there is no WebSocket server: check host, port " +
        "and whether the address must begin with wss:",
    };
  }
  return { kind: "tcp", hint: "Check the way to the cloud" };
}

function noTunnel(code: string): Reason {
  const byCode = BY_CODE.find((row) => row.code.test(code));
  return {
    kind: byCode?.kind ?? "proxy",
    hint: "The proxy could not be used: check edgehub.proxy or HTTPS_PROXY, " +
      "and that it runs",
  };
}

/** With TLS 1.2 a client that is refused may be told so, or just cut off. */
function cutInHandshake({ certificate }: DialAttempt): Reason {
  const guess = {
    none: "it may also want a client certificate",
    expired: "the node's certificate has expired by this machine's clock",
    valid: "it may also have refused the node's certificate",
  }[certificate];
  return {
    kind: "tls",
    hint: `Check that the address is a TLS port of the cloud; ${guess}`,
  };
}

function clientRefused({ certificate }: DialAttempt): Reason {
  const hint = {
    none: "The cloud wants a client certificate: set " +
      "edgehub.websocket.certfile and keyfile",
    expired: "The node's certificate has expired by this machine's clock: " +
      "put a new one into edgehub.websocket.certfile and keyfile",
    valid: "The cloud refused the node's certificate: check that its " +
      "authority signed edgehub.websocket.certfile, for client use",
  }[certificate];
  return { kind: "tls", hint };
}

/** Most characters of the server's words in an error. */
const STATUS_TEXT_LENGTH_MAX = 80;

function refused(
  error: HandshakeRefusedError,
  { host }: DialAttempt,
): LinkError {
  const { status } = error;
  const text = error.statusText.replace(/[^\x20-\x7e]/g, "?")
    .slice(0, STATUS_TEXT_LENGTH_MAX);
  return new LinkError(
    "upgrade",
    `Cannot upgrade at ${host}: the server answered ${status} ${text}`
      .trimEnd(),
    { status, hint: hintOf(status), cause: error },
  );
}

function hintOf(status: number): string {
  if (status >= 500) return "The server has a fault: see its own log";
  if (status >= 300 && status < 400) {
    return "Redirects are not followed: put the final address into " +
      "edgehub.websocket.url";
  }
  if (status === 429) return "The cloud has reached its limit of nodes";
  return "Check the path of edgehub.websocket.url and what answers there";
}
