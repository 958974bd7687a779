import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  checkSpace,
  type DiskSpace,
  systemDiskSpace,
} from "../../../lib/doctor/check_space.ts";
import { heads, Stage, texts } from "./stage.ts";

const MIB = 1024 * 1024;

Deno.test("checkSpace, enough, little, too little, no inodes, unknown", async () => {
  await using stage = await Stage.make();
  const config = await stage.config();
  const check = (space: DiskSpace) => checkSpace(config, () => space);
  const at = (freeMib: number, freeFiles?: number) =>
    heads(check({ freeBytes: freeMib * MIB, freeFiles }))[0];
  assertEquals(at(100), "ok free space");
  assertEquals(at(99), "warn free space");
  assertEquals(at(12), "warn free space");
  assertEquals(at(11), "fail free space");
  assertEquals(at(1000, 16), "ok free space");
  assertEquals(at(1000, 15), "fail free space");
  const text = texts(check({ freeBytes: 11 * MIB, freeFiles: undefined }));
  assertStringIncludes(text, "11.0 MiB where the store lies: too little");
  assertStringIncludes(
    text,
    `| Free space on the file system of ${stage.folder}`,
  );
  const unknown = checkSpace(config, () => {
    throw new Error("not told");
  });
  assertEquals(heads(unknown), ["warn free space"]);
  assertStringIncludes(texts(unknown), "not told");
});

Deno.test("checkSpace, a store needs room for its copy", async () => {
  await using stage = await Stage.make();
  const config = await stage.config();
  Deno.mkdirSync(`${stage.folder}/store`);
  using file = Deno.createSync(config.store.path);
  file.truncateSync(600 * MIB);
  const at = (freeBytes: number) =>
    heads(checkSpace(config, () => ({ freeBytes, freeFiles: undefined })));
  assertEquals(at(1200 * MIB), ["ok free space"]);
  assertEquals(at(1199 * MIB), ["warn free space"]);
});

Deno.test("systemDiskSpace, asks the machine, of the folder that is there", async () => {
  await using stage = await Stage.make();
  const { freeBytes } = systemDiskSpace(stage.folder);
  assert(freeBytes > 0);
  const asked: string[] = [];
  checkSpace(await stage.config(), (folder) => {
    asked.push(folder);
    return { freeBytes, freeFiles: undefined };
  });
  assertEquals(asked, [stage.folder]);
});
