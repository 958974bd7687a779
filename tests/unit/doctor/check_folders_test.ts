import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { checkFolders, checkUser } from "../../../lib/doctor/check_folders.ts";
import { heads, Stage, texts } from "./stage.ts";

Deno.test("checkFolders, made or to be made, and nothing is left in them", async () => {
  await using stage = await Stage.make();
  const config = await stage.config();
  const absent = checkFolders(config);
  assertEquals(heads(absent), ["ok folder", "ok folder", "ok folder"]);
  assertStringIncludes(texts(absent), "(store.path) is not there yet and can");
  Deno.mkdirSync(`${stage.folder}/store`, { mode: 0o700 });
  Deno.mkdirSync(`${stage.folder}/run`, { mode: 0o750 });
  const there = checkFolders(config);
  assertStringIncludes(
    texts(there),
    "/store (store.path) can be written, mode",
  );
  assertEquals([...Deno.readDirSync(`${stage.folder}/store`)], []);
});

Deno.test("checkFolders, everybody may write: the node refuses such a folder of sockets", async () => {
  await using stage = await Stage.make();
  for (const name of ["store", "run"]) {
    Deno.mkdirSync(`${stage.folder}/${name}`);
    Deno.chmodSync(`${stage.folder}/${name}`, 0o777);
  }
  const found = checkFolders(await stage.config("edged.socket="));
  assertEquals(heads(found), ["warn folder", "fail folder"]);
  assertStringIncludes(texts(found), "mode 0777 | Use a folder of its own");
  Deno.chmodSync(`${stage.folder}/store`, 0o1777);
  assertEquals(
    heads(checkFolders(await stage.config("admin.socket=")))[0],
    "ok folder",
  );
});

Deno.test("checkFolders, what cannot be written, is no folder, or has no name for it", async () => {
  await using stage = await Stage.make();
  const file = stage.write("file", "");
  const found = checkFolders(
    await stage.config(
      // No file can be made there, not even by root.
      "store.path=/proc/metamanager.db",
      `edged.socket=${file}/edged.sock`,
      "admin.socket=",
      "edgehub.websocket.certfile=/proc/cert",
      "edgehub.websocket.keyfile=/proc/key",
    ),
  );
  assertEquals(heads(found), ["fail folder", "fail folder", "warn folder"]);
  assertStringIncludes(texts(found), "Cannot write to /proc (store.path): ");
  assertStringIncludes(texts(found), "Expected a folder");
  assert(found.every(({ remedy }) => remedy.includes("Make it")));
});

Deno.test("checkUser, whose rights were tried", async () => {
  await using stage = await Stage.make();
  const config = await stage.config();
  assertEquals(checkUser(config, 7), []);
  Deno.mkdirSync(`${stage.folder}/store`);
  const { uid } = Deno.statSync(`${stage.folder}/store`);
  assertEquals(heads(checkUser(config, uid)), ["ok user"]);
  const other = checkUser(config, (uid ?? 0) + 1);
  assertEquals(heads(other), ["warn user"]);
  assertStringIncludes(texts(other), `sudo -u '#${uid}' metamanager doctor`);
});
