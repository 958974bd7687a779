import { assert, assertEquals } from "@std/assert";
import { seededRandom, sleep, SystemClock } from "../../lib/base/mod.ts";
import { until } from "../support/edged_harness.ts";
import { askAdmin, NodeProcess } from "../support/node_process.ts";
import { NODE } from "../support/node_world.ts";
import { type AckedNote, StoreImage } from "../support/store_image.ts";
import { print } from "./print.ts";
import { program } from "./program.ts";
import { Scene } from "./scene.ts";

const CLOCK = new SystemClock();
/** Windows between two looks at the files in which power is cut. */
const WINDOWS = 12;
/** Places within a window at which it is cut, in two ways each. */
const CUTS = 24;
/** Looks at the files after which there must have been enough windows. */
const LOOKS_MAX = 1000;
/** Cuts after which the program itself is started. */
const STARTS = 8;
/** What a disk writes as one. */
const SECTOR_BYTES = 512;
/** The format of a WAL: sqlite.org/fileformat2.html, 4. */
const WAL = { headerBytes: 32, frameHeaderBytes: 24, pageBytes: 4096 };

/** The files at a moment in which the program stood still. */
interface Moment {
  /** What the cloud had been acked by then. */
  readonly notes: readonly AckedNote[];
  readonly database: Uint8Array;
  readonly wal: Uint8Array;
}

async function momentOf(scene: Scene): Promise<Moment> {
  scene.node.signal("SIGSTOP");
  try {
    await until(() => scene.node.isStandingStill, "the program stands still");
    const path = `${scene.storeFolder}/metamanager.db`;
    return {
      notes: scene.notes(),
      database: Deno.readFileSync(path),
      wal: Deno.readFileSync(`${path}-wal`),
    };
  } finally {
    scene.node.signal("SIGCONT");
  }
}

/** The number that a WAL has until it begins anew, over its old content. */
function saltsOf(bytes: Uint8Array, at: number): string {
  return bytes.subarray(at, at + 8).toHex();
}

/** Where the frames end that were written since the WAL began anew. */
function endOf(wal: Uint8Array): number {
  const { headerBytes, frameHeaderBytes, pageBytes } = WAL;
  const salts = saltsOf(wal, 16);
  let end = headerBytes;
  while (end < wal.length && saltsOf(wal, end + 8) === salts) {
    end += frameHeaderBytes + pageBytes;
  }
  return end;
}

/** What the disk may hold if power failed between two moments. */
function* remainders(
  before: Uint8Array,
  after: Uint8Array,
  random: () => number,
): Generator<Uint8Array> {
  const [from, to] = [endOf(before), endOf(after)];
  for (let i = 0; i < CUTS; i++) {
    const sectors = Math.floor((to - from) / SECTOR_BYTES);
    const at = from + Math.floor(random() * (sectors + 1)) * SECTOR_BYTES;
    const cut = new Uint8Array(Math.max(at, before.length));
    cut.set(before);
    cut.set(after.subarray(0, at));
    yield cut;
    // One sector that was being written, or all behind it.
    const torn = after.slice();
    torn.fill(0xa5, at, random() < 0.5 ? at + SECTOR_BYTES : to);
    yield torn;
  }
}

/** A folder as the power cut left it. */
async function folderOf(
  world: string,
  files: { database: Uint8Array; wal: Uint8Array },
): Promise<string> {
  const folder = `${world}/cut-${crypto.randomUUID()}`;
  await Deno.mkdir(folder, { mode: 0o700 });
  const write = (name: string, bytes: Uint8Array) =>
    Deno.writeFile(`${folder}/${name}`, bytes, { mode: 0o600 });
  await write("metamanager.db", files.database);
  await write("metamanager.db-wal", files.wal);
  // As a process leaves it that had no time for anything.
  await write("metamanager.db.lock", new TextEncoder().encode("pid 1 open\n"));
  return folder;
}

/** What was acknowledged and is not in a file. */
function lost(folder: string, notes: readonly AckedNote[]): string[] {
  const image = new StoreImage(`${folder}/metamanager.db`);
  assertEquals(image.integrity, "ok");
  // Deletes that came meanwhile may be there or not.
  const later = [...image.rows.values()]
    .map(({ uid }) => ({ uid }) as AckedNote);
  return image.lacks(notes, later);
}

/** Starts the program on such a folder, and ends it in good order. */
async function reopen(folder: string, cuts: number): Promise<void> {
  const admin = `${folder}/admin.sock`;
  await using node = new NodeProcess([
    `store.path=${folder}/metamanager.db`,
    `edged.socket=${folder}/edged.sock`,
    `admin.socket=${admin}`,
    `edgehub.controller.node-id=${NODE}`,
  ], { command: program() });
  await node.ready();
  const page = await askAdmin(admin, "/readyz?verbose");
  assertEquals(page?.status, 200, `${cuts}: ${page?.text}\n${node.output}`);
  assert(page?.text.includes("[+]store ok"), page?.text);
  node.signal("SIGTERM");
  assertEquals((await node.status).code, 0, node.output);
}

Deno.test("commit_survives_power_cut, A4: whatever the disk has written behind the last commit that was told of, the program loses nothing that was acked", async () => {
  await using scene = await Scene.open();
  const random = seededRandom(4);
  await scene.work();
  let [cuts, windows, bites] = [0, 0, 0];
  for (let looks = 0; windows < WINDOWS; looks++) {
    assert(looks < LOOKS_MAX, `${windows} windows in ${looks} looks`);
    const { notes, database, wal } = await momentOf(scene);
    await sleep(CLOCK, 5 + random() * 60);
    const after = (await momentOf(scene)).wal;
    // A checkpoint came between, or nothing did.
    const isOne = saltsOf(wal, 16) === saltsOf(after, 16);
    if (!isOne || endOf(wal) === endOf(after)) continue;
    assert(notes.length > 0);
    windows++;
    const none = wal.slice(0, WAL.headerBytes);
    const empty = await folderOf(scene.world.folder, { database, wal: none });
    if (lost(empty, notes).length > 0) bites++;
    for (const left of remainders(wal, after, random)) {
      const folder = await folderOf(scene.world.folder, {
        database,
        wal: left,
      });
      const isStarted = cuts++ % (WINDOWS * CUTS * 2 / STARTS) === 0;
      if (isStarted) await reopen(folder, cuts);
      assertEquals(lost(folder, notes), [], `cut ${cuts}`);
      await Deno.remove(folder, { recursive: true });
    }
  }
  assert(bites > 0, "a WAL that is gone whole is noticed");
  await scene.converged();
  print(`power cuts: ${cuts} in ${windows} windows, ${STARTS} started again`);
});
