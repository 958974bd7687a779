import { assertEquals, assertThrows } from "@std/assert";
import { tar, type TarEntry } from "../../../scripts/tar.ts";

const ENTRIES: readonly TarEntry[] = [
  { path: "d/run", bytes: new TextEncoder().encode("#!"), isExecutable: true },
  { path: "d/empty", bytes: new Uint8Array(), isExecutable: false },
  { path: "a", bytes: new Uint8Array(513).fill(65), isExecutable: false },
];

Deno.test("tar, the order in which files are named does not matter", () => {
  assertEquals(tar(ENTRIES), tar(ENTRIES.toReversed()));
});

Deno.test("tar, what others read of it is what went in, without time and owner", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/a.tar`, tar(ENTRIES));
    const { code, stdout } = await new Deno.Command("tar", {
      args: ["--utc", "--numeric-owner", "-tvf", "a.tar"],
      cwd: folder,
    }).output();
    assertEquals(code, 0);
    assertEquals(
      new TextDecoder().decode(stdout).trim().split("\n")
        .map((line) => line.replace(/ +/g, " ")),
      [
        "-rw-r--r-- 0/0 513 2020-01-01 00:00 a",
        "-rw-r--r-- 0/0 0 2020-01-01 00:00 d/empty",
        "-rwxr-xr-x 0/0 2 2020-01-01 00:00 d/run",
      ],
    );
    await new Deno.Command("tar", { args: ["-xf", "a.tar"], cwd: folder })
      .output();
    assertEquals(Deno.readTextFileSync(`${folder}/a`), "A".repeat(513));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("tar, a path that does not fit is refused", () => {
  for (const path of ["", "x".repeat(100), "ü"]) {
    const entry = { path, bytes: new Uint8Array(), isExecutable: false };
    assertThrows(() => tar([entry]), RangeError, "Cannot archive a path");
  }
});
