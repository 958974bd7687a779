import { type Clock, LIMITS } from "../base/mod.ts";
import type { EdgehubObserver } from "../edgehub/mod.ts";
import type { ProcessorObserver } from "../processor/mod.ts";
import { Journal } from "../telemetry/mod.ts";
import { flowCounts, FlowMeter } from "./flow_counts.ts";
import { flowObserver } from "./flow_observer.ts";
import { FlowReader } from "./flow_reader.ts";

/** Why the link to the cloud was down last, and when. */
export interface LinkFailure {
  /** When it failed, ISO 8601. */
  readonly at: string;
  /** What failed and why. */
  readonly error: string;
}

/** How much flows, over the last 10 s. */
export interface FlowReport {
  /** Transactions per second. */
  readonly batchesPerSecond: number;
  /** Messages from the cloud per second. */
  readonly fromCloudPerSecond: number;
  /** Messages to the cloud per second. */
  readonly toCloudPerSecond: number;
  /** Messages from agents per second. */
  readonly fromAgentsPerSecond: number;
  /** Messages to agents per second. */
  readonly toAgentsPerSecond: number;
}

/**
 * What flows through the node: the last messages, how many there are, and why
 * the link was down last. It is told by the observers of the parts.
 */
export class Flow {
  /** Reads the last messages, for an operator. */
  readonly reader: FlowReader;
  /** What flowed each second of the last minute. */
  readonly meter: FlowMeter;
  readonly #clock: Clock;
  readonly #journal = new Journal({
    entriesMax: LIMITS.journalMessagesMax,
    lengthMax: LIMITS.journalLengthMax,
  });
  readonly #counts = flowCounts();
  #failure: LinkFailure | undefined;

  /** @param clock Says when something came and left. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.meter = new FlowMeter(this.#counts);
    this.reader = new FlowReader(this.#journal, clock);
  }

  /** Why the link was down last; `undefined` if it never was. */
  get failure(): LinkFailure | undefined {
    return this.#failure;
  }

  /** How much flows lately. */
  report(): FlowReport {
    const lately = (what: Parameters<FlowMeter["lately"]>[0]) =>
      this.meter.lately(what);
    return {
      batchesPerSecond: lately("batches"),
      fromCloudPerSecond: lately("fromCloud"),
      toCloudPerSecond: lately("toCloud"),
      fromAgentsPerSecond: lately("fromAgents"),
      toAgentsPerSecond: lately("toAgents"),
    };
  }

  /** Takes a sample of the counts; called about once a second. */
  sample(): void {
    this.meter.sample(this.#clock.monotonic());
  }

  /** The observer of a processor, which tells what flows as well. */
  ofProcessor(observer: ProcessorObserver): ProcessorObserver {
    const noted = flowObserver({
      journal: this.#journal,
      counts: this.#counts,
      clock: this.#clock,
    });
    return {
      ...observer,
      sent: noted.sent,
      settled: noted.settled,
      committed: (event) => {
        noted.committed(event);
        observer.committed?.(event);
      },
      fault: (fault, origin) => {
        noted.fault(fault, origin);
        observer.fault?.(fault, origin);
      },
    };
  }

  /** The observer of a cloud link, which tells what flows as well. */
  ofLink(observer: EdgehubObserver): EdgehubObserver {
    return {
      ...observer,
      down: (event) => {
        this.#failure = {
          at: new Date(this.#clock.now()).toISOString(),
          error: event.error.message,
        };
        observer.down?.(event);
      },
      fault: (fault) => {
        this.#refusedAtLink(fault);
        observer.fault?.(fault);
      },
    };
  }

  /** A frame that came to no module. */
  #refusedAtLink(
    fault: Parameters<Required<EdgehubObserver>["fault"]>[0],
  ): void {
    this.#counts.fromCloud++;
    const slot = this.#journal.next();
    slot.from = "cloud";
    slot.to = "node";
    slot.operation = fault.operation ?? "";
    slot.resource = fault.resource ?? "";
    slot.source = fault.source ?? "";
    slot.group = fault.group ?? "";
    slot.id = fault.msgId ?? "";
    slot.parentId = "";
    slot.atMs = this.#clock.monotonic();
    slot.bytes = -1;
    slot.latencyMs = 0;
    slot.outcome = `refused: ${fault.kind}`;
    slot.content = "";
    this.#journal.written(slot);
  }
}
