/** Marks in a template: as long as the numbers that replace them. */
const ID = "@@@@@@@@@@@1";
const VERSION = "@@@@@@@@@@@2";
const REVISION = "@@@@@@@@@@@3";

/** What stands before the number in the ids of messages made here. */
export const ID_PREFIX = "00000000-0000-4000-8000-";

const FIRST_VERSION = 100_000_000_000;

/** What objects look like. */
export interface Shape {
  /** Bytes of an object as JSON. */
  readonly objectBytes: number;
  /** Number of different objects. */
  readonly keys: number;
  /** Resource type. @default "pod" */
  readonly type?: string;
  /** Operation of the messages. @default "insert" */
  readonly operation?: string;
}

/** Where the numbers stand in the bytes of a template. */
interface Template {
  readonly bytes: Uint8Array;
  readonly ids: readonly number[];
  readonly versions: readonly number[];
  readonly revisions: readonly number[];
}

/** The pod under a number: its size does not depend on the number. */
export function podOf(index: number, shape: Shape): Record<string, unknown> {
  const name = nameOf(index);
  const pod = {
    kind: "Pod",
    apiVersion: "v1",
    metadata: {
      name,
      namespace: "default",
      uid: uidOf(index),
      resourceVersion: VERSION,
      creationTimestamp: "2025-01-01T00:00:00Z",
      annotations: { revision: REVISION, pad: "" },
    },
    spec: {
      nodeName: "edge-1",
      containers: [{
        name: "c",
        image: "nginx",
        env: [] as { name: string; value: string }[],
      }],
    },
  };
  const env = pod.spec.containers[0]!.env;
  let missing = shape.objectBytes - JSON.stringify(pod).length;
  const entry = { name: "SETTING_000000", value: "x".repeat(60) };
  const entryBytes = JSON.stringify(entry).length + 1;
  for (let i = 0; missing > entryBytes; i++) {
    const number = String(i).padStart(6, "0");
    env.push({ ...entry, name: `SETTING_${number}` });
    missing -= entryBytes;
  }
  pod.metadata.annotations.pad = "x".repeat(Math.max(0, missing));
  return pod;
}

/** Name of the object under a number. */
export function nameOf(index: number): string {
  return `object-${String(index).padStart(7, "0")}`;
}

/** Uid of the object under a number. */
export function uidOf(index: number): string {
  return `11111111-0000-4000-8000-${String(index).padStart(12, "0")}`;
}

/** A pod as it lies in the store, in some version. */
export function storedPod(index: number, shape: Shape): string {
  return JSON.stringify(podOf(index, shape))
    .replaceAll(VERSION, String(FIRST_VERSION))
    .replaceAll(REVISION, String(0).padStart(12, "0"));
}

/**
 * Makes WebSocket frames of a server out of templates: a copy and a few
 * digits per message, so that the hub costs next to nothing.
 */
export class FrameMill {
  readonly #templates = new Map<number, Template>();
  readonly #shape: Shape;
  readonly #revisions: Map<number, number>;
  #sent: number;

  /**
   * Frames for objects of one shape.
   *
   * @param sent Number of the message before the first.
   * @param revisions Content that each object has at the node.
   */
  constructor(shape: Shape, sent: number, revisions: Map<number, number>) {
    this.#shape = shape;
    this.#sent = sent;
    this.#revisions = revisions;
  }

  /** Bytes of the next frame. */
  sizeOf(key: number): number {
    return this.#template(key).bytes.length;
  }

  /**
   * Writes the frame of a message about one object.
   *
   * @param delta Whether the content differs from that of the message before.
   * @returns The number in its id.
   */
  write(into: Uint8Array, at: number, key: number, delta: boolean): number {
    const { bytes, ids, versions, revisions } = this.#template(key);
    const number = ++this.#sent;
    if (delta) this.#revisions.set(key, number);
    const revision = this.#revisions.get(key) ?? 0;
    into.set(bytes, at);
    for (const offset of ids) digits(into, at + offset, number);
    for (const offset of versions) {
      digits(into, at + offset, FIRST_VERSION + number);
    }
    for (const offset of revisions) digits(into, at + offset, revision);
    return number;
  }

  #template(key: number): Template {
    let template = this.#templates.get(key);
    if (template) return template;
    const { type = "pod", operation = "insert" } = this.#shape;
    const text = JSON.stringify({
      header: {
        msg_id: ID_PREFIX + ID,
        timestamp: 1_700_000_000_000,
        resourceversion: VERSION,
      },
      route: {
        source: "edgecontroller",
        group: "resource",
        operation,
        resource: `default/${type}/${nameOf(key)}`,
      },
      content: podOf(key, this.#shape),
    });
    const bytes = serverFrame(text);
    template = {
      bytes,
      ids: offsets(bytes, ID),
      versions: offsets(bytes, VERSION),
      revisions: offsets(bytes, REVISION),
    };
    // Large templates are few; small ones would fill the memory by the million.
    if (this.#templates.size < 5000) this.#templates.set(key, template);
    return template;
  }
}

/** A text frame as a server sends it: unmasked. */
export function serverFrame(text: string): Uint8Array {
  const payload = new TextEncoder().encode(text);
  const length = payload.length;
  const head = length < 126
    ? [0x81, length]
    : length < 65536
    ? [0x81, 126, length >> 8, length & 255]
    : [0x81, 127, 0, 0, 0, 0, ...u32(length)];
  const frame = new Uint8Array(head.length + length);
  frame.set(head);
  frame.set(payload, head.length);
  return frame;
}

function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function offsets(bytes: Uint8Array, mark: string): number[] {
  const wanted = new TextEncoder().encode(mark);
  const found: number[] = [];
  for (
    let at = bytes.indexOf(64);
    at >= 0;
    at = bytes.indexOf(64, at + 1)
  ) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) found.push(at);
  }
  return found;
}

function digits(into: Uint8Array, at: number, value: number): void {
  for (let i = at + 11; i >= at; i--) {
    into[i] = 48 + value % 10;
    value = Math.floor(value / 10);
  }
}
