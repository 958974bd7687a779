import {
  BoundedQueue,
  type Component,
  LIMITS,
  type Timer,
} from "../base/mod.ts";
import { type Message, Module } from "../message/mod.ts";
import type { Envelope } from "../router/mod.ts";
import { type Item, type MessageItem, settle } from "./item.ts";
import type { ProcessorObserver } from "./observer.ts";
import type { ProcessorOptions } from "./options.ts";
import {
  type OutboxOrder,
  type OutboxOrderDone,
  outboxTask,
} from "./outbox_order.ts";
import type { OutboxWork } from "./outbox_sender.ts";
import { buildProcessorParts, type ProcessorParts } from "./processor_parts.ts";
import type { Resyncing } from "./resync_report.ts";
import type { Reconciliation } from "./sync_state.ts";
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
  readonly #inbox = new BoundedQueue<MessageItem>(LIMITS.inboxMessagesMax, {
    sizeOf: ({ envelope }) => envelope.heapBytes ?? 0,
    sizeMax: LIMITS.inboxHeapBytesMax,
  }, LIMITS.inboxMessagesRead);
  readonly #parts: ProcessorParts;
  #tasks: Item[] = [];
  #state: "new" | "running" | "stopped" = "new";
  /** Rebuild of the store up to which all agents and the cloud know of it. */
  #generation: number;
  #scheduled: Timer | undefined;
  /** When the next batch was scheduled: read once for all that come by then. */
  #scheduledMs = 0;
  /** Whether more waited for the last batch than it could take. */
  #isPressed = false;
  #idle: PromiseWithResolvers<void> | undefined;
  #ends: (() => void)[] = [];

  /** Takes no message before `start`. */
  constructor(options: ProcessorOptions) {
    this.#options = options;
    this.#observer = options.observer ?? {};
    this.#generation = options.store.generation;
    this.#parts = buildProcessorParts(options, {
      name: this.name,
      task: (item) => this.#task(item),
      send: (...sent) => this.#send(...sent),
      receive: (envelope) => this.#receive(envelope),
    });
  }

  /** Whether the cloud can be asked. */
  get connected(): boolean {
    return this.#parts.session.connected;
  }

  /** Messages waiting to be processed. */
  get waiting(): number {
    return this.#inbox.length;
  }

  /** Requests waiting for the cloud. */
  get requestsWaiting(): number {
    return this.#parts.requests.size;
  }

  /** How far the node is in line with the cloud. */
  get reconciler(): Reconciliation {
    return this.#parts.reconciler;
  }

  /** Compares the store with the cloud on order. */
  get resync(): Resyncing {
    return this.#parts.resync;
  }

  /** Agents that have caught up. */
  get liveAgents(): string[] {
    return this.#parts.handover.live;
  }

  /** What the loop of the outbox does. */
  get outboxWork(): OutboxWork {
    return this.#parts.outbox.work;
  }

  /** Whether a message of the outbox was sent and is not confirmed. */
  isSent(msgId: string): boolean {
    return this.#parts.outbox.isSent(msgId);
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

  /** Takes up another interval of MetaSync, from now on. */
  restartMetaSync(): void {
    if (this.#state !== "running") return;
    this.#parts.metaSync.stop();
    this.#parts.metaSync.start();
  }

  /** Registers at the router and starts the MetaSync timer. */
  start(): Promise<void> {
    if (this.#state !== "new") return Promise.resolve();
    this.#state = "running";
    const { router, standalone } = this.#options;
    if (standalone) this.#parts.session.restart();
    this.#ends = [
      router.register({
        name: this.name,
        group: "meta",
        receive: (envelope) => this.#receive(envelope),
        room: () => this.#inbox.room(),
      }),
      watchAgents(router, this.#parts),
    ];
    this.#parts.metaSync.start();
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
    this.#parts.metaSync.stop();
    this.#parts.session.stop();
    this.#parts.probe.stop();
    this.#parts.reconciler.stop();
    this.#parts.pendingPods.stop();
    this.#parts.resync.stop();
    this.#parts.outbox.disconnected();
    this.#parts.requests.cancelAll();
    this.#parts.handover.stop();
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
    if (this.#state !== "running" || this.#inbox.isFull) return false;
    this.#schedule();
    const receivedMs = this.#scheduledMs;
    return this.#inbox.push({ kind: "message", envelope, receivedMs });
  }

  #task(item: Item): void {
    this.#tasks.push(item);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#state !== "running") return;
    const { clock } = this.#options;
    this.#scheduledMs = clock.monotonic();
    this.#scheduled = clock.defer(() => {
      this.#scheduled = undefined;
      const { runner, release, outbox } = this.#parts;
      this.#isPressed = !this.#inbox.hasRoom;
      const items = this.#take();
      const failed = runner.failing;
      const outcomes = runner.run(items);
      this.#noteFailing();
      for (const outcome of outcomes) release.run(outcome);
      this.#observer.settled?.(items, outcomes);
      settle(items);
      // Confirmations that could not be noted come once: what they confirmed
      // is sent again now, and not when its answer is overdue.
      if (failed && !runner.failing) outbox.restart();
      this.#followRebuild();
      if (!this.#isIdle()) this.#schedule();
      else this.#idle?.resolve();
    }, this.#isPressed);
  }

  /** What the store refused has to come again before it counts as in sync. */
  #noteFailing(): void {
    const { probe, runner, session } = this.#parts;
    probe.note(runner.failing);
    if (runner.failing) session.settle();
  }

  /** A store rebuilt in between may have lost what agents and cloud know. */
  #followRebuild(): void {
    const { store } = this.#options;
    if (store.generation === this.#generation) return;
    this.#generation = store.generation;
    this.#parts.handover.restart();
    this.#parts.session.restart();
    this.#parts.outbox.restart();
    this.#parts.reconciler.restart();
  }

  #isIdle(): boolean {
    return this.#tasks.length === 0 && this.#inbox.length === 0;
  }

  #take(): Item[] {
    const items = this.#tasks.splice(0, LIMITS.batchMessagesMax);
    while (items.length < LIMITS.batchMessagesMax) {
      const item = this.#inbox.shift();
      if (!item) break;
      items.push(item);
    }
    return items;
  }

  /** Sends to a module; `false` if its queue is full or nobody is there. */
  #send(
    to: string,
    message: Message,
    options: Pick<Envelope, "untilMs"> = {},
  ): boolean {
    const { router } = this.#options;
    const sent = router.has(to) &&
      router.send(to, { message, from: this.name, ...options });
    if (sent) this.#observer.sent?.(to, message);
    else this.#observer.undelivered?.(to, message.route.resource);
    return sent;
  }
}
