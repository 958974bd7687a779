import { assert, assertEquals } from "@std/assert";
import { SecondName } from "../../../lib/store/second_name.ts";

async function inFolder(run: (folder: string) => void) {
  const folder = await Deno.makeTempDir();
  try {
    run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const namesIn = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("SecondName, is the same file, and goes with what was made beside it", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/edge.db`, "all of it");
    {
      using second = SecondName.of(`${folder}/edge.db`, Date.now());
      assert(second);
      assertEquals(Deno.readTextFileSync(second.path), "all of it");
      Deno.writeTextFileSync(`${second.path}-shm`, "");
      assertEquals(namesIn(folder).length, 2);
    }
    assertEquals(namesIn(folder), ["edge.db"]);
  }));

Deno.test("SecondName, of a file that cannot be linked there is none, and nothing is left", () =>
  inFolder((folder) => {
    assertEquals(SecondName.of(`${folder}/none.db`, Date.now()), undefined);
    assertEquals(namesIn(folder), []);
  }));
