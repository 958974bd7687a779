import type { Scene, SceneOptions } from "./scene.ts";

/** What a fault looks like from outside; `docs/faults.md` says the same. */
export interface FaultSigns {
  /** State of the check `store`, unless another one is named. */
  readonly health?: string;
  /** Words of a log line. */
  readonly log?: string;
  /** How the program ends, if it does. */
  readonly exitCode?: number;
}

/** Something that happens to a running program, or before it starts. */
export interface Fault {
  /** For `--only` and the table. */
  readonly name: string;
  /** What must hold. */
  readonly title: string;
  /** What it looks like. */
  readonly signs: FaultSigns;
  /** What it needs of the machine; nothing unless given. */
  readonly needs?: "mount" | "loop device" | "root";
  /** The disk of its store. */
  readonly scene?: SceneOptions;
  /** Lets it happen, and looks. */
  readonly run: (scene: Scene) => Promise<void>;
}
