import { Connection, type ConnectionOptions } from "./driver.ts";
import { StoreError } from "./errors.ts";
import { initial } from "./migrations/0001_initial.ts";
import { outboxDelivery } from "./migrations/0002_outbox_delivery.ts";
import type { Migration } from "./migrations/migration.ts";

/** `application_id` of our files: "mmgr" in ASCII. */
export const APPLICATION_ID = 0x6d6d6772;

/** Every migration, oldest first. */
export const MIGRATIONS: readonly Migration[] = [initial, outboxDelivery];

/**
 * Opens a database of ours, or a new one, in the newest schema.
 *
 * @param options `pagesMax`: pages beyond which the file counts as full.
 * @throws {StoreError} `foreign` if another program made it, `newer-schema`
 *   if a newer one of ours did; the file is left as it is, nothing stays open.
 */
export function openDatabase(
  path: string,
  options: ConnectionOptions & { readonly pagesMax?: number } = {},
): Connection {
  const db = new Connection(path, options);
  try {
    checkOwner(db);
    checkVersion(db, MIGRATIONS);
    db.configure(options.pagesMax);
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Looks whether a file can be read as it is.
 *
 * @param isOldFine Whether a schema of ours will do that is not the newest.
 * @throws {StoreError} `foreign` if another program made it, `newer-schema`
 *   if a newer one of ours did, `other` if it was not brought to our schema.
 */
export function checkReadable(db: Connection, isOldFine = false): void {
  checkOwner(db);
  const version = checkVersion(db, MIGRATIONS);
  const newest = MIGRATIONS.at(-1)?.version ?? 0;
  if (version === newest || (isOldFine && version > 0)) return;
  throw new StoreError(
    "other",
    version === 0
      ? `Cannot read ${db.path}: it is empty`
      : `Cannot read ${db.path}: its schema is ${version}, ` +
        `this program reads ${newest}`,
    { hint: "Start the node once, it brings the file to the newest schema" },
  );
}

/**
 * Brings a file to the newest schema, each step in a transaction of its own,
 * so that a killed upgrade goes on where it stopped (failures.md H3).
 *
 * @throws {StoreError} `newer-schema` if a newer program wrote it.
 */
export function migrate(
  db: Connection,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  const version = checkVersion(db, migrations);
  for (const migration of migrations) {
    if (migration.version > version) apply(db, migration);
  }
}

/**
 * Sees to it that a database is ours, and not newer; changes nothing.
 *
 * @throws {StoreError} `foreign` or `newer-schema`, as {@link openDatabase}.
 */
export function checkOurs(db: Connection): void {
  checkOwner(db);
  checkVersion(db, MIGRATIONS);
}

function checkVersion(
  db: Connection,
  migrations: readonly Migration[],
): number {
  const version = Number(db.pragma("user_version"));
  const newest = migrations.at(-1)?.version ?? 0;
  if (version <= newest) return version;
  throw new StoreError(
    "newer-schema",
    `Cannot use ${db.path}: its schema is ${version}, ` +
      `this program knows up to ${newest}`,
    { hint: "Run the newer program, or restore a copy from before it" },
  );
}

function checkOwner(db: Connection): void {
  const owner = Number(db.pragma("application_id"));
  if (owner === APPLICATION_ID) return;
  const tables = db.get<{ n: number }>(
    "SELECT count(*) AS n FROM sqlite_schema",
  )?.n;
  if (owner === 0 && tables === 0) return;
  throw new StoreError(
    "foreign",
    `Cannot use ${db.path}: another program made it, application id ${owner}`,
    { hint: "Name a path of its own for the store" },
  );
}

function apply(db: Connection, migration: Migration): void {
  db.run("BEGIN IMMEDIATE");
  try {
    db.exec(migration.sql);
    db.exec(
      `PRAGMA user_version=${migration.version};
       PRAGMA application_id=${APPLICATION_ID}`,
    );
    db.run("COMMIT");
  } catch (error) {
    if (db.inTransaction) db.run("ROLLBACK");
    throw error;
  }
}
