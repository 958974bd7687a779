import { type Component, sleep, TaskSet } from "../base/mod.ts";
import { errorText } from "../telemetry/mod.ts";
import { ClockWatch } from "./clock_watch.ts";
import type { Credentials } from "./credentials.ts";
import { dialCredentials } from "./dial_credentials.ts";
import { IdentityError } from "./errors.ts";
import { looseMode } from "./loose_mode.ts";
import {
  type FoundToken,
  JoinAttempts,
  type JoinAttemptsOptions,
} from "./join_attempts.ts";
import { type KeyFileSystem, SystemKeyFileSystem } from "./key_file_system.ts";
import { recoverCredentials } from "./key_files.ts";
import type { RotationState } from "./rotation_timer.ts";
import type { TokenSource } from "./token_source.ts";
import { TrustFiles } from "./trust_files.ts";
import { isSameTrust, type TrustState } from "./trust_state.ts";
import {
  type CredentialsVerdict,
  isUsable,
  judgeCredentials,
  wantsToken,
} from "./verdict.ts";

/** What the node's trust works with. */
export interface NodeTrustOptions
  extends Omit<JoinAttemptsOptions, "system" | "onState"> {
  /** Where join tokens may be; the first place that has one counts. */
  readonly tokens: readonly TokenSource[];
  /** Files in which tokens come and go. */
  readonly tokenFiles: readonly string[];
  /** How this node gets a new certificate, for people. */
  readonly remedy: string;
  /** Writes the files. @default the machine's */
  readonly system?: KeyFileSystem;
  /** Told when other credentials are in place: dial anew. */
  readonly onCredentials: (how: "joined" | "replaced" | "rotated") => void;
  /** Told when the wall clock was set: what it forbade may work now. */
  readonly onClock?: () => void;
  /** Told of each state that is new. */
  readonly onState?: (state: TrustState) => void;
}

/** Time between looks, in milliseconds. */
const LOOK_MS = 5000;
/** Longest time for which files that look the same are not read again. */
const SETTLED_MS = 60_000;

/**
 * Keeps the node joined: judges its key and certificate, joins with a token
 * where they are missing or of no use, and sees a pair, an authority or a
 * token that is put in place while the node runs (failures.md D7, I7).
 *
 * Invariants: files and clock are looked at anew every 5 s, measured on the
 * monotonic clock; a token is used once; another node's pair is never
 * replaced; a wrong clock or a refusal never touches the files.
 */
export class NodeTrust implements Component {
  /** Name in logs and health. */
  readonly name = "trust";
  readonly #options: NodeTrustOptions;
  readonly #system: KeyFileSystem;
  readonly #tasks: TaskSet;
  readonly #files: TrustFiles;
  readonly #attempts: JoinAttempts;
  readonly #wallClock: ClockWatch;
  readonly #ended = new AbortController();
  #isStarted = false;
  #state: TrustState = {
    verdict: undefined,
    looseMode: undefined,
    joining: undefined,
  };
  /** What the files looked like at the last look. */
  #print = "";
  /** Certificate and authority as they were read last. */
  #texts: string | undefined;
  /** Who does not take the certificates although they seem good. */
  readonly #doubts = new Set<"link" | "rotation">();
  /** Whether the cloud has taken the certificate that is in place. */
  #isConfirmed = false;
  /** On the monotonic clock: the files are read again, unchanged or not. */
  #readAtMs = 0;
  /** What the files looked like when a token could not be removed. */
  #keptPrint = "";

  /** Builds it stopped. */
  constructor(options: NodeTrustOptions) {
    this.#options = options;
    this.#system = options.system ?? new SystemKeyFileSystem();
    this.#tasks = new TaskSet((task, error) =>
      options.log.error("trust ended", { task, error: errorText(error) })
    );
    this.#wallClock = new ClockWatch(options.clock);
    this.#files = new TrustFiles({ ...options, system: this.#system });
    this.#attempts = new JoinAttempts({
      ...options,
      system: this.#system,
      onState: (joining) => this.#enter({ ...this.#state, joining }),
    });
  }

  /** How the node stands. */
  get state(): TrustState {
    return this.#state;
  }

  /** Judges what there is, then looks again and again. Idempotent. */
  // deno-lint-ignore require-await -- the contract of components
  async start(): Promise<void> {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#print = this.#files.print();
    this.#texts = this.#files.texts();
    this.#judge();
    this.#tasks.spawn("trust", () => this.#run(this.#ended.signal));
  }

  /** Takes up nothing new; a request that is under way is ended. */
  async drain(_deadlineMs: number): Promise<void> {
    await this.stop();
  }

  /** Ends it. Idempotent. */
  async stop(): Promise<void> {
    this.#ended.abort(new Error("Trust stops"));
    await this.#tasks.settled();
  }

  /** The same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /**
   * What a dial may use, read anew (failures.md D6).
   *
   * @throws {IdentityError} If the dial must not be made.
   */
  credentials(): Credentials {
    return dialCredentials(this.#options);
  }

  /**
   * Cloud and node do not take each other's certificates: a token, if there
   * is one, is used although the node's own pair seems good.
   */
  linkRefused(): void {
    this.#doubts.add("link");
  }

  /** The cloud has taken the certificate: a token that still lies about goes. */
  linkUp(): void {
    this.#doubts.delete("link");
    this.#isConfirmed = true;
    this.#readAtMs = 0;
  }

  /** A rotation that the cloud refuses is helped by a token as well. */
  rotationIs(state: RotationState): void {
    const status = state.kind === "failing" ? state.status ?? 0 : 0;
    if (status >= 400 && status <= 403) this.#doubts.add("rotation");
    else this.#doubts.delete("rotation");
  }

  /** Tells that the pair was rotated, as one that is put in place by hand. */
  rotated(): void {
    this.#texts = this.#files.texts();
    this.#options.onCredentials("rotated");
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#look(signal);
      } catch (error) {
        if (signal.aborted) return;
        // One bad look must not be the last one.
        log.error("cannot judge the credentials", { error: errorText(error) });
      }
      try {
        await sleep(clock, LOOK_MS, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    if (!this.#hasChanged() && this.#isSettled()) return;
    this.#readAtMs = this.#options.clock.monotonic() + SETTLED_MS;
    this.#compareTexts();
    const found = this.#files.token();
    const verdict = this.#judge(found);
    if (!wantsToken(verdict, this.#doubts.size > 0)) {
      this.#attempts.rest();
      return await this.#dropToken(found, verdict);
    }
    if (found instanceof IdentityError) {
      return this.#attempts.fail(found, found.file);
    }
    if (!found || !this.#mayUse(found, verdict)) return this.#attempts.rest();
    if (!await this.#attempts.try(found, signal)) return;
    this.#doubts.clear();
    this.#isConfirmed = false;
    this.#judge();
    this.#texts = this.#files.texts();
    this.#options.onCredentials("joined");
  }

  /** Nothing to do while this certificate lasts. */
  #isSettled(): boolean {
    const { clock } = this.#options;
    const { verdict, joining } = this.#state;
    return verdict?.kind === "good" && !joining && this.#doubts.size === 0 &&
      verdict.notAfterMs > clock.now() && clock.monotonic() < this.#readAtMs;
  }

  /** Whether files or clock are not as they were at the last look. */
  #hasChanged(): boolean {
    const { onClock, log } = this.#options;
    const print = this.#files.print();
    const byMs = this.#wallClock.setByMs();
    const hasChanged = print !== this.#print || byMs !== 0;
    if (hasChanged) this.#attempts.hurry();
    this.#print = print;
    if (byMs !== 0) {
      log.warn("the wall clock was set", { byMs });
      onClock?.();
    }
    return hasChanged;
  }

  /** Tells when the files hold other credentials than before. */
  #compareTexts(): void {
    const texts = this.#files.texts();
    if (texts === this.#texts) return;
    this.#texts = texts;
    // A half of a pair is no reason to end a link.
    if (!isUsable(this.#judge())) return;
    this.#options.log.info("other credentials are in place");
    this.#isConfirmed = false;
    this.#doubts.delete("link");
    this.#options.onCredentials("replaced");
  }

  /**
   * Judges the files and tells whether they hold others than before.
   *
   * @param found The token that is there, if any was looked for.
   */
  #judge(found?: FoundToken | IdentityError): CredentialsVerdict {
    const { files, nodeId, clock } = this.#options;
    const system = this.#system;
    const token = found instanceof IdentityError ? undefined : found?.token;
    let verdict: CredentialsVerdict;
    try {
      recoverCredentials(files, system);
      const nowMs = clock.now();
      verdict = judgeCredentials(files, { nodeId, nowMs, token, system });
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      verdict = { kind: "unusable", error };
    }
    this.#enter({
      ...this.#state,
      verdict,
      looseMode: looseMode(files.keyFile),
    });
    return verdict;
  }

  #enter(state: TrustState): void {
    const before = this.#state;
    this.#state = state;
    if (!isSameTrust(state, before)) this.#options.onState?.(state);
  }

  #mayUse({ token }: FoundToken, { kind }: CredentialsVerdict): boolean {
    const hasPair = kind !== "missing" && kind !== "unusable";
    return !hasPair || !this.#attempts.hasUsed(token);
  }

  /** A token that nobody needs is removed, once the link has shown it. */
  async #dropToken(
    found: FoundToken | IdentityError | undefined,
    { kind }: CredentialsVerdict,
  ): Promise<void> {
    const isNeeded = kind !== "good" || !this.#isConfirmed;
    if (!found || found instanceof IdentityError || isNeeded) return;
    if (this.#keptPrint === this.#print) return;
    this.#keptPrint = this.#print;
    await this.#attempts.erase(found.source);
  }
}
