import type { Envelope, ModuleSpec } from "../../../lib/router/mod.ts";
import { newMessage } from "../../../lib/message/mod.ts";
import { TEST_STAMP } from "../../support/messages.ts";

/** A module that keeps what it is sent, up to a bound. */
export function module(
  name: string,
  options: { group?: string; takes?: number; log?: string[] } = {},
): ModuleSpec & { readonly got: Envelope[] } {
  const { group = "edged", takes = Infinity, log } = options;
  const got: Envelope[] = [];
  return {
    name,
    group,
    got,
    receive: (envelope) => {
      if (got.length >= takes) return false;
      got.push(envelope);
      log?.push(`${name} ${envelope.message.route.resource}`);
      return true;
    },
  };
}

/** A message on its way from `edged`. */
export function envelope(resource = "default/configmap/a"): Envelope {
  const message = newMessage(TEST_STAMP, {
    source: "edged",
    group: "meta",
    operation: "query",
    resource,
  });
  return { message, from: "edged" };
}
