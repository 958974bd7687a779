import type { Migration } from "./migration.ts";

/**
 * Outbox rows tell what they are without their text: the operation decides
 * what merges, `bytes` is the size of `text`, `attempts` counts connections
 * that left the message without an answer, `parked_at` (milliseconds since
 * 1970) is set once it is sent no more. The table is made anew, since `text`
 * has to stand last: scans of the other columns then need no overflow page.
 * What there is of a type is counted in memory, so the index on it goes: each
 * message wrote a page of it twice.
 */
export const outboxDelivery: Migration = {
  version: 2,
  sql: `
    CREATE TABLE outbox_2 (
      id INTEGER PRIMARY KEY,
      msg_id TEXT NOT NULL UNIQUE,
      resource TEXT NOT NULL,
      type TEXT NOT NULL,
      operation TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      parked_at INTEGER NOT NULL DEFAULT 0,
      bytes INTEGER NOT NULL,
      text TEXT NOT NULL
    );
    INSERT INTO outbox_2
      (id, msg_id, resource, type, operation, created_at, bytes, text)
      SELECT id, msg_id, resource, type,
        CASE WHEN json_valid(text)
          THEN coalesce(json_extract(text, '$.route.operation'), '')
          ELSE '' END,
        created_at, length(CAST(text AS BLOB)), text
      FROM outbox;
    DROP TABLE outbox;
    ALTER TABLE outbox_2 RENAME TO outbox;
    CREATE INDEX outbox_resource ON outbox (resource);
  `,
};
