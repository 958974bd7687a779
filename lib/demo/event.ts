/** Who a step goes from or to. */
export type Party = "cloud" | "node" | "edged" | "store" | "user";

/** What a step is about: who tells whom to do what on what. */
export interface Hop {
  /** Who begins. */
  readonly from: Party;
  /** Whom it reaches. */
  readonly to: Party;
  /** Operation as on the wire, or a word for what is done. */
  readonly operation: string;
  /** Resource as on the wire, or what it is done to. */
  readonly resource: string;
}

/** Something to show. Times are milliseconds since the start. */
export type DemoEvent =
  | {
    readonly kind: "act";
    readonly act: number;
    readonly title: string;
    readonly atMs: number;
  }
  | (Hop & {
    readonly kind: "step";
    /** `<act>.<number>`. */
    readonly step: string;
    readonly atMs: number;
    /** What came of it. */
    readonly result: string;
  })
  | (Hop & {
    readonly kind: "failed";
    /** `<act>.<number>`. */
    readonly step: string;
    readonly atMs: number;
    /** What should have come. */
    readonly expected: string;
    /** What came instead. */
    readonly came: string;
  });
