import type { Ids } from "../base/mod.ts";
import { Module, OK, Operation } from "./names.ts";

/** Header of a message, as on the wire. Empty optional fields are left out. */
export interface Header {
  /** UUID v4, new for each message. */
  msg_id: string;
  /** Id of the message that this one answers. */
  parent_msg_id?: string;
  /** Creation time in milliseconds since 1970, an integer. */
  timestamp: number;
  /** Kubernetes resource version of the object in `content`, a uint64 in decimal. */
  resourceversion?: string;
  /** Never set on the wire. */
  sync?: boolean;
  /** Store revision of a message handed to an agent; our own, ignored by Go peers. */
  revision?: number;
}

/** Where a message comes from and what it is about, as on the wire. */
export interface Route {
  /** Module that the message comes from. */
  source?: string;
  /** Receiving group. */
  group?: string;
  /** What to do. */
  operation: string;
  /** On what: `<namespace>/<type>[/<name>]`, and a few special words. */
  resource: string;
}

/**
 * A beehive message. The wire shape is the shape in memory, so fields that we
 * do not know survive a round trip. Messages are shared between receivers:
 * treat them as immutable and build new ones.
 */
export interface Message {
  /** Who it is and what it answers. */
  readonly header: Readonly<Header>;
  /** Where it comes from and what it is about. */
  readonly route: Readonly<Route>;
  /** Any JSON value; `null` when there is none. */
  readonly content: unknown;
}

/** What a new message is stamped with; comes in from outside. */
export interface Stamp {
  /** Fresh message ids. */
  readonly newId: Ids;
  /** Wall clock in milliseconds since 1970. */
  readonly now: () => number;
}

/** Fields of a new message. */
export interface MessageFields {
  /** Module that sends it. */
  readonly source: string;
  /** Receiving group. */
  readonly group: string;
  /** What to do. */
  readonly operation: string;
  /** On what. */
  readonly resource: string;
  /** Any JSON value. @default null */
  readonly content?: unknown;
  /** Id of the message that it answers. */
  readonly parentId?: string;
  /** Kubernetes resource version of the content. */
  readonly resourceVersion?: string;
}

/** Builds a message with a new id and the current time. */
export function newMessage(stamp: Stamp, fields: MessageFields): Message {
  const { parentId, resourceVersion } = fields;
  return {
    header: {
      msg_id: stamp.newId(),
      ...(parentId ? { parent_msg_id: parentId } : {}),
      timestamp: stamp.now(),
      ...(resourceVersion ? { resourceversion: resourceVersion } : {}),
    },
    route: {
      source: fields.source,
      group: fields.group,
      operation: fields.operation,
      resource: fields.resource,
    },
    content: fields.content ?? null,
  };
}

/**
 * The answer to a message: its source, group and resource are copied, so the
 * ack of an `edgecontroller` message carries `edgecontroller` (beehive
 * NewRespByMessage).
 */
export function newResponse(
  stamp: Stamp,
  request: Message,
  content: unknown,
): Message {
  return answer(stamp, request, Operation.response, content);
}

/** The ack of a message: a `response` with content `OK`. */
export function newOk(stamp: Stamp, request: Message): Message {
  return newResponse(stamp, request, OK);
}

/**
 * An `error` that answers a message. To the cloud it is no ack: CloudHub
 * repeats the message, so use it only for what may succeed later.
 */
export function newError(
  stamp: Stamp,
  request: Message,
  content: unknown,
): Message {
  const message = answer(stamp, request, Operation.error, content);
  return {
    ...message,
    route: { ...message.route, source: Module.metamanager },
  };
}

function answer(
  stamp: Stamp,
  request: Message,
  operation: string,
  content: unknown,
): Message {
  const { source, group, resource } = request.route;
  return {
    header: {
      msg_id: stamp.newId(),
      parent_msg_id: request.header.msg_id,
      timestamp: stamp.now(),
    },
    route: {
      ...(source ? { source } : {}),
      ...(group ? { group } : {}),
      operation,
      resource,
    },
    content,
  };
}

/**
 * The JSON text of a message, as it goes on the wire. `JSON.stringify` keeps
 * unknown fields and is valid UTF-8 for every message that `decode` let in.
 */
export function encode(message: Message): string {
  return JSON.stringify(message);
}
