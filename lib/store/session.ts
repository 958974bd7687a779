import { bind } from "./binding.ts";
import { storeError } from "./classify.ts";
import type { Connection } from "./driver.ts";
import { FILE_MODE, filesOf, type Session, type StoreEnv } from "./env.ts";
import { FileWatch } from "./file_watch.ts";
import { Heads } from "./heads.ts";
import type { Before } from "./lock.ts";
import { ObjectCounts } from "./object_counts.ts";
import { OutboxIds } from "./outbox_ids.ts";
import { OutboxLedger } from "./outbox_ledger.ts";
import { Positions } from "./positions.ts";
import { RaisedVersions } from "./raised.ts";
import { finishRebuild, markLost, openChecked, rebuild } from "./repair.ts";
import { Revisions } from "./revisions.ts";
import { openDatabase } from "./schema.ts";
import { RunningTime } from "./running_time.ts";
import { TombstonePruner } from "./tombstones.ts";

/**
 * Opens the file of a store and sees to it that it is its owner's.
 *
 * @throws {StoreError} As {@link openFile}; `foreign` if it is another's.
 */
export function openSession(
  env: StoreEnv,
  before: Before,
  options?: { readonly outboxIdLast?: number },
): Session {
  const session = openFile(env, before, options);
  try {
    bind(env, session.db);
    return session;
  } catch (error) {
    session.db.close();
    throw error;
  }
}

/**
 * Opens the file of a store, whatever state it is in: a damaged, empty or
 * missing one is replaced by what can be saved (failures.md E2).
 *
 * @param before How the process before us left it.
 * @param outboxIdLast The last outbox id that this process has given.
 * @throws {StoreError} If there is no working store to be had: no room, no
 *   right to write, a newer schema, another program's file.
 */
function openFile(
  env: StoreEnv,
  before: Before,
  { outboxIdLast = 0 }: { readonly outboxIdLast?: number } = {},
): Session {
  finishRebuild(env);
  const { wal } = filesOf(env.path);
  const hadWal = env.fs.stat(wal) !== undefined;
  const found = provide(env, before);
  const doubt = found && before !== "clean";
  const check = doubt && found.sizeBytes <= env.checkBytesMax;
  try {
    const session = load(env, open(env, check ?? false), outboxIdLast);
    const isCut = before === "unclean" && found !== undefined && !hadWal;
    if (isCut) noteLostWal(env, session.db);
    // The counters were read before the note changed them.
    return isCut ? load(env, session.db, outboxIdLast) : session;
  } catch (error) {
    const failure = storeError(error, `open ${env.path}`);
    if (failure.kind !== "corrupt" && failure.kind !== "not-a-database") {
      throw failure;
    }
    rebuild(env, `was damaged (${failure.message})`, undefined);
    return load(env, open(env, false), outboxIdLast);
  }
}

/**
 * Sees to it that there is a file to open.
 *
 * @returns What was found; `undefined` if the file is new or just rebuilt.
 */
function provide(
  env: StoreEnv,
  before: Before,
): { sizeBytes: number } | undefined {
  const info = env.fs.stat(env.path);
  if (info && info.sizeBytes > 0) return info;
  const isNew = before === "none" || before === "creating";
  const hasSnapshot = env.fs.stat(filesOf(env.path).snapshot) !== undefined;
  if (isNew && !hasSnapshot) {
    env.fs.create(env.path, FILE_MODE);
  } else {
    rebuild(env, info ? "was empty" : "was missing", undefined);
  }
  return undefined;
}

function open(env: StoreEnv, check: boolean): Connection {
  const db = openChecked(
    env.path,
    check,
    (path) =>
      openDatabase(path, {
        onError: env.onError,
        ...(env.busyTimeoutMs === undefined
          ? {}
          : { busyTimeoutMs: env.busyTimeoutMs }),
        ...(env.pagesMax === undefined ? {} : { pagesMax: env.pagesMax }),
      }),
  );
  return db;
}

function load(
  env: StoreEnv,
  db: Connection,
  outboxIdLast: number,
): Session {
  try {
    const running = new RunningTime(db, env.clock);
    return {
      db,
      running,
      revisions: new Revisions(db, env.revisionBase),
      raised: new RaisedVersions(),
      heads: new Heads(),
      positions: new Positions(db, env.clock),
      outboxIds: new OutboxIds(db, outboxIdLast),
      outbox: new OutboxLedger(db),
      objects: new ObjectCounts(env.clock),
      tombstones: new TombstonePruner(running, env.tombstoneLimits),
      watch: new FileWatch(env.fs, env.path, env.clock),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Commits since the last checkpoint went with the WAL; nobody can say which. */
function noteLostWal(env: StoreEnv, db: Connection): void {
  const now = new Date(env.clock.now()).toISOString();
  db.run("BEGIN IMMEDIATE");
  markLost(
    env,
    db,
    `Not in sync since ${now}, the WAL of ${env.path} was missing: ` +
      "the last changes before the stop may be lost",
  );
  db.run("COMMIT");
}
