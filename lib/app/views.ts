import { publicView, type View } from "../admin/mod.ts";
import type { OutboxMessage } from "./outbox_report.ts";

/** What of a node its pages show. */
export interface Viewable {
  /** Messages that the cloud has not confirmed. */
  outbox(): readonly OutboxMessage[];
}

/** Further pages of a node, by path of the admin socket. */
export function viewsOf(node: Viewable): Readonly<Record<string, View>> {
  return {
    "/outbox": publicView(() => ({ messages: node.outbox() })),
  };
}
