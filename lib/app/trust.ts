import type { Clock, Component, Random } from "../base/mod.ts";
import type { Config } from "../config/mod.ts";
import type { LinkError } from "../edgehub/mod.ts";
import {
  type CredentialFiles,
  NodeTrust,
  type RotationState,
  RotationTimer,
  type TrustText,
  trustText,
} from "../identity/mod.ts";
import { Check } from "./check.ts";
import { liveProxy, liveServer } from "./live_config.ts";
import type { ObserverParts } from "./observer_parts.ts";
import { credentialFiles, remedyOf, tokenSources } from "./trust_config.ts";

/** What the trust of a node is built from. */
export interface TrustIngredients extends ObserverParts {
  /** Checked configuration, as it was at the start. */
  readonly config: Config;
  /** The configuration now. */
  readonly live: () => Config;
  /** Time. */
  readonly clock: Clock;
  /** Jitter. */
  readonly random: Random;
  /** Dials the cloud anew, a link that is up included. */
  readonly redial: () => void;
  /** Dials the cloud as soon as it may be dialled if the link is down. */
  readonly retry: () => void;
}

/** The node's identity for an operator. */
export interface IdentityStatus {
  /** How the node stands: `trusted`, `not-joined`, `expired`, ... */
  readonly state: string;
  /** Why, and what else there is to know. */
  readonly reason: string;
  /** What to do; empty if nothing. */
  readonly hint: string;
  /** End of the certificate's validity, ISO 8601; missing without one. */
  readonly certificateUntil?: string;
  /** When it is to be replaced, ISO 8601; missing without one or rotation. */
  readonly renewalDue?: string;
}

/**
 * The node's key and certificate while it runs: joins, renews, and turns what
 * becomes of them into log lines, figures, health and status.
 */
export class Trust {
  /** Judges and joins. */
  readonly node: NodeTrust;
  /** Renews; `undefined` where that is switched off. */
  readonly rotation: RotationTimer | undefined;
  readonly #options: TrustIngredients;
  readonly #files: CredentialFiles;
  readonly #remedy: string;
  #said = "";
  /** Why cloud and node do not take each other's certificates. */
  #refusal: LinkError | undefined;

  /** Builds it stopped. */
  constructor(options: TrustIngredients) {
    const { config: { edgehub }, clock, random, metrics } = options;
    this.#options = options;
    this.#files = credentialFiles(options.config);
    this.#remedy = remedyOf(options.config);
    const log = options.log.child("identity");
    const certificates = metrics.counterFamily(
      "metamanager_certificates_total",
      "Certificates that came into use while the node ran, by how",
      ["how"],
    );
    const common = {
      server: liveServer(options.live),
      proxy: liveProxy(options.live),
      nodeId: edgehub.controller.nodeId,
      files: this.#files,
      clock,
      random,
      log,
    };
    this.node = new NodeTrust({
      ...common,
      tokens: tokenSources(options.config),
      tokenFiles: [edgehub.tokenFile],
      remedy: this.#remedy,
      onCredentials: (how) => {
        certificates.with(how).inc();
        this.rotation?.lookNow();
        options.redial();
      },
      onClock: () => {
        this.rotation?.lookNow();
        options.retry();
      },
      onState: () => this.#tell(),
    });
    this.rotation = edgehub.rotateCertificates
      ? new RotationTimer({
        ...common,
        onRotated: () => this.node.rotated(),
        onState: (state) => {
          this.node.rotationIs(state);
          this.#tell();
        },
      })
      : undefined;
    metrics.gauge(
      "metamanager_certificate_expiry_timestamp_seconds",
      "End of the validity of the node's certificate, seconds since 1970; 0 without one",
      () => (this.#notAfterMs() ?? 0) / 1000,
    );
    this.#tell();
  }

  /** The parts in the order in which they start. */
  get parts(): readonly Component[] {
    return this.rotation ? [this.node, this.rotation] : [this.node];
  }

  /** The node's identity now. */
  get status(): IdentityStatus {
    const { state, reason, hint } = this.#text();
    const untilMs = this.#notAfterMs();
    const rotation = this.rotation?.state;
    return {
      state,
      reason,
      hint,
      ...(untilMs === undefined ? {} : { certificateUntil: dateOf(untilMs) }),
      ...(rotation && "dueAtMs" in rotation
        ? { renewalDue: dateOf(rotation.dueAtMs) }
        : {}),
    };
  }

  /** The cloud has answered on a link with the node's certificate. */
  linkUp(): void {
    this.#refusal = undefined;
    this.node.linkUp();
    this.#tell();
  }

  /** A dial failed, or a link ended. */
  linkDown(error: LinkError): void {
    // A cloud that checks who comes with which certificate stays mute.
    if (error.kind === "tls" || error.kind === "mute") this.node.linkRefused();
    if (error.kind !== "tls") return;
    this.#refusal = error;
    this.#tell();
  }

  #notAfterMs(): number | undefined {
    const { verdict } = this.node.state;
    return verdict && "notAfterMs" in verdict ? verdict.notAfterMs : undefined;
  }

  #text(): TrustText {
    const text = trustText(this.node.state, {
      keyFile: this.#files.keyFile,
      remedy: this.#remedy,
    });
    if (text.state !== "trusted") return text;
    const refusal = this.#refusal;
    if (refusal && text.isWell) return refusedText(text, refusal, this.#remedy);
    const rotation = this.rotation?.state;
    if (rotation?.kind !== "failing") return text;
    return { ...text, ...renewalText(text, rotation) };
  }

  #tell(): void {
    const { state, isWell, reason, hint } = this.#text();
    const said = hint ? `${reason}. ${hint}` : reason;
    const { health, log } = this.#options;
    health.set(Check.identity, isWell ? "ok" : "degraded", said);
    const { verdict, joining } = this.node.state;
    // What becomes of joining is told by whoever joins.
    if (said === this.#said || !verdict || joining) return;
    this.#said = said;
    if (isWell) log.child("identity").info(state, { reason });
    else log.child("identity").warn(state, { reason, hint });
  }
}

/** A certificate that seems good, and brings no link. */
function refusedText(
  text: TrustText,
  refusal: LinkError,
  remedy: string,
): TrustText {
  return {
    ...text,
    isWell: false,
    reason: `${text.reason}; no link with it: ${refusal.message}`,
    hint: [refusal.hint, remedy].filter(Boolean).join(". Or: "),
  };
}

/** A certificate that is good, and should have been replaced. */
function renewalText(
  { reason, hint }: TrustText,
  failing: RotationState & { kind: "failing" },
): Pick<TrustText, "isWell" | "reason" | "hint"> {
  return {
    isWell: false,
    reason: `${reason}; it cannot be renewed: ${failing.message}`,
    hint: hint || failing.hint,
  };
}

function dateOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
