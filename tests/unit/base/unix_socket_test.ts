import { assert, assertEquals, assertRejects } from "@std/assert";
import { prepareUnixSocket, UnixSocketError } from "../../../lib/base/mod.ts";

async function withFolder(run: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("prepareUnixSocket, makes the folder with mode 0750", () =>
  withFolder(async (folder) => {
    await prepareUnixSocket(`${folder}/a/b/s.sock`);
    assertEquals((await Deno.stat(`${folder}/a/b`)).mode! & 0o777, 0o750);
  }));

Deno.test("prepareUnixSocket, removes the socket of a killed process", () =>
  withFolder(async (folder) => {
    const path = `${folder}/s.sock`;
    const child = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--quiet",
        `Deno.listen({transport:"unix",path:${JSON.stringify(path)}});` +
        `Deno.exit(0)`,
      ],
    }).output();
    assert(child.success);
    assert((await Deno.lstat(path)).isSocket);
    await prepareUnixSocket(path);
    await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
    Deno.listen({ transport: "unix", path }).close();
  }));

Deno.test("prepareUnixSocket, another instance answers", () =>
  withFolder(async (folder) => {
    const path = `${folder}/s.sock`;
    using _other = Deno.listen({ transport: "unix", path });
    const error = await assertRejects(
      () => prepareUnixSocket(path),
      UnixSocketError,
      "another instance runs",
    );
    assert((error as UnixSocketError).inUse);
    assertEquals((error as UnixSocketError).path, path);
    assert((await Deno.lstat(path)).isSocket);
  }));

Deno.test("prepareUnixSocket, leaves a plain file alone", () =>
  withFolder(async (folder) => {
    const path = `${folder}/s.sock`;
    await Deno.writeTextFile(path, "precious");
    await assertRejects(
      () => prepareUnixSocket(path),
      UnixSocketError,
      "not a socket",
    );
    assertEquals(await Deno.readTextFile(path), "precious");
  }));

Deno.test("prepareUnixSocket, refuses a folder open to everybody", () =>
  withFolder(async (folder) => {
    await Deno.chmod(folder, 0o777);
    await assertRejects(
      () => prepareUnixSocket(`${folder}/s.sock`),
      UnixSocketError,
      "everybody may write",
    );
  }));

Deno.test("prepareUnixSocket, a folder that cannot be made names socket and remedy", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const path = `${folder}/file/run/s.sock`;
    const error = await assertRejects(
      () => prepareUnixSocket(path),
      UnixSocketError,
      `Cannot listen on ${path}: the folder cannot be made, make ${folder}/file/run`,
    );
    assert(error.cause instanceof Error);
  }));

Deno.test("prepareUnixSocket, refuses a path that the kernel would cut", () =>
  withFolder(async (folder) => {
    await assertRejects(
      () => prepareUnixSocket(`${folder}/${"a".repeat(108)}`),
      UnixSocketError,
      "too long",
    );
  }));
