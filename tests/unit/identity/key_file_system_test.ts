import { assertEquals, assertThrows } from "@std/assert";
import { SystemKeyFileSystem } from "../../../lib/identity/key_file_system.ts";

const system = new SystemKeyFileSystem();

async function inFolder(run: (folder: string) => void | Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("keys_and_tokens_private_on_disk, files 0600 in folders 0700 under any umask", async () => {
  await inFolder((folder) => {
    const umask = Deno.umask(0);
    try {
      system.makeFolder(`${folder}/a/b`);
      system.create(`${folder}/a/b/key`, "text");
    } finally {
      Deno.umask(umask);
    }
    const mode = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;
    assertEquals(mode(`${folder}/a`), 0o700);
    assertEquals(mode(`${folder}/a/b`), 0o700);
    assertEquals(mode(`${folder}/a/b/key`), 0o600);
    assertEquals(system.read(`${folder}/a/b/key`), "text");
  });
});

Deno.test("SystemKeyFileSystem, a file that is there is not written over", async () => {
  await inFolder((folder) => {
    system.create(`${folder}/key`, "one");
    assertThrows(
      () => system.create(`${folder}/key`, "two"),
      Deno.errors.AlreadyExists,
    );
    assertEquals(system.read(`${folder}/key`), "one");
  });
});

Deno.test("SystemKeyFileSystem, what is not there is no failure to read or remove", async () => {
  await inFolder((folder) => {
    assertEquals(system.read(`${folder}/x`), undefined);
    assertEquals(system.remove(`${folder}/x`), false);
    system.create(`${folder}/x`, "");
    system.rename(`${folder}/x`, `${folder}/y`);
    system.syncFolder(folder);
    assertEquals(system.read(`${folder}/x`), undefined);
    assertEquals(system.remove(`${folder}/y`), true);
    assertEquals(system.lock(`${folder}/none`), undefined);
  });
});

Deno.test("SystemKeyFileSystem, other failures are told", async () => {
  await inFolder((folder) => {
    system.create(`${folder}/x`, "");
    // What is below a file is neither there nor missing.
    assertThrows(() => system.read(folder));
    assertThrows(() => system.lock(`${folder}/x/y`));
    assertThrows(() => system.remove(`${folder}/x/y`));
  });
});

Deno.test("SystemKeyFileSystem, a lock keeps others out until it is let go", async () => {
  await inFolder(async (folder) => {
    const lock = system.lock(folder);
    using other = Deno.openSync(folder);
    assertEquals(other.tryLockSync(true), false);
    lock?.[Symbol.dispose]();
    await other.lock(true);
    // Nobody who may read the folder can make the node stand still for ever.
    assertThrows(() => system.lock(folder), Deno.errors.WouldBlock, folder);
  });
});
