import { SystemClock } from "../../lib/base/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import { nameOf, storedPod, uidOf } from "./objects.ts";

/** What a generated store holds. */
export interface StoreContents {
  /** Number of pods of 1 KB. */
  readonly pods: number;
  /** Number of config maps, for lists. */
  readonly configMaps?: number;
}

/** Objects of one transaction. */
const BATCH = 2000;

/** Writes a store, closed in order. @returns Its folder. */
export async function generateStore(
  folder: string,
  contents: StoreContents,
): Promise<string> {
  await Deno.mkdir(folder, { mode: 0o700 });
  const store = openStore({
    path: `${folder}/metamanager.db`,
    clock: new SystemClock(),
  });
  const shape = { objectBytes: 1024, keys: contents.pods };
  const fill = (type: string, count: number) => {
    for (let i = 0; i < count;) {
      const batch = store.batch();
      for (let n = 0; n < BATCH && i < count; n++, i++) {
        batch.tx.put({
          key: `default/${type}/${nameOf(i)}`,
          type,
          value: storedPod(i, shape),
          uid: uidOf(i),
          version: "100000000000",
          created: "2025-01-01T00:00:00Z",
          source: "edgecontroller",
        });
      }
      batch.commit();
    }
  };
  fill("pod", contents.pods);
  fill("configmap", contents.configMaps ?? 0);
  const batch = store.batch();
  batch.tx.markSynced("*");
  batch.commit();
  store.close();
  return folder;
}
