import { unreachable } from "../base/mod.ts";
import { type Message, Module, type Stamp } from "../message/mod.ts";
import { answerFor, type Effect, type Outcome } from "../operations/mod.ts";
import type { Handover } from "./handover.ts";
import type { ProcessorObserver } from "./observer.ts";
import type { OutboxSender } from "./outbox_sender.ts";
import type { RemoteRequests } from "./requests.ts";

/** Where outcomes go. */
export interface ReleaseOptions {
  /** Ids and time of the answers. */
  readonly stamp: Stamp;
  /** Requests that wait for the cloud. */
  readonly requests: RemoteRequests;
  /** The attached agents. */
  readonly handover: Handover;
  /** What waits for the cloud's confirmation. */
  readonly outbox: OutboxSender;
  /** Sends to a module; `false` if it was not taken. */
  readonly send: (to: string, message: Message) => boolean;
  /** The cloud vouched for a key. */
  readonly onConfirmed: (key: string) => void;
  /** All of the report that was owed since a loss has been taken by the link. */
  readonly onReported: (mark: number) => void;
  /** Told of results that are counted. */
  readonly observer: ProcessorObserver;
}

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
    const { send, requests, handover, outbox, observer } = this.#options;
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
        requests.ask(effect.request);
        return;
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
        outbox.kick();
        return;
      case "outbox-answered":
        outbox.answered(effect.msgId, effect.refused);
        return;
      case "outbox-changed":
        outbox.again(effect.msgIds);
        return;
      case "status-released":
        outbox.released(effect.resource);
        return;
      case "outbox-passed":
        outbox.passed(effect.pingId);
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

  #connection(connected: boolean): void {
    const { outbox, requests } = this.#options;
    if (connected) return outbox.connected();
    outbox.disconnected();
    requests.cancelAll();
  }

  #settle(requestId: string, answer: Message): void {
    const { requests, send, stamp } = this.#options;
    for (const request of requests.settle(requestId)) {
      send(request.from, answerFor(stamp, request.original, answer));
    }
  }
}
