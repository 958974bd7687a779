import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { credentialFiles, proxyOptions } from "../app/mod.ts";
import { type Clock, sleep } from "../base/mod.ts";
import type { Config } from "../config/mod.ts";
import {
  type DialOptions,
  type DialStep,
  examine,
  LinkError,
  sessionHeaders,
  tryOut,
} from "../edgehub/mod.ts";
import type { Stamp } from "../message/mod.ts";
import { addressOf, proxyFor, TunnelError } from "../tunnel/mod.ts";
import { checkCloudClock } from "./check_clock.ts";
import { SOON_MS } from "./check_credentials.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** What the way to the cloud is tried with. */
export interface CloudOptions {
  /** The configuration. */
  readonly config: Config;
  /** Whether the node's certificate can be shown. */
  readonly hasPair: boolean;
  /** Time. */
  readonly clock: Clock;
  /** Ids and time of messages. */
  readonly stamp: Stamp;
  /** Addresses of a name. @throws If it has none. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** How long the cloud may take for a first message, in milliseconds. */
  readonly answerTimeoutMs: number;
}

/** How the way to one address was found. */
export interface WayFindings {
  /** What was found, in the order of the steps. */
  readonly findings: readonly Finding[];
  /** Whether the cloud's HTTP answered. */
  readonly isOpen: boolean;
}

/**
 * Tries the way to one address of the cloud step by step up to its HTTP:
 * name, TCP, proxy, TLS. It takes no session of anybody.
 */
export async function checkWay(
  url: URL,
  options: CloudOptions,
): Promise<WayFindings> {
  const findings: Finding[] = [];
  const named = await checkName(url, options);
  findings.push(named);
  if (named.state === "fail") return { findings, isOpen: false };
  const { clock } = options;
  const onStep = (step: DialStep) => {
    findings.push(ofStep(step, { url, nowMs: clock.now() }));
  };
  try {
    const { status, dateMs } = await examine({
      ...dialOptions(url, options),
      onStep,
    });
    const text = `${url.host} answers ${status} to what asks for no session`;
    findings.push(ok("http", text));
    if (dateMs !== undefined) {
      findings.push(checkCloudClock(clock.now(), dateMs));
    }
    return { findings, isOpen: true };
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    const check = failedCheck(error, findings, url);
    findings.push(fail(check, error.message, error.hint));
    return { findings, isOpen: false };
  }
}

/**
 * Opens a session as the node and waits for the cloud to say something. Only
 * for a node that does not run: it would lose its own.
 */
export async function checkSession(
  url: URL,
  options: CloudOptions,
): Promise<Finding[]> {
  const { config, stamp, answerTimeoutMs } = options;
  const { nodeId } = config.edgehub.controller;
  try {
    const { isAnswered } = await tryOut({
      ...dialOptions(url, options),
      nodeId,
      stamp,
      answerTimeoutMs,
    });
    const upgraded = ok("upgrade", `${url.host} took a session for ${nodeId}`);
    if (isAnswered) {
      return [upgraded, ok("answer", "the cloud answers this node")];
    }
    const text = `The cloud says nothing to ${nodeId}, within ` +
      `${answerTimeoutMs} ms`;
    const remedy = "CloudHub leaves nodes without an answer that it rejects: " +
      "check that the certificate is this node's, and the log of CloudCore";
    return [upgraded, fail("answer", text, remedy)];
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    return [fail("upgrade", error.message, error.hint)];
  }
}

function dialOptions(url: URL, options: CloudOptions): DialOptions {
  const { config, hasPair, clock } = options;
  const { websocket, controller, messageBytesMax } = config.edgehub;
  const files = credentialFiles(config);
  return {
    url,
    headers: sessionHeaders(controller),
    files: hasPair ? files : { ...files, certFile: "", keyFile: "" },
    proxy: proxyOptions(config),
    handshakeTimeoutMs: websocket.handshakeTimeoutMs,
    messageBytesMax,
    clock,
    signal: new AbortController().signal,
  };
}

/** The name that is dialled first: the cloud's or the proxy's. */
async function checkName(url: URL, options: CloudOptions): Promise<Finding> {
  const check = "dns";
  let host = url.hostname.replace(/^\[|\]$/g, "");
  try {
    const port = Number(url.port);
    const proxy = proxyFor({ host, port }, proxyOptions(options.config));
    if (proxy) host = addressOf(proxy).host;
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error;
    return fail("proxy", error.message, error.hint);
  }
  if (isIP(host) !== 0) return ok(check, `${host} is an address`);
  const remedy = "Check the name, and name resolution on this machine: " +
    "/etc/resolv.conf, or resolvectl status";
  const over = new AbortController();
  try {
    const { handshakeTimeoutMs } = options.config.edgehub.websocket;
    const addresses = await Promise.race([
      options.resolve(host),
      noAnswer(() => sleep(options.clock, handshakeTimeoutMs, over.signal)),
    ]);
    return ok(check, `${host} is ${addresses.join(", ")}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(check, `Cannot find ${host}: ${reason}`, remedy);
  } finally {
    over.abort();
  }
}

/** @throws Always: in the end, or when it is aborted. */
async function noAnswer(wait: () => Promise<void>): Promise<never> {
  await wait();
  throw new Error("No name server answers");
}

function ofStep(
  step: DialStep,
  { url, nowMs }: { readonly url: URL; readonly nowMs: number },
): Finding {
  switch (step.kind) {
    case "connected":
      return ok("tcp", `connected to ${step.address}`);
    case "tunnelled":
      return ok("proxy", `${step.proxy} leads to ${url.host}`);
    case "secured": {
      const { validTo } = new X509Certificate(step.certificate);
      const until = new Date(validTo).toISOString();
      const text = `the authority signed the certificate of ${url.host}, ` +
        `good until ${until}`;
      return Date.parse(validTo) - nowMs >= SOON_MS
        ? ok("tls", text)
        : warn("tls", text, "Renew the certificate of the cloud");
    }
  }
}

/** The step that failed; of a timeout, the one behind the last that did not. */
function failedCheck(
  { kind }: LinkError,
  findings: readonly Finding[],
  url: URL,
): string {
  const passed = new Set(findings.map(({ check }) => check));
  if (kind === "timeout") {
    if (!passed.has("tcp") && !passed.has("proxy")) return "tcp";
    return url.protocol === "wss:" && !passed.has("tls") ? "tls" : "http";
  }
  // A cloud that refuses the node's certificate may say so after TLS is up.
  if (kind === "tls") return passed.has("tls") ? "client certificate" : "tls";
  if (kind === "upgrade") return "http";
  return kind === "credentials" ? "certificate" : kind;
}
