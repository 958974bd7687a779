import {
  Module,
  Operation,
  type Origin,
  ResourceType,
} from "../message/mod.ts";

/** What the node does with a message of one operation, origin, source and type. */
export interface Policy {
  /** Its object is written to the store. */
  readonly stored: boolean;
  /** The cloud is asked, and its answer is the answer. */
  readonly remote: boolean;
  /** It is put in the outbox for the cloud. */
  readonly outbox: boolean;
  /** Agents are told: all, or only of pods that belong to this node. */
  readonly handOver: "yes" | "own-pods" | "no";
  /** What an agent gets for a remote message while the cloud is away. */
  readonly offline: "store" | "error";
}

interface Row {
  readonly operation: readonly string[];
  readonly origin: Origin;
  readonly source?: readonly string[];
  readonly type?: readonly string[];
  readonly policy: Policy;
}

const NOTHING: Policy = {
  stored: false,
  remote: false,
  outbox: false,
  handOver: "no",
  offline: "error",
};
const STORED: Policy = { ...NOTHING, stored: true };
const HANDED: Policy = { ...STORED, handOver: "yes" };
const REPORTED: Policy = { ...STORED, outbox: true };
const PASSED: Policy = { ...NOTHING, outbox: true };
const ASKED: Policy = { ...STORED, remote: true };
const ASKED_UNSTORED: Policy = { ...NOTHING, remote: true };

const WRITES = [Operation.insert, Operation.update, Operation.delete];

/** Types that only have a meaning while the cloud is there; nothing is written. */
const FLEETING = [
  ResourceType.lease,
  ResourceType.certificatesigningrequest,
  ResourceType.event,
];

/** Types of which the cloud's answers are not kept under their own key. */
const ANSWERED_ONLY = [
  ...FLEETING,
  ResourceType.podstatus,
  ResourceType.nodestatus,
];

/** Rows that an agent owns and may delete; deleting others is the cloud's job. */
const AGENTS_OWN = [
  ResourceType.podstatus,
  ResourceType.nodestatus,
  ResourceType.podpatch,
  ResourceType.nodepatch,
  ResourceType.serviceaccounttoken,
];

/**
 * The one table of what happens to what (wire document, 5 to 7); the first
 * row that matches counts, and nothing else decides.
 */
const TABLE: readonly Row[] = [
  // The cloud.
  {
    operation: WRITES,
    origin: "cloud",
    source: [Module.policycontroller, Module.devicecontroller],
    policy: STORED,
  },
  {
    // Since 1.23 every heartbeat of the Node comes down; edged is not told.
    operation: WRITES,
    origin: "cloud",
    type: [ResourceType.node, ...AGENTS_OWN],
    policy: STORED,
  },
  {
    // What local clients watch is no desired state (failures.md G8).
    operation: WRITES,
    origin: "cloud",
    source: [Module.dynamiccontroller],
    type: [ResourceType.pod],
    policy: { ...STORED, handOver: "own-pods" },
  },
  {
    operation: WRITES,
    origin: "cloud",
    source: [Module.edgecontroller, Module.controller, Module.synccontroller],
    policy: HANDED,
  },
  { operation: WRITES, origin: "cloud", policy: STORED },
  {
    operation: [Operation.response],
    origin: "cloud",
    type: ANSWERED_ONLY,
    policy: NOTHING,
  },
  {
    operation: [Operation.response],
    origin: "cloud",
    type: [
      ResourceType.node,
      ResourceType.serviceaccounttoken,
      ResourceType.podpatch,
      ResourceType.nodepatch,
      ResourceType.caCrt,
    ],
    policy: STORED,
  },
  { operation: [Operation.response], origin: "cloud", policy: HANDED },
  { operation: [Operation.error], origin: "cloud", policy: NOTHING },
  // Agents.
  {
    operation: [Operation.insert, Operation.update, Operation.patch],
    origin: "edged",
    type: [ResourceType.event],
    policy: PASSED,
  },
  {
    operation: [Operation.insert, Operation.update, Operation.patch],
    origin: "edged",
    type: FLEETING,
    policy: ASKED_UNSTORED,
  },
  { operation: [Operation.insert], origin: "edged", policy: ASKED },
  { operation: [Operation.patch], origin: "edged", policy: ASKED },
  { operation: [Operation.update], origin: "edged", policy: REPORTED },
  {
    // The row stays until the cloud's own delete comes.
    operation: [Operation.delete],
    origin: "edged",
    type: [ResourceType.pod],
    policy: PASSED,
  },
  {
    operation: [Operation.delete],
    origin: "edged",
    type: AGENTS_OWN,
    policy: STORED,
  },
  {
    operation: [Operation.query],
    origin: "edged",
    type: FLEETING,
    policy: ASKED_UNSTORED,
  },
  {
    operation: [Operation.query],
    origin: "edged",
    policy: { ...ASKED, offline: "store" },
  },
];

/** Looks up what happens to a message; types without a row do nothing. */
export function policyFor(
  operation: string,
  origin: Origin,
  about: { readonly source: string; readonly type: string },
): Policy {
  for (const row of TABLE) {
    if (row.origin !== origin || !row.operation.includes(operation)) continue;
    if (row.source && !row.source.includes(about.source)) continue;
    if (row.type && !row.type.includes(about.type)) continue;
    return row.policy;
  }
  return NOTHING;
}
