import { assertEquals } from "@std/assert";
import { isRecord, seededIds, seededRandom } from "../../../lib/base/mod.ts";
import {
  encode,
  type Message,
  newMessage,
  newOk,
} from "../../../lib/message/mod.ts";
import { CloudCore, type CloudLink } from "../../../lib/dev/cloud_core.ts";
import {
  SimulatedEdged,
  type SimulatedEdgedOptions,
} from "../../../lib/dev/simulated_edged.ts";
import { parse } from "./fixtures.ts";
import { ManualClock } from "./manual_clock.ts";

/** An agent wired straight to a CloudCore; the wire between them acks objects. */
export class EdgedWorld {
  readonly clock = new ManualClock();
  readonly ids = seededIds(seededRandom(7));
  readonly stamp = { newId: this.ids, now: () => this.clock.now() };
  readonly core = new CloudCore({ clock: this.clock, ids: this.ids });
  readonly sent: Message[] = [];
  readonly edged: SimulatedEdged;
  #link: CloudLink | undefined;
  #handler: (message: Message) => void = () => {};

  constructor(options: Partial<SimulatedEdgedOptions> = {}) {
    this.core.start();
    this.edged = new SimulatedEdged({
      node: "edge-1",
      clock: this.clock,
      ids: this.ids,
      random: seededRandom(3),
      transport: {
        send: (message) => {
          this.sent.push(message);
          this.#link?.receive(encode(message));
        },
        onMessage: (handler) => this.#handler = handler,
      },
      ...options,
    });
  }

  connect(): void {
    this.#link = this.core.connect("edge-1", {
      send: (text) => this.deliver(parse(text)),
      end: () => this.#link = undefined,
    });
  }

  cut(): void {
    this.core.end("edge-1");
  }

  /** Hands a message to the agent; answers that hold objects are acked. */
  deliver(message: Message): void {
    this.#handler(message);
    if (message.route.operation !== "response") return;
    this.#link?.receive(encode(newOk(this.stamp, message)));
  }

  /** Time passes, with keepalives. */
  pass(ms: number): void {
    for (let rest = ms; rest > 0; rest -= 1000) {
      this.#link?.receive(encode(newMessage(this.stamp, {
        source: "websocket",
        group: "resource",
        operation: "keepalive",
        resource: "node",
      })));
      this.clock.advance(Math.min(rest, 1000));
    }
  }

  pod(name: string, spec: Record<string, unknown> = {}): void {
    this.core.objects.apply({
      kind: "Pod",
      metadata: { name },
      spec: { nodeName: "edge-1", containers: [{ name: "c" }], ...spec },
    });
  }

  phase(name: string): unknown {
    const status = this.core.objects.get({
      type: "pod",
      namespace: "default",
      name,
    })?.status;
    return isRecord(status) ? status.phase : undefined;
  }

  end(): void {
    this.edged.stop();
    this.core.stop();
    assertEquals(this.clock.pending, 0);
  }
}
