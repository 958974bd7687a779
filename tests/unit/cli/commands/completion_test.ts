import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../../../lib/cli/mod.ts";
import { FakeIo } from "../fake_io.ts";

Deno.test("completion, prints the script of a shell, plain also on a terminal", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const io = new FakeIo({ terminal: true });
    assertEquals(await main(["completion", shell], io), 0);
    assertStringIncludes(io.out, `Completion of metamanager for ${shell}`);
    assertEquals(io.out.includes("\x1b"), false);
  }
});

Deno.test("completion, of another shell, of two or of none exits 2", async () => {
  for (
    const [words, got] of [
      [["tcsh"], "got: tcsh"],
      [["bash", "zsh"], "got: bash zsh"],
      [[], "got: nothing"],
    ] as const
  ) {
    const io = new FakeIo();
    assertEquals(await main(["completion", ...words], io), 2);
    assertStringIncludes(io.err, `Expected one of bash, zsh, fish, ${got}`);
    assertEquals(io.out, "");
  }
});
