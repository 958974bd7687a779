import { assertEquals, assertThrows } from "@std/assert";
import { readApart } from "../../../lib/store/second_name.ts";

async function inFolder(run: (path: string) => void) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a.db`, "one");
    run(`${folder}/a.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readApart, reads by another name, and leaves none", () =>
  inFolder((path) => {
    const read = readApart(path, Date.now(), (file) => {
      Deno.writeTextFileSync(`${file}-wal`, "");
      return [file === path, Deno.readTextFileSync(file)];
    });
    assertEquals(read, [false, "one"]);
    const folder = path.slice(0, -"/a.db".length);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), [
      "a.db",
    ]);
  }));

Deno.test("readApart, what was written to meanwhile is read again in its place", () =>
  inFolder((path) => {
    const names: string[] = [];
    const read = (file: string) => {
      names.push(file === path ? "itself" : "second");
      if (names.length % 2 === 0) return "whole";
      Deno.writeTextFileSync(`${path}-wal`, "a node has started");
      if (names.length > 2) throw new Error("torn");
      return "torn";
    };
    assertEquals(readApart(path, Date.now(), read), "whole");
    Deno.removeSync(`${path}-wal`);
    assertEquals(readApart(path, Date.now(), read), "whole");
    assertEquals(names, ["second", "itself", "second", "itself"]);
    const fails = () => {
      throw new Error("damaged");
    };
    // With its WAL there it is read where it is.
    assertThrows(() => readApart(path, Date.now(), fails), Error, "damaged");
  }));
