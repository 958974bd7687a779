import type { Clock, Random } from "../base/mod.ts";
import type { CredentialFiles, Credentials } from "../identity/mod.ts";
import type { MessageFault, Stamp } from "../message/mod.ts";
import type { Router } from "../router/mod.ts";
import type { Dialled, DialOptions } from "./dial.ts";
import type { FailoverOptions } from "./endpoints.ts";
import type { LinkError } from "./link_error.ts";
import type { LinkDeadlines } from "./link_watch.ts";
import type { RedialOptions } from "./redial.ts";
import type { TokenBucketOptions } from "./token_bucket.ts";
import type { ProxyOptions } from "../tunnel/mod.ts";

/** What is told of the link, for logs, metrics and health. */
export interface EdgehubObserver {
  /** A dial begins. */
  dialling?(url: string): void;
  /** The cloud has answered on a new connection. */
  connected?(event: {
    readonly url: string;
    readonly certificateNotAfterMs: number | undefined;
  }): void;
  /** A dial failed or a link ended; `waitMs` until the next dial. */
  down?(event: {
    readonly url: string;
    readonly error: LinkError;
    readonly livedMs: number;
    readonly waitMs: number;
  }): void;
  /** A frame was refused. */
  fault?(fault: MessageFault): void;
  /** Something failed by a defect of ours; the link is dialled again. */
  broken?(error: unknown): void;
}

/**
 * What the cloud link works with. Addresses, deadlines, bounds and the proxy
 * are read anew for each dial, `reconnect` and `rate` at each use.
 */
export interface EdgehubOptions {
  /** Where it meets the other modules. */
  readonly router: Router;
  /** Time. */
  readonly clock: Clock;
  /** Jitter. */
  readonly random: Random;
  /** Ids and time of messages made here. */
  readonly stamp: Stamp;
  /** `wss://` or `ws://` addresses with their paths, the preferred one first. */
  readonly urls: readonly URL[];
  /** Which of them is dialled. */
  readonly failover: FailoverOptions;
  /** What they are dialled through. */
  readonly proxy?: ProxyOptions | undefined;
  /** Credentials; read anew for each dial. */
  readonly files: CredentialFiles;
  /** Reads and judges them; see `DialOptions`. @default only reads them */
  readonly credentials?: () => Credentials;
  /** Name of this node: CloudHub takes the identity from the header alone. */
  readonly nodeId: string;
  /** Project of this node. */
  readonly projectId: string;
  /** Deadline of a dial in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** Interval of the keepalive in milliseconds. */
  readonly heartbeatMs: number;
  /** When the peer counts as gone. */
  readonly deadlines: LinkDeadlines;
  /** Bounds of the wait between dials. */
  readonly reconnect: RedialOptions;
  /** Largest message in bytes. */
  readonly messageBytesMax: number;
  /** Rate of the messages that are no answers. */
  readonly rate: TokenBucketOptions;
  /** Told of what happens. */
  readonly observer?: EdgehubObserver;
  /**
   * Opens a link; another one takes its place where there is no network.
   *
   * @default over TCP and TLS
   */
  readonly dial?: (options: DialOptions) => Promise<Dialled>;
}
