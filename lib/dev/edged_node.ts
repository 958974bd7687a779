import { type Clock, isRecord, type Timer } from "../base/mod.ts";
import { NO_NAMESPACE, Operation, resourceOf } from "../message/mod.ts";
import { EDGE_LABEL } from "./edge_controller.ts";
import type { EdgedRequests, RequestResult } from "./edged_requests.ts";

/** What keeps a node registered. */
export interface EdgedNodeOptions {
  /** Name of the node. */
  readonly node: string;
  /** Wait between renewals and tries. */
  readonly clock: Clock;
  /** How requests leave. */
  readonly requests: EdgedRequests;
  /** Milliseconds between renewals of the lease. */
  readonly leaseMs: number;
  /** Milliseconds before something that failed is tried again. */
  readonly retryMs: number;
}

/**
 * Registers the node and keeps its lease, as edged does (wire document, 7.2):
 * insert the Node (`AlreadyExists` is the normal answer but once), query the
 * lease, insert it if there is none, then renew it; on `Conflict` query again.
 */
export class EdgedNode {
  readonly #options: EdgedNodeOptions;
  #timer: Timer | undefined;
  #lease: Record<string, unknown> | undefined;
  #running = false;
  #registered = false;
  #renewals = 0;

  /** Does nothing before `start`. */
  constructor(options: EdgedNodeOptions) {
    this.#options = options;
  }

  /** Whether the cloud has confirmed that it knows the node. */
  get registered(): boolean {
    return this.#registered;
  }

  /** Renewals of the lease that were confirmed. */
  get renewals(): number {
    return this.#renewals;
  }

  /** Begins to register; goes on where it was if called again. */
  start(): void {
    this.#running = true;
    this.#next(0);
  }

  /** Ends everything that waits. */
  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
  }

  #next(delayMs: number): void {
    this.#timer?.cancel();
    if (!this.#running) return;
    this.#timer = this.#options.clock.after(
      delayMs,
      () => this.#registered ? this.#keepLease() : this.#register(),
    );
  }

  #register(): void {
    const { node, requests } = this.#options;
    const labels = {
      "kubernetes.io/hostname": node,
      "kubernetes.io/os": "linux",
      "kubernetes.io/arch": "arm64",
      "node-role.kubernetes.io/agent": "",
      [EDGE_LABEL]: "",
    };
    requests.ask({
      operation: Operation.insert,
      resource: resourceOf(NO_NAMESPACE, "node", node),
      content: {
        metadata: { name: node, creationTimestamp: null, labels },
        spec: {},
        status: {
          capacity: { cpu: "4", memory: "4Gi", pods: "110" },
          conditions: [{ type: "Ready", status: "True" }],
        },
      },
    }, (result) => {
      this.#registered = result.kind === "object" ||
        (result.kind === "failed" && result.reason === "AlreadyExists");
      this.#next(this.#registered ? 0 : this.#options.retryMs);
    });
  }

  #keepLease(): void {
    const { node, requests } = this.#options;
    const resource = resourceOf("kube-node-lease", "lease", node);
    if (!this.#lease) {
      requests.ask(
        { operation: Operation.query, resource },
        (result) => this.#onLease(result),
      );
      return;
    }
    const isNew = Object.keys(this.#lease).length === 0;
    requests.ask({
      operation: isNew ? Operation.insert : Operation.update,
      resource,
      content: this.#renewed(this.#lease),
    }, (result) => this.#onRenewal(result));
  }

  #onLease(result: RequestResult): void {
    if (result.kind === "object") this.#lease = result.object;
    else if (result.kind === "none") this.#lease = {};
    this.#next(this.#lease ? 0 : this.#options.retryMs);
  }

  #onRenewal(result: RequestResult): void {
    if (result.kind === "object") {
      this.#lease = result.object;
      this.#renewals++;
      this.#next(this.#options.leaseMs);
    } else {
      // A conflict, or nobody knows what became of it: look again.
      this.#lease = undefined;
      this.#next(this.#options.retryMs);
    }
  }

  #renewed(lease: Record<string, unknown>): Record<string, unknown> {
    const { node, clock } = this.#options;
    const metadata = isRecord(lease.metadata) ? lease.metadata : {};
    return {
      metadata: { ...metadata, name: node, namespace: "kube-node-lease" },
      spec: {
        holderIdentity: node,
        leaseDurationSeconds: 40,
        renewTime: new Date(clock.now()).toISOString().replace("Z", "000Z"),
      },
    };
  }
}
