/**
 * The composition root: builds the parts of a node from a configuration,
 * starts them in order and stops them in reverse.
 *
 * It decides nothing by itself. Open `edge_node.ts` first.
 *
 * @module
 */
export { ActionError } from "../admin/mod.ts";
export { EdgeNode } from "./edge_node.ts";
export type { NodeParts } from "./node_parts.ts";
export type { KeyPage, ObjectItem, ObjectPage } from "./object_views.ts";
export { offlineViews } from "./offline_views.ts";
export type { FlowReport, LinkFailure } from "./flow.ts";
export type { OutboxCounts, OutboxMessage } from "./outbox_report.ts";
export type { NodeStatus } from "./status.ts";
export { proxyOptions } from "./proxy_config.ts";
export { credentialFiles, remedyOf } from "./trust_config.ts";
export type { SyncReport } from "./sync_report.ts";
export type { IdentityStatus } from "./trust.ts";
export type { NodeTiming } from "./timing.ts";
