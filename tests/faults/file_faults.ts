import { assert, assertEquals } from "@std/assert";
import type { Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

/** Who runs the program where rights are taken away: nobody. */
const NOBODY = 65534;

/** The system refuses writes for a while, as a dying disk does. */
export const WRITE_ERROR: Fault = {
  name: "write error",
  title: "ack_only_after_commit, A1: while writes fail nothing is acked, and " +
    "questions are answered",
  signs: {
    health: "store failed: StoreError: Cannot write to",
    log: "disk I/O error",
  },
  async run(scene) {
    // The size of a file is what the system limits here.
    await scene.work("sh", "-c", `trap "" XFSZ; exec "$@"`, "sh");
    limit(scene, "fsize", "0");
    await scene.sees(503, "store failed");
    await scene.refuses();
    await scene.assertAckedIsStored();
    assertEquals((await scene.agent.query("default/pod/user")).length, 1);
    limit(scene, "fsize", "unlimited");
    await scene.sees(200, "store ok");
    await scene.converged();
  },
};

/** Somebody removes the folder of the store. */
export const FOLDER_DELETED: Fault = {
  name: "folder deleted",
  title: "corrupt_store_is_set_aside, E2: a folder deleted underneath is " +
    "made anew with all that was in it",
  signs: { log: "metamanager.db: the file was deleted" },
  run: (scene) => deleted(scene, scene.storeFolder),
};

/** Somebody removes the WAL of a running program. */
export const WAL_DELETED: Fault = {
  name: "WAL deleted",
  title: "corrupt_store_is_set_aside, E2: a WAL deleted underneath costs " +
    "nothing that was acked",
  signs: { log: "metamanager.db-wal: the file was deleted" },
  run: (scene) => deleted(scene, `${scene.storeFolder}/metamanager.db-wal`),
};

/** Removes what a program works on, which it has open. */
async function deleted(scene: Scene, path: string): Promise<void> {
  await scene.work();
  await Deno.remove(path, { recursive: true });
  await scene.node.said("all that was in them is in a new one");
  await scene.sees(200, "store ok");
  await scene.converged();
  // Nothing was lost, so nothing has to come again.
  const health = await scene.page("/readyz?verbose");
  assert(!health.includes("lost"), health);
  await scene.restart();
  await scene.sees(200, "store ok");
  await scene.converged();
}

/** The folder belongs to somebody else for a while. */
export const PERMISSION_LOST: Fault = {
  name: "permission lost",
  title: "ack_only_after_commit, A1: nothing is acked while the files may " +
    "not be looked at",
  signs: {
    health: "store failed: StoreError: Cannot commit: Permission denied",
    log: "not stored",
  },
  needs: "root",
  async run(scene) {
    await scene.work(...await asNobody(scene));
    await Deno.chown(scene.storeFolder, 0, 0);
    await scene.sees(503, "store failed");
    await scene.refuses();
    await scene.assertAckedIsStored();
    // What was stored and counts as failed has to reach the agent all the
    // same, without a further change of it.
    await scene.calm();
    await Deno.chown(scene.storeFolder, NOBODY, NOBODY);
    await scene.sees(200, "store ok");
    await scene.converged();
  },
};

/** The program may not write its database when it starts. */
export const NO_PERMISSION: Fault = {
  name: "no permission at start",
  title: "a database that may not be written ends the start and is left as " +
    "it is",
  signs: { log: "Cannot look at", exitCode: 1 },
  needs: "root",
  async run(scene) {
    const user = await asNobody(scene);
    await scene.work(...user);
    await scene.kill();
    const database = `${scene.storeFolder}/metamanager.db`;
    await Deno.chmod(database, 0);
    scene.launch(...user);
    await scene.ends();
    assert(scene.output.includes("may be read"), scene.output);
    await Deno.chmod(database, 0o600);
    await scene.start(...user);
    await scene.converged();
  },
};

/** Makes everything nobody's. @returns What starts a program as nobody. */
async function asNobody(scene: Scene): Promise<string[]> {
  const { folder } = scene.world;
  const walk = async (path: string): Promise<void> => {
    await Deno.chown(path, NOBODY, NOBODY);
    if (!(await Deno.stat(path)).isDirectory) return;
    for await (const { name } of Deno.readDir(path)) {
      await walk(`${path}/${name}`);
    }
  };
  await walk(folder);
  await scene.copyProgram();
  return [
    "setpriv",
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    "--clear-groups",
  ];
}

/** Sets a limit of the running program, of which the hard one stays. */
export function limit(scene: Scene, name: string, value: string): void {
  const { success } = new Deno.Command("prlimit", {
    args: ["--pid", String(scene.node.pid), `--${name}=${value}:`],
  }).outputSync();
  assert(success, `prlimit --${name}`);
}
