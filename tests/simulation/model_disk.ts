import type { Clock } from "../../lib/base/mod.ts";
import type { Store } from "../../lib/store/mod.ts";
import { ModelDisk, ModelStore } from "./model_store.ts";
import type { SimDisk } from "./sim_node.ts";

/** The model store as the disk of a simulated node. */
export class MemoryDisk implements SimDisk {
  readonly #disk = new ModelDisk();
  #store: ModelStore | undefined;

  /** Opens what is durable. */
  open(clock: Clock): Store {
    this.#store = new ModelStore(this.#disk, clock);
    return this.#store;
  }

  /** What was not committed never was. */
  crash(): void {
    this.#store?.crash();
  }

  /** Between batches the store holds nothing else. */
  durable(): Store {
    if (!this.#store) throw new Error("the store was never opened");
    return this.#store;
  }

  /** Nothing is left behind. */
  dispose(): void {
    this.#store = undefined;
  }
}
