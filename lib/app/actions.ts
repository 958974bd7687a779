import { type Action, ActionError } from "../admin/mod.ts";
import { type ChangeOutbox, outboxActions } from "./outbox_actions.ts";

/** What of a node an operator can set going. */
export interface Actionable {
  /** Dials the cloud now. */
  reconnect(): void;
  /** Retries or drops messages of the outbox. */
  changeOutbox: ChangeOutbox;
}

/**
 * What an operator can have done, by path of the admin socket; each has a
 * command of the same name.
 *
 * @param url Address in use or dialled next; empty for a standalone node.
 */
export function actionsOf(
  node: Actionable,
  url: () => string,
): Readonly<Record<string, Action>> {
  return {
    ...outboxActions((order) => node.changeOutbox(order)),
    "/reconnect": () => {
      if (url() === "") {
        throw new ActionError(409, "Cannot dial: this is a standalone node", {
          hint: "Set edgehub.websocket.url and restart the node",
        });
      }
      node.reconnect();
      return { dialling: url() };
    },
  };
}
