import { backoffMs, type Random } from "../base/mod.ts";
import type { Logger } from "../telemetry/mod.ts";
import type { CredentialFiles } from "./credentials.ts";
import { enrol } from "./enrol.ts";
import { EnrolmentError } from "./enrolment_error.ts";
import { IdentityError } from "./errors.ts";
import { type HttpsContext, HttpsError } from "./http.ts";
import type { KeyFileSystem } from "./key_file_system.ts";
import { writeCredentials } from "./key_files.ts";
import { looseMode } from "./loose_mode.ts";
import type { JoinToken } from "./token.ts";
import type { TokenSource } from "./token_source.ts";
import type { Joining } from "./trust_state.ts";

/** A token and where it lies. */
export interface FoundToken {
  /** The token. */
  readonly token: JoinToken;
  /** Where it lies. */
  readonly source: TokenSource;
}

/** What joining works with. */
export interface JoinAttemptsOptions extends Omit<HttpsContext, "signal"> {
  /** Name of this node. */
  readonly nodeId: string;
  /** Where its credentials go. */
  readonly files: CredentialFiles;
  /** Spreads the retries. */
  readonly random: Random;
  /** Where it says what it does. */
  readonly log: Logger;
  /** Writes the files. */
  readonly system: KeyFileSystem;
  /** Told of each state that is new. */
  readonly onState: (joining: Joining | undefined) => void;
}

/** Waits after failures that may pass; a TLS failure may be the clock's. */
const BACKOFF = { baseMs: 2000, capMs: 60_000 } as const;
/** Shortest wait after a failure, in milliseconds. */
const PAUSE_MS_MIN = 1000;
/** Wait after the cloud has refused the token: it will refuse it again. */
const REFUSED_PAUSE_MS = 10 * 60_000;

/**
 * Joins with a token, again and again with growing waits, until it worked; a
 * token is used once.
 */
export class JoinAttempts {
  readonly #options: JoinAttemptsOptions;
  #failures = 0;
  /** On the monotonic clock: nothing is tried before. */
  #dueAtMs = 0;
  /** What the last token showed to the cloud, once it was used. */
  #used: string | undefined;

  /** Nothing is tried yet. */
  constructor(options: JoinAttemptsOptions) {
    this.#options = options;
  }

  /** Whether this token has brought a certificate already. */
  hasUsed(token: JoinToken): boolean {
    return token.bearer === this.#used;
  }

  /** Something has changed: the next try need not wait. */
  hurry(): void {
    this.#failures = 0;
    this.#dueAtMs = 0;
  }

  /** Nothing is to be joined. */
  rest(): void {
    this.hurry();
    this.#options.onState(undefined);
  }

  /**
   * Tries once, unless it is too early after a failure.
   *
   * @returns Whether a new pair is in place.
   * @throws The signal's reason.
   */
  async try(found: FoundToken, signal: AbortSignal): Promise<boolean> {
    const { clock, log, files, system, onState } = this.#options;
    if (clock.monotonic() < this.#dueAtMs) return false;
    const { token, source: { place } } = found;
    if (this.#failures === 0) {
      onState({ kind: "trying", place });
      log.info("joining", { place });
      const mode = looseMode(place);
      const hint = `chmod 600 ${place}, and get a new one if they may have`;
      if (mode) {
        log.warn("others may read the join token", { place, mode, hint });
      }
    }
    try {
      const enrolled = await enrol({
        ...this.#options,
        token,
        attemptsMax: 1,
        signal,
      });
      writeCredentials(files, enrolled, system);
      this.#used = token.bearer;
      const until = new Date(enrolled.notAfterMs).toISOString();
      log.info("joined", { place, until });
    } catch (error) {
      signal.throwIfAborted();
      if (
        !(error instanceof EnrolmentError) && !(error instanceof IdentityError)
      ) throw error;
      this.fail(error, place);
      return false;
    }
    await this.erase(found.source);
    this.rest();
    return true;
  }

  /** Notes why there was no joining; the next try waits. */
  fail(error: EnrolmentError | IdentityError, place: string): void {
    const { clock, log, random, onState } = this.#options;
    const { message, hint } = error;
    if (clock.monotonic() < this.#dueAtMs) return;
    const failures = ++this.#failures;
    const pauseMs = PAUSE_MS_MIN +
      (isFinal(error)
        ? REFUSED_PAUSE_MS
        : backoffMs(failures - 1, BACKOFF, random));
    this.#dueAtMs = clock.monotonic() + pauseMs;
    onState({ kind: "failing", place, message, hint, failures });
    log.warn("cannot join", { place, error: message, hint, pauseMs });
  }

  /** A used token is of use to nobody but a thief (failures.md I4). */
  async erase(source: TokenSource): Promise<void> {
    const { log } = this.#options;
    const { place } = source;
    const reason = await source.erase();
    if (reason) log.warn("remove the used join token", { place, reason });
    else log.info("used join token removed", { place });
  }
}

/** Whether the same token can hardly bring another answer soon. */
function isFinal(error: EnrolmentError | IdentityError): boolean {
  if (error instanceof IdentityError) return false;
  // A server that says nothing costs a socket with each try.
  if (error.cause instanceof HttpsError && error.cause.isSilent) return true;
  const { status = 0 } = error;
  return status >= 400 && status < 500 && !error.retryable;
}
