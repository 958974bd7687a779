import { assertEquals, assertRejects } from "@std/assert";
import { replaceFile } from "../../../scripts/replace.ts";

Deno.test("replaceFile, what was there stays until the new one is whole", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/binary`;
    const names = () => Array.from(Deno.readDirSync(folder), (f) => f.name);
    Deno.writeTextFileSync(path, "good");
    const write = (result: () => boolean) => (part: string) => {
      Deno.writeTextFileSync(part, "new");
      assertEquals(Deno.readTextFileSync(path), "good");
      return Promise.resolve(result());
    };
    assertEquals(await replaceFile(path, write(() => false)), false);
    await assertRejects(
      () =>
        replaceFile(
          path,
          write(() => {
            throw new TypeError("no");
          }),
        ),
      TypeError,
    );
    assertEquals(await replaceFile(path, () => Promise.resolve(false)), false);
    assertEquals(Deno.readTextFileSync(path), "good");
    assertEquals(names(), ["binary"]);
    assertEquals(await replaceFile(path, write(() => true)), true);
    assertEquals(Deno.readTextFileSync(path), "new");
    assertEquals(names(), ["binary"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
