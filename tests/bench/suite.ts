import type { Table } from "./table.ts";
import type { World } from "./world.ts";

/** What the rows work with. */
export interface Suite {
  /** Starts programs. */
  readonly world: World;
  /** Takes figures. */
  readonly table: Table;
  /** Number of messages, made smaller for a quick look. */
  readonly scale: (messages: number) => number;
  /** Folder of a store with so many pods, generated once. */
  readonly stores: (objects: number) => Promise<string>;
  /** Messages of the memory row. */
  readonly memoryMessages: number;
  /** Minutes of soak; 0 for none. */
  readonly soakMinutes: number;
  /** Seconds of watching an idle node. */
  readonly idleSeconds: number;
  /** Drops of the reconnect row. */
  readonly drops: number;
}
