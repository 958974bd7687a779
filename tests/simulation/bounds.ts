import { LIMITS } from "../../lib/base/mod.ts";

/** Bounds of the node that a plan makes small. */
export type Bounds = Readonly<
  Partial<
    Record<
      | "inboxMessagesMax"
      | "pendingRequestsMax"
      | "outboxMessagesMax"
      | "outboxEventsMax",
      number
    >
  >
>;

/** Small bounds, each set with one that is reached. */
export const SMALL_BOUNDS: readonly Bounds[] = [
  { inboxMessagesMax: 2 },
  { pendingRequestsMax: 10 },
  { outboxMessagesMax: 5 },
  { outboxEventsMax: 3 },
  { inboxMessagesMax: 2, pendingRequestsMax: 10, outboxMessagesMax: 5 },
];

/**
 * Runs something, to its end in this turn, with other bounds than usual. The
 * node reads them where it needs them; nobody but a simulation changes them.
 */
export function withBounds<T>(bounds: Bounds, run: () => T): T {
  const limits: Record<string, number> = LIMITS;
  const before = { ...LIMITS };
  Object.assign(limits, bounds);
  try {
    return run();
  } finally {
    Object.assign(limits, before);
  }
}
