import { X509Certificate } from "node:crypto";
import { credentialFiles, remedyOf } from "../app/mod.ts";
import type { Config } from "../config/mod.ts";
import {
  checkServerCertificate,
  type Credentials,
  type CredentialsVerdict,
  IdentityError,
  judgeCredentials,
  looseMode,
  readCredentials,
} from "../identity/mod.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** Certificates that end sooner than this are told. */
export const SOON_MS = 14 * 24 * 3600 * 1000;

/** What the node would dial with. */
export interface CredentialsFindings {
  /** What was found. */
  readonly findings: readonly Finding[];
  /** Whether the node would show its certificate to the cloud. */
  readonly hasPair: boolean;
  /** Whether it would dial at all. */
  readonly mayDial: boolean;
}

/**
 * Reads authority, certificate and key as the node would, and judges them.
 * The TLS library ends the process over a key that is not its certificate's
 * (failures.md D6), so nothing is dialled before this.
 */
export function checkCredentials(
  config: Config,
  nowMs: number,
): CredentialsFindings {
  const { url, certfile } = config.edgehub.websocket;
  if (!url.startsWith("wss:")) {
    return { findings: [], hasPair: false, mayDial: true };
  }
  const authority = readAuthorities(config, nowMs);
  if (certfile === "") {
    const isReadable = authority.credentials !== undefined;
    return {
      findings: authority.findings,
      hasPair: false,
      mayDial: isReadable,
    };
  }
  const { nodeId } = config.edgehub.controller;
  const files = credentialFiles(config);
  const verdict = judgeCredentials(files, { nodeId, nowMs });
  const isUsable = verdict.kind === "good" || verdict.kind === "expired";
  const own = isUsable ? checkOwn(config) : [];
  // What the authority's file lacks was told above.
  const isTold = verdict.kind === "unusable" && !authority.credentials &&
    verdict.error.file === files.caFile;
  return {
    findings: [
      ...authority.findings,
      ...(isTold ? [] : [ofVerdict(verdict, config, nowMs)]),
      ...own,
    ],
    hasPair: isUsable,
    mayDial: isUsable,
  };
}

function readAuthorities(
  config: Config,
  nowMs: number,
): { findings: Finding[]; credentials?: Credentials } {
  const check = "authority";
  const { caFile } = credentialFiles(config);
  const files = { caFile, certFile: "", keyFile: "" };
  let credentials: Credentials;
  try {
    credentials = readCredentials(files);
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    // Joining brings it.
    const isMissing = error.cause instanceof Deno.errors.NotFound;
    const { token, tokenFile } = config.edgehub;
    const finding = isMissing && (token || tokenFile) ? warn : fail;
    return { findings: [finding(check, error.message, error.hint)] };
  }
  const ends = credentials.authorities.map(({ validTo }) =>
    Date.parse(validTo)
  );
  const lastMs = Math.max(...ends);
  const until = new Date(lastMs).toISOString();
  const remedy = `Put the cloud's present authority into ${caFile}`;
  if (lastMs <= nowMs) {
    const text = `It ran out at ${until}: ${caFile}`;
    return { findings: [fail(check, text, remedy)], credentials };
  }
  const count = ends.length === 1 ? "" : `${ends.length} certificates, `;
  const text = `${count}good until ${until}: ${caFile}`;
  const isSoon = lastMs - nowMs < SOON_MS;
  const finding = isSoon ? warn(check, text, remedy) : ok(check, text);
  return { findings: [finding], credentials };
}

function ofVerdict(
  verdict: CredentialsVerdict,
  config: Config,
  nowMs: number,
): Finding {
  const check = "certificate";
  const { websocket: { certfile }, token, tokenFile, rotateCertificates } =
    config.edgehub;
  const remedy = remedyOf(config);
  switch (verdict.kind) {
    case "missing": {
      if (!token && !tokenFile) {
        return fail(check, `There is none: ${certfile}`, remedy);
      }
      const place = token ? "edgehub.token" : tokenFile;
      const text = `None yet: the node joins with the token of ${place}`;
      return warn(check, text, "Start the node: metamanager run");
    }
    case "unusable":
    case "foreign":
      return fail(check, verdict.error.message, verdict.error.hint);
    case "other-cloud":
    case "expired": {
      const until = new Date(verdict.notAfterMs).toISOString();
      return fail(check, `It ran out at ${until}: ${certfile}`, remedy);
    }
    case "good": {
      const until = new Date(verdict.notAfterMs).toISOString();
      const text = `good until ${until}`;
      if (verdict.isLegacy) {
        const any = "names no node, as those of v1.15";
        return warn(check, `${text}, ${any}: ${certfile}`, remedy);
      }
      if (verdict.notAfterMs - nowMs >= SOON_MS) return ok(check, text);
      const why = rotateCertificates
        ? "and was not replaced yet"
        : "and edgehub.rotate-certificates is off";
      return warn(check, `${text} only, ${why}`, remedy);
    }
  }
}

/** The pair belongs together: the verdict says so. */
function checkOwn(config: Config): Finding[] {
  const files = credentialFiles(config);
  const { keyFile, certFile, caFile } = files;
  const credentials = readCredentials(files);
  const mode = looseMode(keyFile);
  const key = mode
    ? warn(
      "key",
      `Others may read ${keyFile}, mode ${mode}`,
      `chmod 600 ${keyFile}`,
    )
    : ok("key", "belongs to the certificate, only its owner may read it");
  try {
    const { raw } = new X509Certificate(credentials.certPem ?? "");
    checkServerCertificate(raw, credentials);
    return [key, ok("chain", "the authority signed the node's certificate")];
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    const text = `The authority of ${caFile} did not sign ${certFile}`;
    const remedy = "Join again with a token of this cloud, unless its " +
      "certificates are of several authorities: metamanager join --force";
    return [key, warn("chain", text, remedy)];
  }
}
