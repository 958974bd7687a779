import { assertEquals, assertThrows } from "@std/assert";
import { StoreError } from "../../../lib/store/errors.ts";
import {
  type FileInfo,
  SystemFileSystem,
} from "../../../lib/store/file_system.ts";
import { FileWatch } from "../../../lib/store/file_watch.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const FOLDER = "/var/lib/store";
const DATABASE = `${FOLDER}/metamanager.db`;
const WAL = `${DATABASE}-wal`;

/** A disk of which only names, inodes and times matter. */
class Disk extends SystemFileSystem {
  readonly files = new Map<string, FileInfo>();
  /** How often each path was asked for. */
  readonly asked = new Map<string, number>();
  #inodes = 0;

  make(path: string, atMs: number): void {
    this.files.set(path, {
      dev: 1,
      ino: ++this.#inodes,
      isFile: path !== FOLDER,
      sizeBytes: 0,
      mode: 0o600,
      modifiedAtMs: atMs,
      changedAtMs: atMs,
    });
    this.touch(atMs);
  }

  touch(atMs: number): void {
    const folder = this.files.get(FOLDER);
    if (folder) this.files.set(FOLDER, { ...folder, modifiedAtMs: atMs });
  }

  override stat(path: string): FileInfo | undefined {
    this.asked.set(path, (this.asked.get(path) ?? 0) + 1);
    return this.files.get(path);
  }
}

async function setup() {
  const clock = new VirtualClock();
  const disk = new Disk();
  for (const path of [FOLDER, DATABASE, WAL]) disk.make(path, clock.now());
  const watch = new FileWatch(disk, DATABASE, clock);
  watch.check();
  await clock.advance(1200);
  watch.check();
  disk.asked.clear();
  return { clock, disk, watch };
}

Deno.test("FileWatch, leaves the files alone while their folder does not change", async () => {
  const { clock, disk, watch } = await setup();
  for (let i = 0; i < 9; i++) {
    await clock.advance(100);
    watch.check();
  }
  assertEquals([...disk.asked], [[FOLDER, 9]]);
  await clock.advance(100);
  watch.check();
  assertEquals(disk.asked.get(WAL), 1);
  assertEquals(disk.asked.get(DATABASE), 1);
});

Deno.test("FileWatch, what the folder tells is seen at once", async () => {
  for (
    const change of [
      (disk: Disk, atMs: number) => {
        disk.files.delete(WAL);
        disk.touch(atMs);
      },
      (disk: Disk, atMs: number) => disk.make(DATABASE, atMs),
      (disk: Disk) => disk.files.clear(),
      (disk: Disk, atMs: number) => {
        const folder = disk.files.get(FOLDER);
        if (folder) disk.files.set(FOLDER, { ...folder, changedAtMs: atMs });
        disk.files.delete(WAL);
      },
      (disk: Disk) => {
        const before = disk.files.get(FOLDER);
        disk.make(FOLDER, before?.modifiedAtMs ?? 0);
        disk.files.delete(WAL);
      },
    ]
  ) {
    const { clock, disk, watch } = await setup();
    await clock.advance(10);
    watch.check();
    change(disk, clock.now());
    const error = assertThrows(() => watch.check(), StoreError);
    assertEquals(error.kind, "file-gone");
    // And again: a failure leaves nothing behind that would be trusted.
    assertThrows(() => watch.check(), StoreError);
  }
});

Deno.test("FileWatch, a second change within one tick of the folder's time is seen", async () => {
  const { clock, disk, watch } = await setup();
  await clock.advance(10);
  const nowMs = clock.now();
  disk.touch(nowMs);
  watch.check();
  await clock.advance(1000);
  watch.check();
  disk.files.delete(WAL);
  disk.touch(nowMs);
  assertThrows(() => watch.check(), StoreError, "deleted");
});

Deno.test("FileWatch, a folder whose time says nothing is not trusted for long", async () => {
  const { clock, disk, watch } = await setup();
  const before = disk.files.get(FOLDER)?.modifiedAtMs ?? 0;
  disk.make(DATABASE, before);
  watch.check();
  await clock.advance(1000);
  assertThrows(() => watch.check(), StoreError, "replaced");
});
