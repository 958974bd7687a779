import type { Clock } from "../base/mod.ts";
import type { MessageFault, Stamp } from "../message/mod.ts";
import type { Router } from "../router/mod.ts";
import type { LinkDeadlines } from "./link_watch.ts";
import type { TokenBucket } from "./token_bucket.ts";

/** What a session needs from outside. */
export interface CloudSessionOptions {
  /** Time. */
  readonly clock: Clock;
  /** Ids and time of messages made here. */
  readonly stamp: Stamp;
  /** Where messages from the cloud go. */
  readonly router: Router;
  /** Name of this node. */
  readonly nodeId: string;
  /** Interval of the keepalive in milliseconds; CloudHub ends sessions after 30 s. */
  readonly heartbeatMs: number;
  /** When the peer counts as gone. */
  readonly deadlines: LinkDeadlines;
  /** Largest message in bytes; the connection keeps the bound. */
  readonly messageBytesMax: number;
  /** Rate of the messages that are no answers; outlives the session. */
  readonly bucket: TokenBucket;
  /** Told once, when the first message shows that the cloud knows us. */
  readonly onProven: () => void;
  /** Told of frames that are no messages, and of messages for nobody. */
  readonly onFault: (fault: MessageFault) => void;
}
