import { assert, assertEquals, assertThrows } from "@std/assert";
import { gzip, tar } from "../../../../lib/cli/bundle/tar.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("tar, what tar itself unpacks: empty, odd and whole blocks, modes and times", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const contents: Record<string, string> = {
      "a/empty": "",
      "a/one": "x",
      "a/block": "y".repeat(512),
      ["a/" + "n".repeat(98)]: "z".repeat(70_000),
    };
    const files = Object.entries(contents).map(([name, text]) => ({
      name,
      bytes: bytes(text),
    }));
    const atMs = Date.parse("2026-11-22T03:00:00Z");
    await Deno.writeFile(`${folder}/x.tgz`, await gzip(tar(files, atMs)));
    const { success, stderr } = await new Deno.Command("tar", {
      args: ["-xzf", "x.tgz"],
      cwd: folder,
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    for (const [name, text] of Object.entries(contents)) {
      assertEquals(await Deno.readTextFile(`${folder}/${name}`), text);
      const { mode, mtime } = await Deno.stat(`${folder}/${name}`);
      assertEquals([(mode ?? 0) & 0o777, mtime?.getTime()], [0o600, atMs]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("tar, a name that does not fit is refused", () => {
  for (const name of ["", "a b", "ü", "x".repeat(101)]) {
    assertThrows(() => tar([{ name, bytes: bytes("") }], 0), RangeError);
  }
});
