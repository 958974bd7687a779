import { isRecord, LIMITS } from "../base/mod.ts";
import type { FaultKind, MessageFault } from "./fault.ts";
import type { Message } from "./message.ts";
import { readableHead, readableParts } from "./readable.ts";
import { mayHoldMoreValues } from "./value_bound.ts";

/** What became of a frame: a message, or the fault to answer it with. */
export type Decoded =
  | {
    readonly ok: true;
    readonly message: Message;
    /** Memory that it takes, estimated in bytes. */
    readonly heapBytes: number;
  }
  | { readonly ok: false; readonly fault: MessageFault };

/** Bounds of `decode`. */
export interface DecodeOptions {
  /** Longest text in UTF-16 units. @default LIMITS.messageBytesMax */
  readonly lengthMax?: number;
}

/** What a value takes besides its text: an empty object, at most. */
const VALUE_BYTES = 64;

type Fields = Record<string, unknown>;

/**
 * Reads one frame. Never throws: whatever comes in, the answer is a message
 * or a fault that names what is wrong.
 *
 * Stricter than Go where Go would let nonsense through (a missing operation),
 * as lenient where real peers need it: `source` and `group` may be missing
 * (beehive NewErrorMessage), unknown fields stay.
 */
export function decode(text: string, options: DecodeOptions = {}): Decoded {
  const lengthMax = options.lengthMax ?? LIMITS.messageBytesMax;
  if (text.length > lengthMax) return refuse(tooLargeFault(text, lengthMax));
  if (mayHoldMoreValues(text, LIMITS.messageValuesMax)) {
    return refuse({
      kind: "too-large",
      text: `Message holds too many values: at most ${LIMITS.messageValuesMax}`,
      ...readableHead(text),
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own text quotes the input, which may be a secret.
    return refuse({
      kind: "not-json",
      text: "Frame is not JSON",
      ...readableHead(text),
    });
  }
  if (!isRecord(value)) {
    return refuse({ kind: "not-a-message", text: "Frame is no JSON object" });
  }
  const walked = { strings: hasStringsToCheck(text), values: 0 };
  const complaint = checkShape(value) ??
    walk(value, LIMITS.messageDepthMax, walked);
  if (complaint) return refuse({ ...complaint, ...readableParts(value) });
  if (!("content" in value)) value.content = null;
  const heapBytes = text.length + VALUE_BYTES * walked.values;
  return { ok: true, message: value as unknown as Message, heapBytes };
}

/**
 * The fault of a message over the bound. Its id and route are read from its
 * head, so that the cloud gets the reason and does not repeat it for ever.
 *
 * @param head How its text begins; the rest is not needed.
 * @param lengthMax The bound, for the peer: bytes or UTF-16 units.
 */
export function tooLargeFault(head: string, lengthMax: number): MessageFault {
  return {
    kind: "too-large",
    text: `Message too large: at most ${lengthMax} bytes`,
    ...readableHead(head),
  };
}

/**
 * The fault of a binary frame that is no text.
 *
 * @param text Its text, with replacement characters.
 */
export function notUtf8Fault(text: string): MessageFault {
  return {
    kind: "not-json",
    text: "Frame is not UTF-8",
    ...readableHead(text),
  };
}

/** Why a value cannot be part of a message. */
export interface Complaint {
  /** Which rule is broken. */
  readonly kind: FaultKind;
  /** What is wrong with it; no content. */
  readonly text: string;
}

/**
 * Says why a text may not be content. It is stored as it came, and read back
 * as JSON if it is JSON, so it may hold nothing that would be refused there.
 *
 * @returns `undefined` if it may.
 */
export function textComplaint(text: string): Complaint | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // It is read back as the text that it is.
    return undefined;
  }
  return walk(value, LIMITS.messageDepthMax - 1, {
    strings: hasStringsToCheck(text),
    values: 0,
  });
}

function checkShape(value: Fields): Complaint | undefined {
  const { header, route } = value;
  if (!isRecord(header)) {
    return { kind: "bad-header", text: "Message has no header object" };
  }
  if (!isRecord(route)) {
    return { kind: "bad-route", text: "Message has no route object" };
  }
  if (typeof header.msg_id !== "string" || header.msg_id === "") {
    return mistyped("bad-header", "header.msg_id", "a non-empty string");
  }
  if (header.timestamp === undefined) header.timestamp = 0;
  if (!Number.isSafeInteger(header.timestamp)) {
    return mistyped("bad-header", "header.timestamp", "an integer");
  }
  for (const field of ["parent_msg_id", "resourceversion", "type"]) {
    if (!isStringOrMissing(header[field])) {
      return mistyped("bad-header", `header.${field}`, "a string");
    }
  }
  if (header.sync !== undefined && typeof header.sync !== "boolean") {
    return mistyped("bad-header", "header.sync", "a boolean");
  }
  for (const field of ["source", "group", "destination"]) {
    if (!isStringOrMissing(route[field])) {
      return mistyped("bad-route", `route.${field}`, "a string");
    }
  }
  for (const field of ["operation", "resource"]) {
    if (typeof route[field] !== "string" || route[field] === "") {
      return mistyped("bad-route", `route.${field}`, "a non-empty string");
    }
  }
  return undefined;
}

/** Half a surrogate pair stands in the text as it is or as an escape. */
function hasStringsToCheck(text: string): boolean {
  return text.includes("\\u") || !text.isWellFormed();
}

/** What a walk looks at, and what it has seen. */
interface Walked {
  /** Whether the characters of strings are looked at, too. */
  readonly strings: boolean;
  /** Values so far. */
  values: number;
}

/** Walks the whole value: keys, numbers and depth are always looked at. */
function walk(
  value: unknown,
  depthLeft: number,
  walked: Walked,
): Complaint | undefined {
  walked.values++;
  const { strings } = walked;
  if (typeof value === "string") {
    return strings && !value.isWellFormed() ? LONE_SURROGATE : undefined;
  }
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : TOO_BIG;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (depthLeft === 0) return TOO_DEEP;
  if (Array.isArray(value)) {
    for (const item of value) {
      const complaint = walk(item, depthLeft - 1, walked);
      if (complaint) return complaint;
    }
    return undefined;
  }
  for (const key in value) {
    if (key === "__proto__") return UNSAFE_KEY;
    if (strings && !key.isWellFormed()) return LONE_SURROGATE;
    const complaint = walk((value as Fields)[key], depthLeft - 1, walked);
    if (complaint) return complaint;
  }
  return undefined;
}

const LONE_SURROGATE: Complaint = {
  kind: "lone-surrogate",
  text: "Message holds half a surrogate pair, which no UTF-8 text can carry",
};
/** `JSON.parse` makes infinity of it, which would leave as `null`. */
const TOO_BIG: Complaint = {
  kind: "bad-content",
  text: "Message holds a number beyond the range of a double",
};
const TOO_DEEP: Complaint = {
  kind: "too-deep",
  text: `Message nested too deeply: at most ${LIMITS.messageDepthMax} levels`,
};
const UNSAFE_KEY: Complaint = {
  kind: "unsafe-key",
  text: "Message holds the key __proto__",
};

function mistyped(kind: FaultKind, field: string, wanted: string): Complaint {
  return { kind, text: `Message field ${field} is not ${wanted}` };
}

function refuse(fault: MessageFault): Decoded {
  return { ok: false, fault };
}

function isStringOrMissing(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
