import type { Message } from "../../../lib/message/mod.ts";

/** One line of a recording of an unmodified CloudCore. */
export interface Recorded {
  readonly step: string;
  readonly t: number;
  readonly from?: "edge" | "cloud";
  readonly frame?: string;
  readonly link?: string;
  readonly event?: string;
  readonly code?: number;
  readonly headers?: Record<string, string>;
  readonly api?: {
    readonly method: string;
    readonly path: string;
    readonly body?: Record<string, unknown>;
    readonly object?: unknown;
  };
}

const FOLDER = new URL("../../fixtures/wire/", import.meta.url);

/** Reads a recording. */
export function recording(name: string): Recorded[] {
  return Deno.readTextFileSync(new URL(name, FOLDER)).trim().split("\n").map((
    line,
  ) => JSON.parse(line));
}

/** Parses a frame. */
export function parse(text: string): Message {
  return JSON.parse(text);
}
