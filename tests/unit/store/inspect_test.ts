import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { inspectStore, openStore } from "../../../lib/store/mod.ts";

async function inFolder(run: (path: string) => void | Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    // A name that has to be escaped where SQLite takes an address.
    await run(`${folder}/a b?c#d%41.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const open = (path: string) =>
  openStore({ path, clock: new SystemClock(), reserveBytes: 0 });
const namesIn = (path: string) =>
  [...Deno.readDirSync(path.slice(0, path.lastIndexOf("/")))]
    .map(({ name }) => name).sort();

Deno.test("inspectStore, one that was never made, one that is open, one that was closed", () =>
  inFolder((path) => {
    assertEquals(inspectStore(path), {
      exists: false,
      left: "never-used",
      bytes: 0,
      isChecked: false,
    });
    assertEquals(namesIn(path), []);
    const store = open(path);
    const running = inspectStore(path);
    assertEquals([running.left, running.pid], ["in-use", Deno.pid]);
    assertEquals([running.isChecked, running.outbox], [false, 0]);
    store.close();
    const before = namesIn(path);
    const closed = inspectStore(path);
    assertEquals([closed.left, closed.isChecked], ["clean", true]);
    assertEquals([closed.error, closed.objects], [undefined, {}]);
    assert(closed.bytes > 0);
    // A reader must leave nothing behind that may be another user's.
    assertEquals(namesIn(path), before);
  }));

Deno.test("inspectStore, one that was killed is read with its WAL", () =>
  inFolder((path) => {
    const store = open(path);
    const image = `${path}.image`;
    for (const end of ["", "-wal", ".lock"]) {
      Deno.copyFileSync(path + end, image + end);
    }
    store.close();
    const { left, isChecked, error } = inspectStore(image);
    assertEquals([left, isChecked, error], ["unclean", true, undefined]);
  }));

Deno.test("inspectStore, damaged, another program's, of a newer program, no file", () =>
  inFolder((path) => {
    open(path).close();
    const good = Deno.readFileSync(path);
    const damaged = good.slice();
    damaged.fill(0x5a, 4096, 3 * 4096);
    Deno.writeFileSync(path, damaged);
    assertEquals(inspectStore(path).error?.kind, "corrupt");
    assertEquals(inspectStore(path, { checkBytesMax: 1 }).isChecked, false);
    const newer = good.slice();
    new DataView(newer.buffer).setUint32(60, 999);
    Deno.writeFileSync(path, newer);
    const { error } = inspectStore(path);
    assertEquals(error?.kind, "newer-schema");
    assertStringIncludes(error?.message ?? "", "its schema is 999");
    Deno.removeSync(`${path}.lock`);
    Deno.writeTextFileSync(path, "no database, but a text of some length");
    assertEquals(inspectStore(path).error?.kind, "foreign");
    Deno.removeSync(path);
    Deno.mkdirSync(path);
    assertEquals(inspectStore(path).error?.kind, "cannot-open");
  }));

Deno.test({
  name:
    "inspectStore, one of a node that is down, with no more rights than the program has",
  // With all rights the runtime also opens addresses such as file:...?immutable.
  permissions: { read: true, write: true, net: true },
  fn: () =>
    inFolder((path) => {
      open(path).close();
      const before = namesIn(path);
      const { error, objects, isChecked } = inspectStore(path);
      assertEquals([error, objects, isChecked], [undefined, {}, true]);
      assertEquals(namesIn(path), before);
    }),
});
