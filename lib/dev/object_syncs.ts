/** What CloudCore notes of one object on one node: an ObjectSync. */
export interface ObjectSync {
  /** Uid of the object that was sent. */
  readonly uid: string;
  /** Namespace as it stood in the resource, `null` for a ClusterObjectSync. */
  readonly namespace: string;
  /** Lower-case type. */
  readonly type: string;
  /** Name. */
  readonly name: string;
  /**
   * Version that was acked last, a uint64 in decimal; `0` before the first ack.
   * Empty of one that was made and not finished, as when CloudCore is killed
   * in between, or another replica makes it: of its object no insert or update
   * is sent then (KubeEdge issue 4925).
   */
  readonly version: string;
}

/**
 * The ObjectSyncs and ClusterObjectSyncs of all nodes (wire document, 4.2).
 * They live in Kubernetes, so they outlast sessions and CloudCore itself.
 */
export class ObjectSyncs {
  readonly #nodes = new Map<string, Map<string, ObjectSync>>();

  /** The note on one object of a node. */
  get(node: string, uid: string): ObjectSync | undefined {
    return this.#nodes.get(node)?.get(uid);
  }

  /** Writes a note; there is one per node and uid. */
  set(node: string, sync: ObjectSync): void {
    const notes = this.#nodes.get(node) ?? new Map<string, ObjectSync>();
    this.#nodes.set(node, notes.set(sync.uid, sync));
  }

  /** Removes the note on one object of a node. */
  delete(node: string, uid: string): void {
    this.#nodes.get(node)?.delete(uid);
  }

  /** Removes all notes of a node, as happens when its Node is deleted. */
  deleteNode(node: string): void {
    this.#nodes.delete(node);
  }

  /** All notes of a node, oldest first. */
  of(node: string): ObjectSync[] {
    return [...this.#nodes.get(node)?.values() ?? []];
  }
}

/** Compares resource versions as the unsigned integers that they are. */
export function isNewer(version: string, than: string): boolean {
  return BigInt(version || "0") > BigInt(than || "0");
}
