import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { prepareFolder } from "../../../lib/store/folder.ts";
import { StoreError, SystemFileSystem } from "../../../lib/store/mod.ts";
import { Place } from "./support.ts";

const fs = new SystemFileSystem();

Deno.test("prepareFolder, makes what is missing for its owner alone, and says so if others may write", () => {
  using place = new Place();
  const folder = `${place.folder}/a/b`;
  const env = { fs, path: `${folder}/edge.db` };
  assertEquals(prepareFolder(env), []);
  assertEquals(fs.stat(folder)?.mode, 0o700);
  Deno.chmodSync(folder, 0o770);
  assertEquals(prepareFolder(env), [
    `Others may write in ${folder}: mode 770`,
  ]);
  // As in /tmp: nobody removes what is another's.
  Deno.chmodSync(folder, 0o1777);
  assertEquals(prepareFolder(env), []);
});

Deno.test("prepareFolder, names the folder that cannot be made", () => {
  using place = new Place();
  Deno.writeTextFileSync(`${place.folder}/file`, "");
  const error = assertThrows(
    () => prepareFolder({ fs, path: `${place.folder}/file/a/edge.db` }),
    StoreError,
  );
  assertEquals(error.kind, "cannot-open");
  assertStringIncludes(error.message, `${place.folder}/file`);
});
