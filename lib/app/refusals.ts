import type { MessageFault } from "../message/mod.ts";
import type { Health } from "../telemetry/mod.ts";
import { Check } from "./check.ts";

/**
 * Lists in health what was refused for good: the cloud was told `response`
 * with the reason and never sends it again, so an operator has to hear of it.
 * The node itself is well, so the check stays `ok`.
 *
 * @returns Notes one refusal.
 */
export function refusals(health: Health): (fault: MessageFault) => void {
  let count = 0;
  return ({ kind, resource, operation }) => {
    count++;
    const what = [operation, resource].filter(Boolean).join(" ");
    const last = `${kind}${what ? `, ${what.slice(0, 200)}` : ""}`;
    health.set(Check.messages, "ok", `${count} refused, the last: ${last}`);
  };
}
