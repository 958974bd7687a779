import { assertEquals } from "@std/assert";
import { looseMode } from "../../../lib/identity/loose_mode.ts";

Deno.test("looseMode, names the mode of a file that others may touch", async () => {
  const file = await Deno.makeTempFile();
  const modes = [0o600, 0o400, 0o640, 0o604, 0o622, 0o777].map((mode) => {
    Deno.chmodSync(file, mode);
    return looseMode(file);
  });
  assertEquals(modes, [undefined, undefined, "0640", "0604", "0622", "0777"]);
  await Deno.remove(file);
  assertEquals(looseMode(file), undefined);
});
