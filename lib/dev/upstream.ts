import {
  CLOUD_SOURCES,
  Group,
  type Message,
  Module,
  newMessage,
  Operation,
} from "../message/mod.ts";
import type { AnswerContext } from "./answer.ts";
import { answer } from "./answers.ts";
import { answerApplication } from "./applications.ts";

/** What answers are made of, and which of CloudCore's modules are on. */
export interface UpstreamContext extends AnswerContext {
  /** Whether Applications of a MetaServer are answered. */
  readonly dynamicController: boolean;
  /** The cluster's CA, PEM; empty: a query of it has no answer. */
  readonly clusterCa: string;
}

const VOLUME_REGEXP = /^\w[-\w.+]*\/volume\/\w[-\w.+]*/;

/** Whether a message is taken for the answer to a CSI request. */
export function isVolumeAnswer(resource: string): boolean {
  return VOLUME_REGEXP.test(resource);
}

/**
 * Hands a message of a node to the module that answers it (wire document,
 * 4.4, from `k8s/ca.crt` on). What carries the name of a cloud module, or
 * belongs to devices, is dropped.
 */
export function answerUpstream(
  message: Message,
  node: string,
  context: UpstreamContext,
): Message[] {
  const { resource, source, group } = message.route;
  if (resource === "k8s/ca.crt") return answerCa(message, context);
  if (source === Module.metaserver) {
    const reply = context.dynamicController &&
      answerApplication(message, context);
    return reply ? [reply] : [];
  }
  if (CLOUD_SOURCES.has(source ?? "") || group === Group.twin) return [];
  return answer(message, node, context);
}

function answerCa(message: Message, context: UpstreamContext): Message[] {
  if (!context.clusterCa) return [];
  return [
    newMessage(context.stamp, {
      source: Module.cloudhub,
      group: Group.resource,
      operation: Operation.response,
      resource: message.route.resource,
      content: context.clusterCa,
      parentId: message.header.msg_id,
    }),
  ];
}
