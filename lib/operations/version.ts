import { isRecord } from "../base/mod.ts";
import {
  isResourceVersion,
  type Message,
  PermanentFault,
} from "../message/mod.ts";

/** What tells two objects, and two versions of one object, apart. */
export interface Identity {
  /** `metadata.uid`, for reports `UID`; empty if there is none. */
  readonly uid: string;
  /** Resource version, a uint64 in decimal; empty if there is none. */
  readonly version: string;
  /** `metadata.creationTimestamp`; empty if there is none. */
  readonly created: string;
}

/**
 * Reads the identity of a message's object. The object's own version counts;
 * the header's stands in for content without one.
 *
 * @throws {PermanentFault} If a field has the wrong type, or a version is no
 *   uint64: stored as 0 it would lose to everything (kubeedge#7070).
 */
export function identityOf(message: Message): Identity {
  const { content, header } = message;
  const fields = isRecord(content) ? content : {};
  const metadata = isRecord(fields.metadata) ? fields.metadata : {};
  const version = text(metadata.resourceVersion, "metadata.resourceVersion") ||
    (header.resourceversion ?? "");
  if (version !== "" && !isResourceVersion(version)) {
    throw new PermanentFault(
      "bad-content",
      "Resource version is not an unsigned 64-bit integer",
    );
  }
  return {
    uid: text(metadata.uid, "metadata.uid") || text(fields.UID, "UID"),
    version,
    created: text(metadata.creationTimestamp, "metadata.creationTimestamp"),
  };
}

function text(value: unknown, field: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw new PermanentFault("bad-content", `Field ${field} is not a string`);
}
