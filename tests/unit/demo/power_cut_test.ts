import { assert, assertEquals } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { PowerCut } from "../../../lib/demo/power_cut.ts";
import { openStore } from "../../../lib/store/mod.ts";

Deno.test("PowerCut, the store is what its last COMMIT made it, and was not closed", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/store/meta.db`;
  const clock = new SystemClock();
  const open = () => openStore({ path, clock, reserveBytes: 0 });
  const put = (store: ReturnType<typeof open>, name: string) => {
    const batch = store.batch();
    batch.message(() =>
      batch.tx.put({
        key: `default/pod/${name}`,
        type: "pod",
        value: "{}",
        uid: name,
        version: "1",
        created: "",
        source: "edgecontroller",
      })
    );
    batch.commit();
  };
  try {
    const store = open();
    put(store, "before");
    const cut = new PowerCut(path, `${folder}/image`);
    cut.take();
    assert(!(await names(`${folder}/image`)).includes("meta.db-shm"));
    put(store, "after");
    store.close();
    cut.restore();
    assertEquals(await names(folder), ["store"]);
    const lock = await Deno.readTextFile(`${path}.lock`);
    assert(lock.includes("open"), lock);
    const again = open();
    const found = again.list("pod").map(({ key }) => key);
    again.close();
    assertEquals(found, ["default/pod/before"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function names(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(folder)) found.push(name);
  return found.sort();
}
