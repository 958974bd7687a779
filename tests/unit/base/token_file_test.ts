import { assert, assertEquals, assertRejects } from "@std/assert";
import { readTokenFile, TokenFileError } from "../../../lib/base/token_file.ts";

async function withFile(
  text: string,
  mode: number,
  run: (path: string) => Promise<void>,
) {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, text);
    await Deno.chmod(path, mode);
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readTokenFile, gives the word without its newline", () =>
  withFile("abc-123\n", 0o600, async (path) => {
    assertEquals(await readTokenFile(path), "abc-123");
  }));

Deno.test("readTokenFile, refuses a file that others may touch", async () => {
  for (const mode of [0o640, 0o604, 0o620, 0o601, 0o660]) {
    await withFile("topsecret", mode, async (path) => {
      const error = await assertRejects(
        () => readTokenFile(path),
        TokenFileError,
        "0600",
      );
      assert(!String(error).includes("topsecret"));
    });
  }
});

Deno.test("readTokenFile, refuses no word and two words", async () => {
  await withFile(" \n", 0o600, async (path) => {
    await assertRejects(() => readTokenFile(path), TokenFileError, "empty");
  });
  await withFile("a b", 0o600, async (path) => {
    await assertRejects(() => readTokenFile(path), TokenFileError, "one word");
  });
});

Deno.test("readTokenFile, names a file that is not there", async () => {
  const error = await assertRejects(
    () => readTokenFile("/nonexistent/token"),
    TokenFileError,
    "/nonexistent/token",
  );
  assert((error as Error).cause instanceof Deno.errors.NotFound);
});
