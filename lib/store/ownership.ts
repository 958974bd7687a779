import { filesOf, type StoreEnv } from "./env.ts";
import { StoreError } from "./errors.ts";
import { APPLICATION_ID } from "./schema.ts";

/** Which files are looked at, and how. */
type Files = Pick<StoreEnv, "path" | "fs">;

/** How every SQLite file begins. */
const SQLITE_HEADER = "SQLite format 3\0";
/** Where in the header `application_id` stands, big-endian. */
const OWNER_OFFSET = 68;
/** Bytes of the header of a SQLite file. */
const HEADER_BYTES = 100;

/**
 * Looks at what lies under the name of the store, before anything is touched.
 *
 * @returns Whether it is known to be ours, so that its mode may be changed;
 *   of what is not, only an attempt to open it can tell.
 * @throws {StoreError} `cannot-open` if it is no regular file or a link to
 *   one, `foreign` if it never was a store.
 */
export function checkOwnership(env: Files): boolean {
  refuseLink(env);
  const info = env.fs.stat(env.path);
  if (!info) return true;
  if (!info.isFile) {
    throw new StoreError(
      "cannot-open",
      `Cannot use ${env.path}: it is no regular file`,
      { hint: "store.path names a folder, name a file in it" },
    );
  }
  if (info.sizeBytes === 0) return true;
  const owner = ownerOf(env.fs.head(env.path, HEADER_BYTES));
  const hasTraces = hasLock(env) || exists(env, filesOf(env.path).snapshot);
  if (owner !== undefined) {
    // The id of a new store may still be in its WAL only.
    return owner === APPLICATION_ID || (owner === 0 && hasTraces);
  }
  if (hasTraces || exists(env, filesOf(env.path).wal)) return true;
  throw new StoreError(
    "foreign",
    `Cannot use ${env.path}: it is no store of metamanager`,
    { hint: "Name a path of its own for the store" },
  );
}

/**
 * Refuses a name that is a symbolic link: SQLite follows it and keeps the WAL
 * beside the file, while lock and snapshot would lie beside the link, and two
 * nodes could have the one file. Links among the folders above do no harm.
 *
 * @throws {StoreError} `cannot-open` if it is one.
 */
export function refuseLink({ path, fs }: Files): void {
  const target = fs.linkTarget(path);
  if (target === undefined) return;
  throw new StoreError(
    "cannot-open",
    `Cannot use ${path}: it is a link to ${target}`,
    { hint: "Give store.path the name of the file itself" },
  );
}

/** The `application_id` of a SQLite file; `undefined` if it is none. */
function ownerOf(head: Uint8Array): number | undefined {
  const begin = head.subarray(0, SQLITE_HEADER.length);
  if (new TextDecoder().decode(begin) !== SQLITE_HEADER) return undefined;
  if (head.length < HEADER_BYTES) return 0;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return view.getUint32(OWNER_OFFSET);
}

/** An empty lock file is what an open leaves that was refused. */
function hasLock(env: Files): boolean {
  return (env.fs.stat(filesOf(env.path).lock)?.sizeBytes ?? 0) > 0;
}

function exists(env: Files, file: string): boolean {
  return env.fs.stat(file) !== undefined;
}
