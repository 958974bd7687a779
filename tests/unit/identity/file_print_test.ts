import { assert, assertEquals } from "@std/assert";
import { filePrint } from "../../../lib/identity/file_print.ts";

Deno.test("filePrint, changes with a file that comes, goes, is written, replaced or given a mode", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/f`;
  const prints = new Set<string>();
  const take = () => prints.add(filePrint([file, ""]));
  take();
  await Deno.writeTextFile(file, "one");
  take();
  await Deno.writeTextFile(file, "three");
  take();
  await Deno.chmod(file, 0o600);
  take();
  await Deno.utime(file, 1, 1);
  take();
  await Deno.writeTextFile(`${file}.new`, "three");
  await Deno.chmod(`${file}.new`, 0o600);
  await Deno.utime(`${file}.new`, 1, 1);
  await Deno.rename(`${file}.new`, file);
  take();
  assertEquals(prints.size, 6);
  assertEquals(filePrint([file]), filePrint([file]));
  assert([...prints][0]?.includes("NotFound"));
  await Deno.remove(folder, { recursive: true });
});
