import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { seededRandom } from "../../lib/base/mod.ts";
import { until } from "../support/edged_harness.ts";
import { NODE, podManifest } from "../support/node_world.ts";
import type { Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

/** Large pods: together more than SQLite's cache and a WAL. */
const LARGE_PODS = 60;
const LARGE_BYTES = 80_000;

/** Pages in the middle turn to noise under a running program. */
export const CORRUPT_PAGES: Fault = {
  name: "corrupt pages",
  title: "corrupt_store_is_set_aside, E2: damage under a running program is " +
    "noticed when it is read, told, and made good by the cloud",
  signs: {
    health: "store degraded: Not in sync since",
    log: "kept as",
  },
  async run(scene) {
    await large(scene);
    noise(scene);
    // Nobody knows of damage that nobody reads; a reader gets an error.
    for (let i = 0; i < LARGE_PODS; i++) await readable(scene, i);
    await scene.sees(200, "store degraded: Not in sync since");
    await scene.refilled();
    await scene.converged();
    await scene.restart();
    await scene.converged();
  },
};

/** The same while the program does not run. */
export const CORRUPT_AT_START: Fault = {
  name: "corrupt pages at start",
  title: "corrupt_store_is_set_aside, E2: damage is found by the check after " +
    "an unclean end, told, and made good by the cloud",
  signs: {
    health: "store degraded: Not in sync since",
    log: "was damaged",
  },
  async run(scene) {
    await large(scene);
    await scene.calm();
    await scene.kill();
    noise(scene);
    await scene.start();
    await scene.sees(200, "store degraded: Not in sync since");
    await scene.refilled();
    await scene.converged();
  },
};

/** The WAL is removed after a kill. */
export const WAL_LOST: Fault = {
  name: "WAL deleted while down",
  title: "corrupt_store_is_set_aside, E2: a WAL lost between kill and start " +
    "is noticed, told, and made good by the cloud",
  signs: {
    health: "the last changes before the stop may be lost",
    log: "the WAL of",
  },
  async run(scene) {
    await scene.work();
    await scene.calm();
    await scene.kill();
    await Deno.remove(`${scene.storeFolder}/metamanager.db-wal`);
    await scene.start();
    await scene.sees(200, "the last changes before the stop may be lost");
    await scene.refilled();
    await scene.converged();
  },
};

/** A newer program has been here. */
export const FUTURE_SCHEMA: Fault = {
  name: "schema of the future",
  title: "a schema that is not known ends the start, and the file is left " +
    "as it is",
  signs: { log: "this program knows up to", exitCode: 1 },
  async run(scene) {
    await scene.work();
    await scene.calm();
    await scene.stopped();
    const path = `${scene.storeFolder}/metamanager.db`;
    const version = setVersion(path, 999);
    const before = await Deno.readFile(path);
    scene.launch();
    await scene.ends();
    assertEquals(await Deno.readFile(path), before);
    setVersion(path, version);
    await scene.start();
    await scene.converged();
  },
};

/** A second program is started on the same store. */
export const SECOND_NODE: Fault = {
  name: "second node",
  title: "one_writer_no_lock_errors, E1: a second program is refused, the " +
    "first goes on",
  signs: { log: "has it", exitCode: 1 },
  async run(scene) {
    await scene.work();
    const first = scene.node;
    scene.launch();
    await scene.ends();
    scene.node = first;
    await scene.converged();
  },
};

/** A working program with a file that is larger than any cache. */
async function large(scene: Scene): Promise<void> {
  const { hub } = scene.world;
  await scene.start();
  for (let i = 0; i < LARGE_PODS; i++) {
    const pod = podManifest(`large-${i}`);
    const annotations = { pad: "x".repeat(LARGE_BYTES) };
    hub.apply({ ...pod, metadata: { ...pod.metadata, annotations } });
  }
  await until(() => hub.core.isSynced(NODE), "all is stored");
  scene.load();
}

/** Overwrites the middle of the database. */
function noise(scene: Scene): void {
  const path = `${scene.storeFolder}/metamanager.db`;
  const { size } = Deno.statSync(path);
  assert(size > 3 * 1024 * 1024, `${size} bytes`);
  const random = seededRandom(7);
  const bytes = Uint8Array.from(
    { length: Math.floor(size / 5) },
    () => random() * 256,
  );
  using file = Deno.openSync(path, { write: true });
  file.seekSync(Math.floor(size * 0.4), Deno.SeekMode.Start);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/** Asks for a pod: it comes as it is, or an error does. */
async function readable(scene: Scene, i: number): Promise<void> {
  const name = `large-${i}`;
  try {
    const [pod] = await scene.agent.query(`default/pod/${name}`);
    const { metadata } = pod as { metadata: Record<string, unknown> };
    assertEquals(metadata["name"], name);
    assertEquals(
      (metadata["annotations"] as { pad: string }).pad.length,
      LARGE_BYTES,
    );
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "RequestFailedError") {
      throw error;
    }
  }
}

/** Sets the version of the schema. @returns The one before. */
function setVersion(path: string, version: number): number {
  const db = new DatabaseSync(path);
  const row = db.prepare("PRAGMA user_version").get();
  db.exec(`PRAGMA user_version=${version}`);
  db.close();
  return Number(row?.["user_version"]);
}
