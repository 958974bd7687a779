import { MemoryDisk } from "./model_disk.ts";
import type { SimDisk } from "./sim_node.ts";
import type { StoreKind } from "./simulate.ts";
import { SqliteDisk } from "./sqlite_disk.ts";

/** A file system in memory: what is tested is the code, not the card. */
const FAST_FOLDER = "/dev/shm";

/** Makes disks of a kind. */
export function diskOf(kind: StoreKind): () => SimDisk {
  if (kind === "memory") return () => new MemoryDisk();
  const parent = isFolder(FAST_FOLDER) ? FAST_FOLDER : undefined;
  return () => new SqliteDisk(parent);
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
