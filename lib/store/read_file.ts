import { type Clock, SystemClock } from "../base/mod.ts";
import { storeError } from "./classify.ts";
import { Connection } from "./driver.ts";
import { filesOf } from "./env.ts";
import { StoreError } from "./errors.ts";
import { checkReadable } from "./schema.ts";
import { SecondName } from "./second_name.ts";

const HINTS: Readonly<Record<"store" | "backup", string>> = {
  store: "Give the node's configuration with --config",
  backup: "Name a file that metamanager store backup made",
};

/** How a file is read. */
export interface ReadFileOptions {
  /** Says what is old. @default the machine's */
  readonly clock?: Clock;
  /** What it is, for errors. @default a store */
  readonly what?: "store" | "backup";
}

/**
 * Reads the file of a store without its lock: of a node that is down, or
 * beside one that runs.
 *
 * To read a file in WAL mode SQLite makes `-wal` and `-shm` beside it. Where
 * a node left none, it reads by a second name in a folder of its own, so that
 * nothing of the store is touched. A node that starts meanwhile is not held
 * up; what was read is then thrown away and read again, as beside a node that
 * runs. Either way it is a picture of one moment.
 *
 * @param run Reads; may be called twice.
 * @throws {StoreError} If there is no store of this program's schema.
 */
export async function readStoreFile<T>(
  path: string,
  run: (db: Connection) => T | Promise<T>,
  { clock = new SystemClock(), what = "store" }: ReadFileOptions = {},
): Promise<T> {
  const before = printOf(path);
  if (before.file === "") {
    throw new StoreError(
      "cannot-open",
      `Cannot read the ${what} ${path}: there is no such file`,
      { hint: HINTS[what] },
    );
  }
  if (before.wal !== "") return await readIn(path, { name: path, what }, run);
  using name = SecondName.of(path, clock.now());
  if (!name) return await readIn(path, { name: path, what }, run);
  try {
    const result = await readIn(name.path, { name: path, what }, run);
    if (isSame(before, printOf(path))) return result;
  } catch (error) {
    if (isSame(before, printOf(path))) throw error;
  }
  return await readIn(path, { name: path, what }, run);
}

/**
 * What changes whenever a process writes to a store; to be compared only.
 * Empty if there is no store.
 *
 * @throws If the file cannot be looked at.
 */
export function storeFileMark(path: string): string {
  const { file, wal } = printOf(path);
  return file === "" ? "" : `${file} ${wal}`;
}

async function readIn<T>(
  path: string,
  { name, what }: { readonly name: string; readonly what: keyof typeof HINTS },
  run: (db: Connection) => T | Promise<T>,
): Promise<T> {
  let db: Connection | undefined;
  try {
    db = new Connection(path, { readonly: true, name });
    // All that is read is of one moment, whatever a node writes meanwhile.
    db.run("BEGIN");
    checkReadable(db, what === "backup");
    return await run(db);
  } catch (error) {
    throw error instanceof StoreError && error.kind === "not-a-database"
      ? new StoreError(
        "foreign",
        `Cannot read ${name}: it is no ${what} of metamanager`,
        { cause: error, hint: HINTS[what] },
      )
      : error;
  } finally {
    if (db?.inTransaction) db.run("ROLLBACK");
    db?.close();
  }
}

interface Print {
  readonly file: string;
  readonly wal: string;
}

function printOf(path: string): Print {
  return { file: statText(path), wal: statText(filesOf(path).wal) };
}

function isSame(a: Print, b: Print): boolean {
  return a.file === b.file && a.wal === b.wal;
}

function statText(path: string): string {
  try {
    const { dev, ino, size, mtime } = Deno.statSync(path);
    return `${dev}:${ino}:${size}:${mtime?.getTime() ?? 0}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw storeError(error, `look at ${path}`);
  }
}
