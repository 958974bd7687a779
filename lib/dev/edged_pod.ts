import { type Clock, isRecord, type Random, type Timer } from "../base/mod.ts";
import { Operation, resourceOf } from "../message/mod.ts";
import type { EdgedRequests } from "./edged_requests.ts";
import { type ConfigRef, configsOf } from "./pod_configs.ts";

/** A pod as a person sees it. */
export interface EdgedPodStatus {
  /** `<namespace>/<name>`. */
  readonly key: string;
  /** Its uid. */
  readonly uid: string;
  /** What it does. */
  readonly phase: "Pending" | "Running" | "Terminating";
  /** How often its start failed. */
  readonly failures: number;
}

/** How pods behave. */
export interface EdgedPodOptions {
  /** Time. */
  readonly clock: Clock;
  /** Decides which starts fail. */
  readonly random: Random;
  /** How requests leave. */
  readonly requests: EdgedRequests;
  /** Milliseconds that a start takes. */
  readonly startMs: number;
  /** Milliseconds that an end takes. */
  readonly stopMs: number;
  /** Share of starts that fail, 0 to 1. */
  readonly failureRate: number;
  /** Milliseconds before something that failed is tried again. */
  readonly retryMs: number;
}

type Pod = Readonly<Record<string, unknown>>;

/**
 * One pod of the simulated agent: asks for its configmaps and secrets, starts
 * after a delay, reports its status, and on a `deletionTimestamp` ends and
 * asks the cloud to remove it (wire document, 7.3).
 */
export class EdgedPod {
  /** Its uid; a pod of another uid is another pod. */
  readonly uid: string;
  readonly #options: EdgedPodOptions;
  readonly #namespace: string;
  readonly #name: string;
  readonly #configs = new Map<string, unknown>();
  #pod: Pod;
  #phase: EdgedPodStatus["phase"] = "Pending";
  #failures = 0;
  #timer: Timer | undefined;
  #reported: Record<string, unknown> | undefined;
  #reportTimer: Timer | undefined;
  #gone = false;

  /** Begins at once. */
  constructor(pod: Pod, options: EdgedPodOptions) {
    const metadata = isRecord(pod.metadata) ? pod.metadata : {};
    this.#pod = pod;
    this.#options = options;
    this.uid = String(metadata.uid ?? "");
    this.#namespace = String(metadata.namespace ?? "default");
    this.#name = String(metadata.name ?? "");
    if (!this.#isEnding()) this.#fetch(configsOf(pod.spec));
    else this.#terminate();
  }

  /** The pod as a person sees it. */
  status(): EdgedPodStatus {
    return {
      key: `${this.#namespace}/${this.#name}`,
      uid: this.uid,
      phase: this.#phase,
      failures: this.#failures,
    };
  }

  /** Configmaps and secrets that the pod was given, by `<type>/<name>`. */
  get configs(): ReadonlyMap<string, unknown> {
    return this.#configs;
  }

  /** Takes a newer version of itself. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (this.#isEnding() && this.#phase !== "Terminating") this.#terminate();
  }

  /** Takes a newer version of a configmap or secret, if it uses it. */
  updateConfig(key: string, object: unknown): void {
    if (this.#configs.has(key)) this.#configs.set(key, object);
  }

  /** It is removed: nothing more comes from it. */
  remove(): void {
    this.#gone = true;
    this.#timer?.cancel();
    this.#reportTimer?.cancel();
  }

  #isEnding(): boolean {
    const { metadata } = this.#pod;
    return isRecord(metadata) && Boolean(metadata.deletionTimestamp);
  }

  /** One after the other: a pod starts when it has everything. */
  #fetch(missing: readonly ConfigRef[]): void {
    const [next, ...rest] = missing;
    if (!next) return this.#wait(this.#options.startMs, () => this.#run());
    const { type, name } = next;
    this.#options.requests.ask({
      operation: Operation.query,
      resource: resourceOf(this.#namespace, type, name),
    }, (result) => {
      if (this.#gone || this.#phase !== "Pending") return;
      if (result.kind === "object") {
        this.#configs.set(`${type}/${name}`, result.object);
        this.#fetch(rest);
      } else {
        this.#wait(this.#options.retryMs, () => this.#fetch(missing));
      }
    });
  }

  #run(): void {
    const { random, failureRate, retryMs } = this.#options;
    if (random() < failureRate) {
      this.#failures++;
      this.#report({
        phase: "Pending",
        containerStatuses: [{
          name: "c",
          restartCount: this.#failures,
          state: { waiting: { reason: "CrashLoopBackOff" } },
        }],
      });
      return this.#wait(retryMs, () => this.#run());
    }
    this.#phase = "Running";
    this.#report({
      phase: "Running",
      startTime: this.#timestamp(),
      conditions: [{ type: "Ready", status: "True" }],
    });
  }

  #terminate(): void {
    this.#phase = "Terminating";
    this.#wait(this.#options.stopMs, () => {
      this.#report({ phase: "Succeeded" });
      this.#askForRemoval();
    });
  }

  /** Asked again until the cloud's own delete comes. */
  #askForRemoval(): void {
    this.#options.requests.ask({
      operation: Operation.delete,
      resource: resourceOf(this.#namespace, "pod", this.#name),
      content: { gracePeriodSeconds: 0, preconditions: { uid: this.uid } },
    }, () => this.#wait(this.#options.retryMs, () => this.#askForRemoval()));
  }

  /** Repeats a status until it is taken, or there is a newer one. */
  #report(status: Record<string, unknown>): void {
    const { clock, requests, retryMs } = this.#options;
    this.#reported = status;
    requests.ask({
      operation: Operation.update,
      resource: resourceOf(this.#namespace, "podstatus", this.#name),
      content: { UID: this.uid, Name: this.#name, Status: status },
    }, (result) => {
      const isOld = this.#gone || this.#reported !== status;
      if (result.kind === "ok" || isOld) return;
      this.#reportTimer?.cancel();
      this.#reportTimer = clock.after(retryMs, () => {
        if (this.#reported === status) this.#report(status);
      });
    });
  }

  #wait(delayMs: number, then: () => void): void {
    if (this.#gone) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(delayMs, then);
  }

  #timestamp(): string {
    const at = new Date(this.#options.clock.now());
    return at.toISOString().replace(/\.\d+Z$/, "Z");
  }
}
