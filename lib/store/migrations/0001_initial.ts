import type { Migration } from "./migration.ts";

/**
 * The first schema.
 *
 * `meta` keeps its rowid: without, 1 KB values make the file 3.3 times as
 * large (platform.md 3.5). `value` stands last, so that scans of the other
 * columns need no overflow page. There is no index on `revision`: it would
 * double the pages that an update writes. `sum` is a checksum of the row,
 * NULL where another program wrote it.
 */
export const initial: Migration = {
  version: 1,
  sql: `
    CREATE TABLE meta (
      key TEXT PRIMARY KEY NOT NULL,
      type TEXT NOT NULL,
      uid TEXT NOT NULL DEFAULT '',
      version TEXT NOT NULL DEFAULT '',
      created TEXT NOT NULL DEFAULT '',
      source TEXT NOT NULL DEFAULT '',
      revision INTEGER NOT NULL DEFAULT 0,
      sum INTEGER,
      value TEXT NOT NULL
    );
    CREATE INDEX meta_type ON meta (type, key);
    CREATE TABLE tombstones (
      revision INTEGER PRIMARY KEY,
      key TEXT NOT NULL,
      type TEXT NOT NULL,
      uid TEXT NOT NULL,
      version TEXT NOT NULL,
      source TEXT NOT NULL,
      deleted_at INTEGER NOT NULL
    );
    CREATE INDEX tombstones_key ON tombstones (key);
    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY,
      msg_id TEXT NOT NULL UNIQUE,
      resource TEXT NOT NULL,
      type TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      text TEXT NOT NULL
    );
    CREATE INDEX outbox_resource ON outbox (resource);
    CREATE INDEX outbox_type ON outbox (type);
    CREATE TABLE positions (
      module TEXT PRIMARY KEY NOT NULL,
      revision INTEGER NOT NULL,
      used_at INTEGER NOT NULL
    );
    CREATE TABLE synced (
      type TEXT PRIMARY KEY NOT NULL,
      at INTEGER NOT NULL
    );
    CREATE TABLE state (
      name TEXT PRIMARY KEY NOT NULL,
      value
    );
  `,
};
