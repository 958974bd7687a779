import { noAnswer, type RemoteRequest, unanswered } from "../operations/mod.ts";
import type { Item } from "./item.ts";
import type { Unanswered } from "./requests.ts";

/** Gives an agent what it gets when the cloud does not answer. */
export function unansweredItem(request: RemoteRequest, why: Unanswered): Item {
  return {
    kind: "task",
    run: (tx, context) => unanswered(request, tx, context, why),
    failed: (context) => noAnswer(request, context, why),
  };
}
