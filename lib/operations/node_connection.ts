import {
  CLOUD_CONNECTED,
  CLOUD_DISCONNECTED,
  PermanentFault,
} from "../message/mod.ts";
import type { Operate } from "./context.ts";

/**
 * NodeConnection: the link tells whether the cloud can be reached. It is
 * remembered in memory only and starts as disconnected; on connect what waits
 * in the outbox goes.
 */
export const nodeConnection: Operate = (message) => {
  switch (message.content) {
    case CLOUD_CONNECTED:
      return [{ kind: "connection", connected: true }, { kind: "outbox" }];
    case CLOUD_DISCONNECTED:
      return [{ kind: "connection", connected: false }];
    default:
      throw new PermanentFault(
        "bad-content",
        `NodeConnection is neither ${CLOUD_CONNECTED} nor ${CLOUD_DISCONNECTED}`,
      );
  }
};
