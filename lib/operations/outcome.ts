import type { Message, MessageFault } from "../message/mod.ts";

/** A question to the cloud whose answer an agent waits for. */
export interface RemoteRequest {
  /** The message for the cloud, under an id of our own. */
  readonly upstream: Message;
  /** What the agent sent. */
  readonly original: Message;
  /** Module that waits for the answer. */
  readonly from: string;
  /**
   * Equal keys share one upstream request: queries by resource and content;
   * the key of a write is its own, since each is to be carried out.
   */
  readonly shareKey: string;
  /** Key under which an object in the answer is stored; empty if it is not. */
  readonly storeKey: string;
  /** Store revision when it was asked: what was deleted before may come back. */
  readonly askedAtRevision: number;
  /** What the agent gets when the cloud does not answer. */
  readonly fallback: "store" | "error";
  /**
   * The row stays if the cloud says that there is no such object, and a
   * `missing` effect tells of it: asked for on the node's own account, right
   * after a connect. @default false
   */
  readonly keepsMissing?: boolean;
  /**
   * Whoever asked compares the answer, and nothing is made of it otherwise;
   * only for answers that want no ack. @default false
   */
  readonly comparesOnly?: boolean;
  /**
   * What is listed is taken in, and what is not says nothing.
   * @default false
   */
  readonly addsOnly?: boolean;
}

/** Something that the node asks the cloud for on its own account. */
export interface Question {
  /** Key of the row that the answer is stored under; no two questions share it. */
  readonly key: string;
  /** What is asked for. */
  readonly resource: string;
  /** A TokenRequest for tokens, else `null`. */
  readonly content: unknown;
}

/** Where the next slice of a plan begins. */
export interface PlanCursor {
  /** Type whose rows are read. */
  readonly type: string;
  /** Key after which they are read. */
  readonly after: string;
}

/** What is left to do for one message once its transaction is durable. */
export type Effect =
  /** Leaves for the cloud: an ack, an answer, a report. */
  | { readonly kind: "to-cloud"; readonly message: Message }
  /** A stored change for the attached agents. */
  | {
    readonly kind: "hand-over";
    readonly message: Message;
    readonly revision: number;
    /** The cloud's message that an agent's answer, or `OK`, answers. */
    readonly answers?: Message;
    /** Module that gets the answer itself and is not told again. */
    readonly except?: string;
  }
  /** An answer for the module that asked. */
  | {
    readonly kind: "reply";
    readonly to: string;
    readonly message: Message;
  }
  /** Ask the cloud. */
  | { readonly kind: "ask"; readonly request: RemoteRequest }
  /** The cloud's answer to a request: every module that waits gets it. */
  | {
    readonly kind: "settle";
    readonly requestId: string;
    readonly message: Message;
  }
  /** An agent's answer to a handed message, whoever waits for it. */
  | {
    readonly kind: "agent-answered";
    readonly module: string;
    readonly answer: Message;
  }
  /** The cloud vouched for this key since the last connect. */
  | { readonly kind: "confirmed"; readonly key: string }
  /** The link to the cloud came up or went down. */
  | { readonly kind: "connection"; readonly connected: boolean }
  /** Statuses of all stored pods, owed to the cloud until all have left. */
  | {
    readonly kind: "report";
    readonly messages: readonly Message[];
    /** The loss since which they are owed. */
    readonly mark: number;
  }
  /** The outbox has something to send. */
  | { readonly kind: "outbox" }
  /**
   * The cloud answered a message of the outbox; if it refused it for now, the
   * message is to be sent again.
   */
  | {
    readonly kind: "outbox-answered";
    readonly msgId: string;
    readonly refused: boolean;
  }
  /** Messages of the outbox were dropped, or are to be sent again. */
  | { readonly kind: "outbox-changed"; readonly msgIds: readonly string[] }
  /** The pod of a status that waits in the outbox was stored. */
  | { readonly kind: "status-released"; readonly resource: string }
  /** The cloud answered a ping: what went before it has arrived. */
  | { readonly kind: "outbox-passed"; readonly pingId: string }
  /** A slice of what is to be asked for anew; `next` is where the rest begins. */
  | {
    readonly kind: "planned";
    readonly questions: readonly Question[];
    readonly next: PlanCursor | undefined;
    /** Store revision that the slice saw. */
    readonly revision: number;
  }
  /** A task of the reconciliation could not read or write the store. */
  | { readonly kind: "plan-failed" }
  /** The cloud has no such object, though one is stored; the row is still there. */
  | { readonly kind: "missing"; readonly question: Question }
  /** A pod of this node came that names what is stored already. */
  | { readonly kind: "pod-came" }
  /** The cloud no longer has the Node that is stored here. */
  | { readonly kind: "node-gone"; readonly uid: string }
  /** The Node was registered anew: the cloud tells of no change before. */
  | { readonly kind: "node-came" }
  /** What came of the question for all pods of this node. */
  | {
    readonly kind: "pods-listed";
    /** Only an applied list was complete. */
    readonly outcome: "applied" | "refused" | "not-asked";
    /** Why it was refused; empty if it was not. */
    readonly reason: string;
  }
  /** A store that lost pods has them all again: agents get everything anew. */
  | { readonly kind: "refilled" }
  /** The cloud refused a message of the outbox for good. */
  | {
    readonly kind: "refused";
    readonly resource: string;
    readonly reason: string;
  }
  /** An answer of the cloud that can never be stored; it got its reason. */
  | { readonly kind: "fault"; readonly fault: MessageFault }
  /** Something worth a counter and a log line. */
  | { readonly kind: "noted"; readonly what: Noted; readonly resource: string };

/** Results that are counted apart. */
export type Noted =
  | "unchanged"
  | "raised"
  | "stale"
  | "unsolicited"
  | "damaged-row"
  | "event-dropped"
  | "outbox-full";

/**
 * What an operation returns: effects in the order in which they are to leave,
 * after COMMIT and never before.
 */
export type Outcome = readonly Effect[];
