import { type Component, type Random, sleep, TaskSet } from "../base/mod.ts";
import { errorText, type Logger } from "../telemetry/mod.ts";
import { requestCertificate } from "./certificate_request.ts";
import {
  type CredentialFiles,
  type Credentials,
  readCredentials,
} from "./credentials.ts";
import { EnrolmentError } from "./enrolment_error.ts";
import { IdentityError } from "./errors.ts";
import { type HttpsContext, HttpsError } from "./http.ts";
import { type KeyFileSystem, SystemKeyFileSystem } from "./key_file_system.ts";
import { recoverCredentials, writeCredentials } from "./key_files.ts";
import { checkNodeIdentity } from "./node_identity.ts";
import { rotationAtMs, rotationPauseMs, validityOf } from "./rotation.ts";

/** How the node's certificate stands. */
export type RotationState =
  /** Nothing was looked at yet. */
  | { readonly kind: "unknown" }
  /** The node has no certificate. */
  | { readonly kind: "none" }
  /** What is there cannot be used; a new pair in its place is found by itself. */
  | {
    readonly kind: "unusable";
    readonly message: string;
    readonly hint: string;
  }
  /** Good, and not yet to be replaced. */
  | RotationPoint & { readonly kind: "waiting" }
  /** It should have been replaced; tried again for ever. */
  | RotationPoint & {
    readonly kind: "failing";
    /** Failures in a row, from 1. */
    readonly failures: number;
    /** Why the last try failed. */
    readonly message: string;
    /** What an operator can do. */
    readonly hint: string;
    /** HTTP status of a refusal. */
    readonly status: number | undefined;
    /** Whether the certificate has run out, by the clock of this machine. */
    readonly isExpired: boolean;
  };

/** A certificate and when it is replaced. */
export interface RotationPoint {
  /** When it is to be replaced, milliseconds since 1970. */
  readonly dueAtMs: number;
  /** End of its validity, milliseconds since 1970. */
  readonly notAfterMs: number;
  /** Whether it names no node, as those of v1.15. */
  readonly isLegacy: boolean;
}

/** What the rotation works with; its `signal` is the component's own. */
export interface RotationOptions extends Omit<HttpsContext, "signal"> {
  /** Name of this node. */
  readonly nodeId: string;
  /** Where its credentials lie; they are replaced there. */
  readonly files: CredentialFiles;
  /** Draws the point of rotation and spreads the retries. */
  readonly random: Random;
  /** Where it says what it does. */
  readonly log: Logger;
  /** Time between looks at clock and files, in milliseconds. @default 60 000 */
  readonly tickMs?: number;
  /** Writes the files. @default the machine's */
  readonly system?: KeyFileSystem;
  /** Told once new files are in place: dial again. */
  readonly onRotated: () => void;
  /** Told when the state has changed. */
  readonly onState?: (state: RotationState) => void;
}

const TICK_MS = 60_000;
/**
 * Time between rotations whose result is due again, since the clock is wrong
 * then, and between requests to a server that says nothing.
 */
const QUIET_MS = 3600 * 1000;

/**
 * Replaces the node's certificate well before it ends, with the certificate
 * itself as proof (wire document, 3).
 *
 * Invariants: files and wall clock are read anew at every look, so a jump of
 * the clock and a pair put in place by hand are both noticed (failures.md D6
 * to D8); waits are measured on the monotonic clock; one request at a time; a
 * wrong clock or a refusal never touches the files.
 */
export class RotationTimer implements Component {
  /** Name in logs and health. */
  readonly name = "rotation";
  readonly #options: RotationOptions;
  readonly #system: KeyFileSystem;
  readonly #tasks: TaskSet;
  #ended: AbortController | undefined;
  /** Aborted to end the wait before the next look. */
  #wake = new AbortController();
  #state: RotationState = { kind: "unknown" };
  #failures = 0;
  /** On the monotonic clock: until then there is no further rotation. */
  #quietUntilMs = 0;
  /** The certificate that a point was drawn for, and the point. */
  #drawn: { readonly certPem: string; readonly share: number } | undefined;

  /** Builds a stopped timer. */
  constructor(options: RotationOptions) {
    this.#options = options;
    this.#system = options.system ?? new SystemKeyFileSystem();
    this.#tasks = new TaskSet((task, error) =>
      options.log.error("rotation ended", { task, error: errorText(error) })
    );
  }

  /** How the certificate stands. */
  get state(): RotationState {
    return this.#state;
  }

  /** Looks at once, and then again and again. Idempotent. */
  // deno-lint-ignore require-await -- the contract of components
  async start(): Promise<void> {
    if (this.#ended) return;
    const ended = this.#ended = new AbortController();
    this.#tasks.spawn("rotation", () => this.#run(ended.signal));
  }

  /** Looks now, for files that have changed. */
  lookNow(): void {
    this.#wake.abort(new Error("Look now"));
  }

  /** Takes up nothing new: a request that is under way is ended, nothing is lost by it. */
  async drain(_deadlineMs: number): Promise<void> {
    await this.stop();
  }

  /** Ends it. Idempotent. */
  async stop(): Promise<void> {
    this.#ended?.abort();
    await this.#tasks.settled();
    this.#ended = undefined;
  }

  /** The same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log, tickMs = TICK_MS } = this.#options;
    while (!signal.aborted) {
      let pauseMs: number | undefined;
      try {
        pauseMs = await this.#look(signal);
      } catch (error) {
        if (signal.aborted) return;
        // One bad look must not be the last one.
        log.error("cannot judge the certificate", { error: errorText(error) });
      }
      this.#wake = new AbortController();
      const woken = AbortSignal.any([signal, this.#wake.signal]);
      try {
        await sleep(clock, Math.min(pauseMs ?? tickMs, tickMs), woken);
      } catch (error) {
        if (!woken.aborted) throw error;
      }
    }
  }

  /** Judges what there is now; returns the pause after a failure. */
  async #look(signal: AbortSignal): Promise<number | undefined> {
    let credentials: Credentials;
    let point: RotationPoint | undefined;
    try {
      recoverCredentials(this.#options.files, this.#system);
      credentials = readCredentials(this.#options.files);
      point = this.#pointOf(credentials);
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      const { message, hint } = error;
      this.#enter({ kind: "unusable", message, hint });
      return undefined;
    }
    if (!point) {
      this.#enter({ kind: "none" });
      return undefined;
    }
    const nowMs = this.#options.clock.now();
    if (nowMs < point.dueAtMs) {
      this.#failures = 0;
      this.#enter({ kind: "waiting", ...point });
      return undefined;
    }
    if (this.#options.clock.monotonic() < this.#quietUntilMs) return undefined;
    return await this.#rotate({ credentials, point }, signal);
  }

  /** `undefined` without a certificate. @throws {IdentityError} If it is another node's. */
  #pointOf({ certPem }: Credentials): RotationPoint | undefined {
    if (certPem === undefined) return undefined;
    const identity = checkNodeIdentity(certPem, this.#options.nodeId);
    if (identity instanceof IdentityError) throw identity;
    if (this.#drawn?.certPem !== certPem) {
      this.#drawn = { certPem, share: this.#options.random() };
    }
    const validity = validityOf(certPem);
    return {
      dueAtMs: rotationAtMs(validity, this.#drawn.share),
      notAfterMs: validity.notAfterMs,
      isLegacy: identity === "legacy",
    };
  }

  async #rotate(
    now: { credentials: Credentials; point: RotationPoint },
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { nodeId, files } = this.#options;
    const { certPem = "", keyPem = "" } = now.credentials;
    try {
      const pair = await requestCertificate(
        {
          nodeId,
          authorities: now.credentials,
          proof: { kind: "certificate", pair: { certPem, keyPem } },
        },
        { ...this.#options, signal },
      );
      writeCredentials(files, pair, this.#system);
    } catch (error) {
      signal.throwIfAborted();
      if (
        !(error instanceof EnrolmentError) && !(error instanceof IdentityError)
      ) throw error;
      if (error.cause instanceof HttpsError && error.cause.isSilent) {
        this.#quietUntilMs = this.#options.clock.monotonic() + QUIET_MS;
      }
      return this.#fail(now.point, error);
    }
    this.#failures = 0;
    this.#options.log.info("certificate renewed");
    this.#options.onRotated();
    return this.#judgeNew();
  }

  #fail(
    point: RotationPoint,
    error: EnrolmentError | IdentityError,
  ): number {
    const { log, clock, random } = this.#options;
    const { message, hint } = error;
    const pauseMs = rotationPauseMs(++this.#failures, random);
    log.warn("certificate not renewed", { error: message, hint, pauseMs });
    this.#enter({
      kind: "failing",
      ...point,
      failures: this.#failures,
      message,
      hint,
      status: error instanceof EnrolmentError ? error.status : undefined,
      isExpired: clock.now() >= point.notAfterMs,
    });
    return pauseMs;
  }

  /** A clock far ahead would have each new certificate replaced at once. */
  #judgeNew(): undefined {
    const { files, clock } = this.#options;
    const point = this.#pointOf(readCredentials(files));
    if (!point) return undefined;
    if (clock.now() < point.dueAtMs) {
      this.#enter({ kind: "waiting", ...point });
      return undefined;
    }
    this.#quietUntilMs = clock.monotonic() + QUIET_MS;
    this.#fail(
      point,
      new IdentityError("The new certificate is to be replaced already", {
        hint: "Check this machine's clock",
      }),
    );
    return undefined;
  }

  #enter(state: RotationState): void {
    const isSame = JSON.stringify(state) === JSON.stringify(this.#state);
    this.#state = state;
    if (!isSame) this.#options.onState?.(state);
  }
}
