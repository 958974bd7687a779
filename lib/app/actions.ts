import { type Action, ActionError } from "../admin/mod.ts";

/** What of a node an operator can set going. */
export interface Actionable {
  /** Dials the cloud now. */
  reconnect(): void;
}

/**
 * What an operator can have done, by path of the admin socket; each has a
 * command of the same name.
 *
 * @param url Address of the cloud; empty for a standalone node.
 */
export function actionsOf(
  node: Actionable,
  url: string,
): Readonly<Record<string, Action>> {
  return {
    "/reconnect": () => {
      if (url === "") {
        throw new ActionError(409, "Cannot dial: this is a standalone node", {
          hint: "Set edgehub.websocket.url and restart the node",
        });
      }
      node.reconnect();
      return { dialling: url };
    },
  };
}
