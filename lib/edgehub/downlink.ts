import {
  Group,
  type Message,
  type MessageFault,
  Module,
} from "../message/mod.ts";
import { type Envelope, NoReceiverError, type Router } from "../router/mod.ts";

/** Groups whose messages the processor takes (wire document, 2.5). */
const PROCESSOR_GROUPS: ReadonlySet<string> = new Set([
  "",
  Group.resource,
  Group.func,
  Group.meta,
]);

/**
 * Groups that the cloud may not address: what agents get goes through the
 * store, and the link's own group would send a message back to where it
 * came from.
 */
const LOCAL_GROUPS: ReadonlySet<string> = new Set([Group.edged, Group.hub]);

/** What became of a message from the cloud. */
export type Delivery =
  | { readonly kind: "delivered" }
  /** It can never be delivered. */
  | { readonly kind: "refused"; readonly fault: MessageFault }
  /** Its receiver takes nothing now; it may be sent again. */
  | { readonly kind: "unavailable"; readonly why: string }
  /** The link was closed while it waited. */
  | { readonly kind: "abandoned" };

/** What {@link deliver} works with. */
export interface DownlinkOptions {
  /** Memory that the message takes, estimated. */
  readonly heapBytes: number;
  /** Where the modules are. */
  readonly router: Router;
  /** Length of the message's text as it came. */
  readonly bytes?: number;
  /**
   * Waits for room without reading the link.
   *
   * @returns `false` if the link was closed meanwhile.
   */
  readonly wait: (room: Promise<void>) => Promise<boolean>;
}

/**
 * Gives a message from the cloud to the modules of its group; waits for those
 * that are full, in order, so that nothing overtakes it.
 *
 * @returns A promise only if it has to wait.
 */
export function deliver(
  message: Message,
  options: DownlinkOptions,
): Delivery | Promise<Delivery> {
  const { router, heapBytes, bytes = -1 } = options;
  const isAwaited = router.respond(message);
  const group = message.route.group ?? "";
  const envelope = { message, from: Module.edgehub, heapBytes, bytes };
  if (PROCESSOR_GROUPS.has(group)) {
    return handOver(Module.metamanager, envelope, options);
  }
  if (isAwaited) return DELIVERED;
  if (LOCAL_GROUPS.has(group)) return refused(message, group);
  let full: string[];
  try {
    full = router.sendToGroup(group, envelope);
  } catch (error) {
    if (!(error instanceof NoReceiverError)) throw error;
    return refused(message, group);
  }
  return full.length === 0 ? DELIVERED : handOverToAll(full, envelope, options);
}

async function handOverToAll(
  modules: readonly string[],
  envelope: Envelope,
  options: DownlinkOptions,
): Promise<Delivery> {
  for (const module of modules) {
    const delivery = await handOver(module, envelope, options);
    if (delivery.kind !== "delivered") return delivery;
  }
  return DELIVERED;
}

/** A promise only if the module has no room: most messages wait for nothing. */
function handOver(
  module: string,
  envelope: Envelope,
  options: DownlinkOptions,
): Delivery | Promise<Delivery> {
  const { router } = options;
  if (!router.has(module)) return unavailable(module);
  // It may take more than it has room for, but a link can wait.
  if (router.room(module) || !router.send(module, envelope)) {
    return handOverLater(module, envelope, options);
  }
  return router.has(module) ? DELIVERED : unavailable(module);
}

async function handOverLater(
  module: string,
  envelope: Envelope,
  { router, wait }: DownlinkOptions,
): Promise<Delivery> {
  // A module that is not there now was there or will be: no answer of ours
  // may count as an ack of what it did not see.
  do {
    const room = router.room(module);
    if (!room) return unavailable(module);
    if (!await wait(room)) return { kind: "abandoned" };
  } while (router.has(module) && !router.send(module, envelope));
  return router.has(module) ? DELIVERED : unavailable(module);
}

const DELIVERED: Delivery = { kind: "delivered" };

function unavailable(module: string): Delivery {
  return { kind: "unavailable", why: `Module takes no messages: ${module}` };
}

function refused(message: Message, group: string): Delivery {
  const { operation, resource, source } = message.route;
  return {
    kind: "refused",
    fault: {
      kind: "not-allowed",
      text: `No module here in group: ${group}`,
      msgId: message.header.msg_id,
      operation,
      resource,
      group,
      ...(source ? { source } : {}),
    },
  };
}
