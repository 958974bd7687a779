/**
 * The configuration of a node: plain, frozen values, complete and checked.
 * Durations are in milliseconds, sizes in bytes.
 */
export interface Config {
  /** The link to the cloud. */
  readonly edgehub: {
    /** The socket. */
    readonly websocket: {
      /** Full address with its path; empty for a standalone node. */
      readonly url: string;
      /** All addresses, `url` first. */
      readonly urls: readonly string[];
      /** The node's certificate; empty: none. */
      readonly certfile: string;
      /** Its key; empty: none. */
      readonly keyfile: string;
      /** The authority that signed the cloud's certificate; empty: none. */
      readonly cafile: string;
      /** Longest time for connect, TLS and upgrade together. */
      readonly handshakeTimeoutMs: number;
      /** Longest time in which the cloud must take what is sent. */
      readonly writeDeadlineMs: number;
      /** Longest time for the answer to a ping. */
      readonly readDeadlineMs: number;
    };
    /** KubeEdge's join token; empty: none. Never to be shown. */
    readonly token: string;
    /** The file in which `token` stands; empty: it was given otherwise. */
    readonly tokenSource: string;
    /** File that may hold a join token; empty: none. */
    readonly tokenFile: string;
    /** CloudCore's certificate server, `HOST:PORT`; empty: a standalone node. */
    readonly httpServer: string;
    /** Whether the node's certificate is replaced before it ends. */
    readonly rotateCertificates: boolean;
    /** The node as the cloud knows it. */
    readonly controller: {
      /** Time between keepalive messages. */
      readonly heartbeatMs: number;
      /** Project in the path of the cloud's address. */
      readonly projectId: string;
      /** Name of the node. */
      readonly nodeId: string;
    };
    /** Which of several addresses is dialled. */
    readonly failover: {
      /** As they are listed, or any. */
      readonly order: "in-order" | "random";
      /** Time on another one before the first is tried again; 0: never. */
      readonly preferAfterMs: number;
    };
    /** What the cloud is dialled through. */
    readonly proxy: {
      /** `http://` or `https://` address, perhaps with user and password; empty: none. */
      readonly url: string;
      /** PEM of authorities for an `https://` proxy; empty: the runtime's alone. */
      readonly caFile: string;
      /**
       * Whether the environment gives a proxy that cannot be used: nothing is
       * dialled past it but the exceptions.
       */
      readonly isUnusable: boolean;
      /** Hosts that are dialled without it, as in `NO_PROXY`. */
      readonly except: readonly string[];
    };
    /** Waits between dials. */
    readonly reconnect: {
      /** First bound of the random wait. */
      readonly baseMs: number;
      /** Last bound of the random wait. */
      readonly capMs: number;
    };
    /** Largest message from the cloud. */
    readonly messageBytesMax: number;
    /** Rate of the messages to the cloud that are no answers. */
    readonly rate: {
      /** Messages a second; 0: no bound. */
      readonly perSecond: number;
      /** Messages that may go at once after a pause. */
      readonly burst: number;
    };
  };
  /** What the message processor does by itself. */
  readonly meta: {
    /** Reports. */
    readonly sync: {
      /** Report of pod statuses. */
      readonly podstatus: {
        /** Time between reports. */
        readonly intervalMs: number;
      };
      /** Questions for all that pods name. */
      readonly reconcile: {
        /** Time between them on one connection; 0: after a connect only. */
        readonly intervalMs: number;
      };
      /** Questions for pods that have not begun. */
      readonly pendingPods: {
        /** Time between them on one connection; 0: none at all. */
        readonly intervalMs: number;
      };
    };
    /** Questions of agents. */
    readonly query: {
      /** Resource types that are asked for in the cloud while it is there. */
      readonly remoteTypes: readonly string[];
      /** Longest time for the cloud's answer. */
      readonly timeoutMs: number;
    };
  };
  /** The link to pod agents. */
  readonly edged: {
    /** Unix socket; empty: none. */
    readonly socket: string;
    /** Loopback address; `undefined`: none. */
    readonly listen: ListenAddress | undefined;
    /** File with the bearer token for `listen`; empty: none. */
    readonly tokenFile: string;
    /** Longest time for an agent's answer before the cloud gets `OK`. */
    readonly replyTimeoutMs: number;
  };
  /** The operator's link. */
  readonly admin: {
    /** Unix socket; empty: none. */
    readonly socket: string;
    /** Loopback address that only shows; `undefined`: none. */
    readonly listen: ListenAddress | undefined;
    /** File with the bearer token for `listen`; empty: none. */
    readonly tokenFile: string;
  };
  /** The database. */
  readonly store: {
    /** Its file. */
    readonly path: string;
    /** Time between snapshots; 0: none. */
    readonly snapshotMs: number;
  };
  /** Log lines. */
  readonly log: {
    /** Least severe lines that are written. */
    readonly level: "error" | "warn" | "info" | "debug";
    /** Shape of lines. */
    readonly format: "human" | "json";
    /** Whether they are as systemd's journal wants them. */
    readonly journald: "auto" | "always" | "never";
  };
}

/** A loopback address to listen on. */
export interface ListenAddress {
  /** `127.0.0.1`, `::1` or `localhost`. */
  readonly hostname: string;
  /** TCP port; 0: any free one. */
  readonly port: number;
}
