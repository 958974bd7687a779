/**
 * One stored object. `key`, `type` and `value` are KubeEdge's names and
 * meanings (wire document, 9).
 */
export interface MetaRow {
  /** The resource, or for tokens their full key. */
  readonly key: string;
  /** The resource type, for example `pod`. */
  readonly type: string;
  /** JSON text of the object; a string content without its quotes. */
  readonly value: string;
  /** `metadata.uid`; for tokens the uid of the pod they are bound to; may be empty. */
  readonly uid: string;
  /** Resource version, a uint64 in decimal; empty if the object has none. */
  readonly version: string;
  /** `metadata.creationTimestamp` as it stands in the object; may be empty. */
  readonly created: string;
  /** `route.source` of the message that wrote it last. */
  readonly source: string;
  /** Local revision of the last change, rising by one over the whole store. */
  readonly revision: number;
}

/** What a stored object is, beside its value. */
export interface MetaHead
  extends
    Pick<MetaRow, "key" | "type" | "uid" | "version" | "created" | "source"> {
  /** Its value, if it had to be read. */
  readonly value?: string;
  /** Digest that its writer gave it; `undefined` if none is known. */
  readonly digest?: number | undefined;
}

/** An object to write; the store gives the revision. */
export interface MetaWrite extends Omit<MetaRow, "revision"> {
  /** What `head` gives back while it is remembered; it is not stored. */
  readonly digest?: number | undefined;
}
