import {
  CLOUD_CONNECTED,
  CLOUD_DISCONNECTED,
  type Message,
  newMessage,
  NODE_CONNECTION_RESOURCE,
  NODE_CONNECTION_SOURCE,
  Operation,
  type Stamp,
} from "../message/mod.ts";

/** The message that tells a group whether the cloud is connected. */
export function nodeConnection(
  stamp: Stamp,
  group: string,
  connected: boolean,
): Message {
  return newMessage(stamp, {
    source: NODE_CONNECTION_SOURCE,
    group,
    operation: Operation.connect,
    resource: NODE_CONNECTION_RESOURCE,
    content: connected ? CLOUD_CONNECTED : CLOUD_DISCONNECTED,
  });
}
