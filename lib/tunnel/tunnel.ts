import {
  type ByteStream,
  HandshakeError,
  type Head,
  HeadReader,
} from "../websocket/mod.ts";
import type { TunnelTarget } from "./proxy.ts";
import { TunnelError } from "./tunnel_error.ts";

/**
 * Asks a proxy for a tunnel (RFC 9110 9.3.6): afterwards the stream reaches
 * the target, and nothing has been read from it. No error names the user or
 * the password.
 *
 * @throws {TunnelError} If the proxy refuses, or is none.
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

function requestOf({ host, port }: TunnelTarget, proxy: URL): string {
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  const basic = basicOf(proxy);
  if (basic) lines.push(`Proxy-Authorization: Basic ${basic}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** User and password as the request carries them; empty without. */
function basicOf({ username, password }: URL): string {
  if (!username && !password) return "";
  const pair = `${plain(username)}:${plain(password)}`;
  return new TextEncoder().encode(pair).toBase64();
}

/** What a proxy said, without what it may have repeated of the request. */
function masked(text: string, proxy: URL): string {
  const { username, password } = proxy;
  const secrets = [
    basicOf(proxy),
    ...[username, password].flatMap((part) => [part, plain(part)]),
  ];
  // The longest first: one may be a part of another.
  return secrets.filter(Boolean).sort((a, b) => b.length - a.length)
    .reduce((said, secret) => said.replaceAll(secret, "[redacted]"), text);
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
    throw noProxy(proxy, masked(error.message, proxy));
  }
  throw noProxy(proxy, "it sends no final answer");
}

function noProxy(proxy: URL, what: string): TunnelError {
  return new TunnelError("proxy", `Cannot use proxy ${proxy.host}: ${what}`, {
    hint: "Check that the address of edgehub.proxy or HTTPS_PROXY is one of " +
      "an HTTP proxy, with https: if it speaks TLS itself",
    retryable: true,
  });
}

/** Most characters of the proxy's words in an error. */
const STATUS_TEXT_LENGTH_MAX = 80;

function refused(
  { host, port }: TunnelTarget,
  proxy: URL,
  [, code, words = ""]: RegExpExecArray,
): TunnelError {
  const status = Number(code);
  const text = masked(words, proxy).replace(/[^\x20-\x7e]/g, "?")
    .slice(0, STATUS_TEXT_LENGTH_MAX);
  return new TunnelError(
    "proxy",
    `Cannot reach ${host}:${port} through proxy ${proxy.host}: it answered ` +
      `${status} ${text}`.trimEnd(),
    { status, hint: hintOf(status), retryable: status >= 500 },
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
