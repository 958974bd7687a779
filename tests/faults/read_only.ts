import { assert } from "@std/assert";
import type { Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

/** Mounts an image, which is made if it is not there. */
const MOUNT = `
if [ ! -e "$1.img" ]; then
  truncate -s 48M "$1.img"
  mkfs.ext4 -q -O ^has_journal "$1.img"
fi
mount -o loop,errors=remount-ro "$1.img" "$1"
rm -rf "$1/lost+found"
chmod 700 "$1"`;
/** Tells the file system of an error, as a failing disk does. */
const FAIL =
  'echo 1 > "/sys/fs/ext4/$(basename "$(findmnt -no SOURCE "$1")")/trigger_fs_error"';
/** Mends it; the program must not run. */
const REPAIR = `umount "$1"; e2fsck -fy "$1.img" || [ $? -le 1 ]; ${MOUNT}`;

/** The kernel finds an error and makes the file system read-only. */
export const READ_ONLY: Fault = {
  name: "read-only file system",
  title: "ack_only_after_commit, A1: a file system that the kernel makes " +
    "read-only takes nothing, so nothing is acked",
  signs: {
    health: "store failed: StoreError: Cannot write to",
    log: "disk I/O error",
  },
  needs: "loop device",
  scene: { disk: MOUNT },
  async run(scene) {
    await scene.work();
    on(scene, FAIL);
    await scene.sees(503, "store failed");
    await scene.refuses();
    await scene.assertAckedIsStored();
    // Files that are open for writing forbid a remount, so it needs a restart.
    await scene.kill();
    on(scene, REPAIR);
    await scene.start();
    await scene.sees(200, "store ");
    await scene.converged();
  },
};

/** The file system is read-only when the program starts. */
export const READ_ONLY_AT_START: Fault = {
  name: "read-only at start",
  title: "a read-only file system ends the start, and a writable one is " +
    "found as it was left",
  signs: { log: "Read-only file system", exitCode: 1 },
  needs: "mount",
  scene: { disk: 'mount -t tmpfs -o size=32m,mode=0700 tmpfs "$1"' },
  async run(scene) {
    await scene.work();
    await scene.kill();
    on(scene, 'mount -o remount,ro "$1"');
    scene.launch();
    await scene.ends();
    on(scene, 'mount -o remount,rw "$1"');
    await scene.start();
    await scene.converged();
  },
};

/** Runs shell lines that see the disk; `$1` is its folder. */
function on(scene: Scene, script: string): void {
  const { storeFolder } = scene.world;
  assert(scene.disk?.run("sh", "-ec", script, "sh", storeFolder), script);
}
