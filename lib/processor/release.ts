import { unreachable } from "../base/mod.ts";
import { type Message, Module, type Stamp } from "../message/mod.ts";
import { answerFor, type Effect, type Outcome } from "../operations/mod.ts";
import type { Handover } from "./handover.ts";
import type { ProcessorObserver } from "./observer.ts";
import type { OutboxSender } from "./outbox_sender.ts";
import type { PendingPods } from "./pending_pods.ts";
import type { Reconciler } from "./reconciler.ts";
import type { Registration } from "./registration.ts";
import type { RemoteRequests } from "./requests.ts";
import type { Resync } from "./resync.ts";

/** Where outcomes go. */
export interface ReleaseOptions {
  /** Ids and time of the answers. */
  readonly stamp: Stamp;
  /** Requests that wait for the cloud. */
  readonly requests: RemoteRequests;
  /** Told of a Node that went. */
  readonly registration: Registration;
  /** The attached agents. */
  readonly handover: Handover;
  /** What waits for the cloud's confirmation. */
  readonly outbox: OutboxSender;
  /** What the node asks for on its own account. */
  readonly reconciler: Reconciler;
  /** Told of answers and of the link, too. */
  readonly pendingPods: PendingPods;
  /** What an operator has it ask for. */
  readonly resync: Resync;
  /** Sends to a module; `false` if it was not taken. */
  readonly send: (to: string, message: Message) => boolean;
  /** The cloud vouched for a key. */
  readonly onConfirmed: (key: string) => void;
  /** All of the report that was owed since a loss has been taken by the link. */
  readonly onReported: (mark: number) => void;
  /** Told of results that are counted. */
  readonly observer: ProcessorObserver;
}

/** What is for the outbox. */
type OutboxEffect = Extract<
  Effect,
  {
    kind:
      | "outbox"
      | "outbox-answered"
      | "outbox-changed"
      | "status-released"
      | "outbox-passed";
  }
>;

/**
 * Carries out the effects of committed messages. It is the only place from
 * which anything leaves, and the processor calls it only after COMMIT.
 */
export class Release {
  readonly #options: ReleaseOptions;

  /** @param options Ways out. */
  constructor(options: ReleaseOptions) {
    this.#options = options;
  }

  /**
   * Carries out the effects of one message, in order. One that cannot be is
   * told, and takes nothing with it: all of them are of committed messages.
   */
  run(outcome: Outcome): void {
    for (const effect of outcome) {
      try {
        this.#effect(effect);
      } catch (error) {
        this.#options.observer.failed?.(error, 0);
      }
    }
  }

  #effect(effect: Effect): void {
    const { send, requests, handover, observer, reconciler } = this.#options;
    switch (effect.kind) {
      case "to-cloud":
        // Not sent because the link is down: the cloud repeats what it asked.
        send(Module.edgehub, effect.message);
        return;
      case "hand-over":
        handover.offer(effect.message, effect.revision, {
          request: effect.answers,
          except: effect.except,
        });
        return;
      case "reply":
        send(effect.to, effect.message);
        return;
      case "ask":
        return requests.ask(effect.request);
      case "settle":
        this.#settle(effect.requestId, effect.message);
        return;
      case "agent-answered":
        handover.answered(effect.module, effect.answer);
        return;
      case "confirmed":
        this.#options.onConfirmed(effect.key);
        return;
      case "connection":
        this.#connection(effect.connected);
        return;
      case "report":
        // What is refused stays owed: the next MetaSync makes it anew.
        if (effect.messages.every((m) => send(Module.edgehub, m))) {
          this.#options.onReported(effect.mark);
        }
        return;
      case "outbox":
      case "outbox-answered":
      case "outbox-changed":
      case "status-released":
      case "outbox-passed":
        this.#outbox(effect);
        return;
      case "planned":
      case "plan-failed":
      case "missing":
      case "pod-came":
      case "pods-listed":
        reconciler.take(effect);
        return;
      case "node-gone":
        return this.#options.registration.nodeGone(effect.uid);
      case "node-came":
        return this.#options.pendingPods.nodeCame();
      case "refilled":
        handover.restart();
        return;
      case "refused":
        observer.refused?.(effect.resource, effect.reason);
        return;
      case "fault":
        observer.fault?.(effect.fault, "cloud");
        return;
      case "noted":
        observer.noted?.(effect.what, effect.resource);
        return;
      default:
        unreachable(effect);
    }
  }

  #outbox(effect: OutboxEffect): void {
    const { outbox } = this.#options;
    switch (effect.kind) {
      case "outbox":
        return outbox.kick();
      case "outbox-answered":
        return outbox.answered(effect.msgId, effect.refused);
      case "outbox-changed":
        return outbox.again(effect.msgIds);
      case "status-released":
        return outbox.released(effect.resource);
      case "outbox-passed":
        return outbox.passed(effect.pingId);
      default:
        unreachable(effect);
    }
  }

  #connection(connected: boolean): void {
    const { outbox, requests, reconciler, pendingPods } = this.#options;
    reconciler.connection(connected);
    if (connected) return outbox.connected();
    pendingPods.stop();
    outbox.disconnected();
    requests.cancelAll();
  }

  #settle(requestId: string, answer: Message): void {
    const { requests, reconciler, resync, send, stamp } = this.#options;
    for (const request of requests.settle(requestId)) {
      if (request.from === Module.metamanager) {
        reconciler.answered(request, answer);
        this.#options.pendingPods.answered(request, answer);
        resync.answered(request, answer);
      } else send(request.from, answerFor(stamp, request.original, answer));
    }
  }
}
