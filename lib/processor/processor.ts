import {
  BoundedQueue,
  type Component,
  LIMITS,
  type Timer,
} from "../base/mod.ts";
import { type Message, Module, type Origin } from "../message/mod.ts";
import { type Context, noAnswer, unanswered } from "../operations/mod.ts";
import type { Envelope } from "../router/mod.ts";
import { BatchRunner, type Item, settle } from "./batch_runner.ts";
import { Handover } from "./handover.ts";
import { MetaSyncTimer } from "./meta_sync_timer.ts";
import type { ProcessorObserver } from "./observer.ts";
import type { ProcessorOptions } from "./options.ts";
import {
  type OutboxOrder,
  type OutboxOrderDone,
  outboxTask,
} from "./outbox_order.ts";
import { OutboxSender } from "./outbox_sender.ts";
import { StoreProbe } from "./probe.ts";
import { Release } from "./release.ts";
import { reported } from "./reported.ts";
import { RemoteRequests } from "./requests.ts";
import { Session } from "./session.ts";
import { synced } from "./synced.ts";
import { watchAgents } from "./watch_agents.ts";

/**
 * The message processor: takes the messages that wait, runs each one's
 * operation in one transaction, commits, and only then lets the outcomes
 * leave.
 *
 * Invariants: nothing leaves for a message before COMMIT of its batch has
 * returned; what fails alone fails alone; if COMMIT fails, no message of the
 * batch is acknowledged; messages leave in the order in which they came.
 */
export class Processor implements Component {
  /** Name of the module and of the component. */
  readonly name: string = Module.metamanager;
  readonly #options: ProcessorOptions;
  readonly #observer: ProcessorObserver;
  readonly #inbox = new BoundedQueue<Envelope>(LIMITS.inboxMessagesMax);
  readonly #requests: RemoteRequests;
  readonly #handover: Handover;
  readonly #outbox: OutboxSender;
  readonly #release: Release;
  readonly #session: Session;
  readonly #runner: BatchRunner;
  readonly #metaSync: MetaSyncTimer;
  readonly #probe: StoreProbe;
  #tasks: Item[] = [];
  #state: "new" | "running" | "stopped" = "new";
  /** Rebuild of the store up to which all agents and the cloud know of it. */
  #generation: number;
  #scheduled: Timer | undefined;
  #idle: PromiseWithResolvers<void> | undefined;
  #ends: (() => void)[] = [];

  /** Takes no message before `start`. */
  constructor(options: ProcessorOptions) {
    this.#options = options;
    this.#observer = options.observer ?? {};
    const { clock, stamp, store, nodeId, router } = options;
    this.#generation = store.generation;
    const send = (message: Message) => this.#send(Module.edgehub, message);
    const onError = (error: unknown) => this.#observer.failed?.(error, 0);
    this.#session = new Session({
      clock,
      settleMs: options.syncSettleMs,
      standalone: options.standalone,
      onSettled: () => this.#task(synced(() => this.#session.settle())),
    });
    this.#requests = new RemoteRequests({
      clock,
      timeoutMs: options.queryTimeoutMs,
      send,
      onUnanswered: (request, why) =>
        this.#task({
          kind: "task",
          run: (tx, context) => unanswered(request, tx, context, why),
          failed: (context) => noAnswer(request, context, why),
        }),
    });
    this.#handover = new Handover({
      clock,
      stamp,
      store,
      nodeId,
      replyTimeoutMs: options.replyTimeoutMs,
      toCloud: send,
      onLate: (module, resource) =>
        this.#observer.agentLate?.(module, resource),
      onError,
    });
    this.#outbox = new OutboxSender({
      clock,
      stamp,
      store,
      send,
      room: () => router.room(Module.edgehub),
      onParked: (resource) => this.#observer.parked?.(resource),
      onError,
    });
    this.#runner = new BatchRunner({
      store,
      clock,
      context: (origin, from) => this.#context(origin, from),
      onConnection: (connected) => this.#session.changed(connected),
      observer: this.#observer,
    });
    this.#release = new Release({
      stamp,
      requests: this.#requests,
      handover: this.#handover,
      outbox: this.#outbox,
      send: (to, message) => this.#send(to, message),
      onConfirmed: (key) => this.#session.confirm(key),
      onReported: (mark) => this.#task(reported(mark)),
      observer: this.#observer,
    });
    this.#probe = new StoreProbe({ clock, task: (item) => this.#task(item) });
    this.#metaSync = new MetaSyncTimer({
      clock,
      stamp,
      intervalMs: options.metaSyncIntervalMs,
      receive: (message) => this.#receive({ message, from: this.name }),
    });
  }

  /** Whether the cloud can be asked. */
  get connected(): boolean {
    return this.#session.connected;
  }

  /** Messages waiting to be processed. */
  get waiting(): number {
    return this.#inbox.length;
  }

  /** Requests waiting for the cloud. */
  get requestsWaiting(): number {
    return this.#requests.size;
  }

  /** Agents that have caught up. */
  get liveAgents(): string[] {
    return this.#handover.live;
  }

  /** Whether a message of the outbox was sent and is not confirmed. */
  isSent(msgId: string): boolean {
    return this.#outbox.isSent(msgId);
  }

  /**
   * Retries or drops messages of the outbox.
   *
   * @throws {OutboxOrderError} If the store cannot be written now.
   */
  changeOutbox(order: OutboxOrder): Promise<OutboxOrderDone> {
    const { item, done } = outboxTask(order);
    if (this.#state === "running") this.#task(item);
    else settle([item]);
    return done;
  }

  /** Registers at the router and starts the MetaSync timer. */
  start(): Promise<void> {
    if (this.#state !== "new") return Promise.resolve();
    this.#state = "running";
    const { router, standalone } = this.#options;
    if (standalone) this.#session.restart();
    this.#ends = [
      router.register({
        name: this.name,
        group: "meta",
        receive: (envelope) => this.#receive(envelope),
        room: () => this.#inbox.room(),
      }),
      watchAgents(router, this.#handover),
    ];
    this.#metaSync.start();
    return Promise.resolve();
  }

  /** Processes what waits; messages still come in, so stop the links first. */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#state !== "running" || this.#isIdle()) return;
    const idle = Promise.withResolvers<void>();
    this.#idle = idle;
    const timer = this.#options.clock.after(deadlineMs, idle.resolve);
    await idle.promise;
    timer.cancel();
    this.#idle = undefined;
  }

  /** Ends all waits and takes no more messages; what waits is not processed. */
  stop(): Promise<void> {
    if (this.#state === "stopped") return Promise.resolve();
    this.#state = "stopped";
    for (const end of this.#ends) end();
    this.#scheduled?.cancel();
    this.#metaSync.stop();
    this.#session.stop();
    this.#probe.stop();
    this.#outbox.disconnected();
    this.#requests.cancelAll();
    this.#handover.stop();
    settle(this.#tasks);
    // Whoever waits for room must not wait for ever.
    this.#inbox.clear();
    this.#idle?.resolve();
    return Promise.resolve();
  }

  /** Stops. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #receive(envelope: Envelope): boolean {
    if (this.#state !== "running" || !this.#inbox.push(envelope)) return false;
    this.#schedule();
    return true;
  }

  #task(item: Item): void {
    this.#tasks.push(item);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#state !== "running") return;
    this.#scheduled = this.#options.clock.defer(() => {
      this.#scheduled = undefined;
      const items = this.#take();
      const outcomes = this.#runner.run(items);
      this.#probe.note(this.#runner.failing);
      for (const outcome of outcomes) this.#release.run(outcome);
      settle(items);
      this.#followRebuild();
      if (!this.#isIdle()) this.#schedule();
      else this.#idle?.resolve();
    });
  }

  /** A store rebuilt in between may have lost what agents and cloud know. */
  #followRebuild(): void {
    const { store } = this.#options;
    if (store.generation === this.#generation) return;
    this.#generation = store.generation;
    this.#handover.restart();
    this.#session.restart();
    this.#outbox.restart();
  }

  #isIdle(): boolean {
    return this.#tasks.length === 0 && this.#inbox.length === 0;
  }

  #take(): Item[] {
    const items = this.#tasks.splice(0, LIMITS.batchMessagesMax);
    while (items.length < LIMITS.batchMessagesMax) {
      const envelope = this.#inbox.shift();
      if (!envelope) break;
      items.push({ kind: "message", envelope });
    }
    return items;
  }

  #context(origin: Origin, from: string): Context {
    const { stamp, nodeId, remoteTypes } = this.#options;
    return {
      origin,
      from,
      nodeId,
      remoteTypes,
      newId: stamp.newId,
      now: stamp.now,
      connected: this.#session.connected,
      isConfirmed: (key) => this.#session.isConfirmed(key),
      request: (id) => this.#requests.peek(id),
      barrier: (id) => this.#outbox.barrier(id),
      isSent: (id) => this.#outbox.isSent(id),
    };
  }

  /** Sends to a module; `false` if its queue is full or nobody is there. */
  #send(to: string, message: Message): boolean {
    const { router } = this.#options;
    const sent = router.has(to) &&
      router.send(to, { message, from: this.name });
    if (!sent) this.#observer.undelivered?.(to, message.route.resource);
    return sent;
  }
}
