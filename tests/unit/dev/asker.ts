import { assert, assertEquals } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";
import { type Message, newMessage } from "../../../lib/message/mod.ts";
import { CloudObjects } from "../../../lib/dev/cloud_objects.ts";
import { answerUpstream } from "../../../lib/dev/upstream.ts";
import { ManualClock } from "./manual_clock.ts";

const clock = new ManualClock();
const newId = () => crypto.randomUUID();
const STAMP = { newId, now: () => clock.now() };

/** Asks an empty Kubernetes, or one that a test has filled. */
export class Asker {
  readonly objects = new CloudObjects({ clock, ids: newId });

  ask(operation: string, resource: string, content?: unknown, more: {
    source?: string;
    group?: string;
    clusterCa?: string;
    dynamicController?: boolean;
  } = {}): Message[] {
    const request = newMessage(STAMP, {
      source: more.source ?? "edged",
      group: more.group ?? "meta",
      operation,
      resource,
      content,
    });
    const { clusterCa = "", dynamicController = false } = more;
    const { objects } = this;
    const context = { stamp: STAMP, objects, clusterCa, dynamicController };
    const answers = answerUpstream(request, "edge-1", context);
    for (const { header } of answers) {
      if (header.parent_msg_id) {
        assertEquals(header.parent_msg_id, request.header.msg_id);
      }
    }
    return answers;
  }

  /** Reason of the error in the one answer. */
  reason(...args: Parameters<Asker["ask"]>): unknown {
    const [answer] = this.ask(...args);
    const content = answer?.content;
    assert(isRecord(content));
    const error = isRecord(content.Err) ? content.Err : content;
    return isRecord(error.ErrStatus) ? error.ErrStatus.reason : undefined;
  }
}
