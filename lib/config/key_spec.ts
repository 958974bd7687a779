/** What all keys have. */
interface KeyBase<T> {
  /** Value if the key is not given. */
  readonly default: T;
  /** What it is for: one sentence, as it stands in conf/edge.yaml. */
  readonly doc: string;
  /** Other name under which the key is read. */
  readonly alias?: string;
  /** The value must never be printed. */
  readonly secret?: boolean;
  /** When a change of it counts while the node runs. @default "restart" */
  readonly live?: Live;
}

/**
 * When a change of a key counts while the node runs: with the next use, once
 * the cloud was dialled anew, or after a restart only.
 */
export type Live = "at-once" | "redial" | "restart";

/** Range of a number, inclusive; seconds for durations, bytes for sizes. */
interface Range {
  /** Smallest value. @default none */
  readonly min?: number;
  /** Largest value. @default none */
  readonly max?: number;
}

/** One key of the configuration. */
export type KeySpec =
  | (KeyBase<string> & { readonly type: "string" })
  /** A file or folder; relative ones start at the folder of the file that names them. */
  | (KeyBase<string> & { readonly type: "path" })
  | (KeyBase<boolean> & { readonly type: "boolean" })
  | (KeyBase<number> & Range & { readonly type: "integer" })
  | (KeyBase<number> & Range & { readonly type: "number" })
  /** Seconds as a number, or `500ms`, `60s`, `2m`, `24h`; the value is in seconds. */
  | (KeyBase<number> & Range & { readonly type: "duration" })
  /** Bytes as a number, or `512KiB`, `32MiB`. */
  | (KeyBase<number> & Range & { readonly type: "bytes" })
  | (KeyBase<readonly string[]> & { readonly type: "strings" })
  | (KeyBase<string> & {
    readonly type: "enum";
    readonly values: readonly string[];
  });

/** Keys by dotted path. */
export type Schema = Readonly<Record<string, KeySpec>>;

/** What a key's value is once it was read. */
export type ValueOf<S extends KeySpec> = S extends
  { type: "enum"; values: readonly (infer V)[] } ? V
  : S extends { type: "string" | "path" } ? string
  : S extends { type: "boolean" } ? boolean
  : S extends { type: "strings" } ? readonly string[]
  : number;

/** Values of all keys of a schema. */
export type Values<S extends Schema> = {
  readonly [K in keyof S]: ValueOf<S[K]>;
};
