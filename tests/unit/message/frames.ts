import { assert } from "@std/assert";
import type { Decoded, Message } from "../../../lib/message/mod.ts";

/** One recorded frame. */
export interface Frame {
  /** File and line, for the name of a failure. */
  readonly at: string;
  /** Which peer sent it. */
  readonly from: "cloud" | "edge";
  /** As it came. */
  readonly text: string;
}

const FOLDER = new URL("../../fixtures/wire/", import.meta.url);

/** All frames of all recordings. */
export function recordedFrames(): Frame[] {
  return [...Deno.readDirSync(FOLDER)]
    .map(({ name }) => name)
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .flatMap((name) =>
      Deno.readTextFileSync(new URL(name, FOLDER)).split("\n")
        .flatMap((line, i) => {
          const record = line ? JSON.parse(line) : {};
          return typeof record.frame === "string"
            ? [{
              at: `${name}:${i + 1}`,
              from: record.from,
              text: record.frame,
            }]
            : [];
        })
    );
}

/** A valid message as plain, changeable data. */
export function plainMessage(): {
  header: Record<string, unknown>;
  route: Record<string, unknown>;
  content: unknown;
} {
  return {
    header: { msg_id: "id-1", timestamp: 1_754_464_000_000 },
    route: {
      source: "edgecontroller",
      group: "resource",
      operation: "insert",
      resource: "default/pod/web-0",
    },
    content: { marker: "CONTENT-MARK" },
  };
}

/** The message that must have been read. */
export function messageOf(decoded: Decoded): Message {
  assert(decoded.ok, decoded.ok ? "" : decoded.fault.text);
  return decoded.message;
}
