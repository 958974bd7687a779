import type { Message } from "../message/mod.ts";
import { at, expectEqual, StepFailedError } from "./check.ts";
import type { Hop } from "./event.ts";
import type { Answer } from "./pod_agent.ts";
import type { Story } from "./story.ts";
import type { Which, Wire } from "./wire.ts";
import { NODE, type World } from "./world.ts";

/** How a request is to be answered. */
export interface Wanted {
  /** Content of the request. */
  readonly content?: unknown;
  /** Reason of the refusal; missing: it is to be done. */
  readonly reason?: string;
  /** Whether the cloud may be asked. @default false */
  readonly upstream?: boolean;
  /** Checks the answer and puts it in words. */
  readonly tell?: (answer: Answer) => string;
}

/** What the acts work with: the world, its story, and the common steps. */
export class Stage {
  /** Cloud, node and agent. */
  readonly world: World;
  /** Where steps are shown. */
  readonly story: Story;

  /** Sets the stage. */
  constructor(world: World, story: Story) {
    this.world = world;
    this.story = story;
  }

  /** What passed between them. */
  get wire(): Wire {
    return this.world.wire;
  }

  /**
   * A step: a message of this hop passes.
   *
   * @param which Which one, and how to check it and put it in words.
   * @returns The first that fits.
   */
  async sees(
    hop: Hop,
    which: Which & { readonly tell?: (message: Message) => string },
  ): Promise<Message> {
    let seen: Message | undefined;
    await this.story.step(hop, async () => {
      seen = await this.story.until(
        () => this.wire.seen(hop, which)[0],
        {
          expected: `${hop.operation} ${hop.resource}`,
          came: () => this.wire.describe(hop, which.after),
        },
      );
      return which.tell?.(seen) ?? "";
    });
    // A step that does not throw has seen it.
    return seen as Message;
  }

  /** A step: edged asks, and the node answers as wanted. */
  async asks(
    operation: string,
    resource: string,
    wanted: Wanted = {},
  ): Promise<Answer> {
    const hop: Hop = { from: "edged", to: "node", operation, resource };
    const after = this.wire.count;
    let answer: Answer | undefined;
    await this.story.step(hop, async () => {
      const { world } = this;
      answer = await world.agent.ask(operation, resource, wanted.content);
      const came = answer.ok ? "done" : answer.reason || answer.text;
      expectEqual("answer", { came, expected: wanted.reason ?? "done" });
      if (!wanted.upstream) this.#expectSilence(operation, resource, after);
      return wanted.tell?.(answer) ?? (answer.ok ? "OK" : answer.reason);
    });
    // A step that does not throw has the answer.
    return answer as Answer;
  }

  /** A step: something becomes true of the world. */
  becomes(
    hop: Hop,
    about: {
      readonly look: () => boolean;
      readonly expected: string;
      readonly came: () => unknown;
      readonly tell?: () => string;
    },
  ): Promise<void> {
    return this.story.step(hop, async () => {
      const { look, expected, came, tell } = about;
      await this.story.until(look, {
        expected,
        came: () => String(came()),
      });
      return tell?.() ?? expected;
    });
  }

  /**
   * A step: nothing moves any more. Cloud and edged have the same pods, all
   * run, the cloud has heard of it, and the node acked everything.
   */
  settled(): Promise<void> {
    const { hub, agent } = this.world;
    const inCloud = () =>
      hub.list("pod").map(({ metadata, status }) =>
        `${metadata.uid} ${at(status, "phase")}`
      ).sort();
    const onEdge = () =>
      agent.edged.pods().map(({ uid, phase }) => `${uid} ${phase}`).sort();
    const isRunning = () =>
      inCloud().every((pod) => pod.endsWith(" Running")) &&
      inCloud().join() === onEdge().join();
    return this.becomes(
      { from: "cloud", to: "edged", operation: "settle", resource: "*/pod" },
      {
        expected: "the same pods everywhere, running, all acked",
        look: () =>
          isRunning() && this.world.outbox() === 0 && hub.core.isSynced(NODE),
        came: () =>
          JSON.stringify({
            cloud: inCloud(),
            edged: onEdge(),
            sessions: hub.sessions(),
            outbox: this.world.outbox(),
          }),
        tell: () => `the same ${inCloud().length} pods, running, all acked`,
      },
    );
  }

  #expectSilence(operation: string, resource: string, after: number): void {
    const hop: Hop = { from: "node", to: "cloud", operation, resource };
    const [sent] = this.wire.seen(hop, { after });
    if (!sent) return;
    throw new StepFailedError(
      "an answer without asking the cloud",
      `the cloud was sent ${operation} ${resource}`,
    );
  }
}

/**
 * The objects of an answer: from the node's store they come as a list of JSON
 * texts, from the cloud as they are.
 *
 * @throws {StepFailedError} If there are none in it.
 */
export function objectsOf(answer: Answer): unknown[] {
  if (!answer.ok) throw new StepFailedError("objects", answer.text);
  const { content } = answer;
  if (!Array.isArray(content)) return [content];
  return content.map((item) =>
    typeof item === "string" ? JSON.parse(item) : item
  );
}
