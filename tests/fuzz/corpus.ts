import { isRecord } from "../../lib/base/mod.ts";
import { recordedFrames } from "../unit/message/frames.ts";

/** A JSON object. */
export type Json = Record<string, unknown>;

/** Which link a frame comes in by. */
export type Side = "cloud" | "agent";

/** Stands in every secret value of the corpus: no line of a log may hold it. */
export const SECRET_MARK = "c2VjcmV0LW1hcms";

/** A recorded frame. */
export interface Sample {
  /** File and line of the recording. */
  readonly at: string;
  /** What it says. */
  readonly value: Json;
}

/** Frames that ask for the same: what is rare is tried as often as the rest. */
type Kind = readonly Sample[];

/** What was recorded between CloudCore and edgecore, by who sent it. */
export interface Corpus {
  /** Frames of each side, those of a kind together. */
  readonly kinds: Readonly<Record<Side, readonly Kind[]>>;
  /** Objects by type, for answers to questions. */
  readonly objects: ReadonlyMap<string, readonly Json[]>;
}

/** Reads the recordings. */
export function loadCorpus(): Corpus {
  const kinds = { cloud: new Map<string, Sample[]>(), agent: new Map() };
  const objects = new Map<string, Json[]>();
  for (const { at, from, text } of recordedFrames()) {
    const value = objectOf(text);
    if (!value || !isRecord(value.route)) continue;
    const type = String(value.route.resource).split("/")[1] ?? "";
    if (type === "secret" || type === "serviceaccounttoken") {
      value.content = marked(value.content);
    }
    const side = from === "cloud" ? "cloud" : "agent";
    const kind = `${value.route.operation} ${type}`;
    listOf<Sample>(kinds[side], kind).push({ at, value });
    const { content } = value;
    if (isRecord(content) && isRecord(content.metadata)) {
      listOf(objects, type).push(content);
    }
  }
  return {
    kinds: {
      cloud: [...kinds.cloud.values()],
      agent: [...kinds.agent.values()],
    },
    objects,
  };
}

function objectOf(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch (error) {
    // Recordings hold what a peer should not have sent, too.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function listOf<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** The values of `data` and the token of a `status`, replaced by the mark. */
function marked(content: unknown): unknown {
  if (!isRecord(content)) return content;
  const { data, status } = content;
  return {
    ...content,
    ...(isRecord(data)
      ? {
        data: Object.fromEntries(
          Object.keys(data).map((key) => [key, SECRET_MARK]),
        ),
      }
      : {}),
    ...(isRecord(status) && "token" in status
      ? { status: { ...status, token: SECRET_MARK } }
      : {}),
  };
}
