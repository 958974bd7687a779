import { assertEquals } from "@std/assert";
import { Connection } from "../../../lib/store/driver.ts";
import { salvage } from "../../../lib/store/salvage.ts";
import {
  migrate,
  MIGRATIONS,
  openDatabase,
} from "../../../lib/store/schema.ts";
import { Place } from "./support.ts";

Deno.test("salvage, outbox rows of schema 1 are brought over", () => {
  using place = new Place();
  const targetPath = `${place.folder}/target.db`;
  Deno.writeTextFileSync(place.path, "");
  Deno.writeTextFileSync(targetPath, "");
  using closing = new DisposableStack();
  const source = new Connection(place.path);
  closing.defer(() => source.close());
  migrate(source, MIGRATIONS.slice(0, 1));
  const text = '{"header":{"msg_id":"m1"},"route":{"operation":"delete"}}';
  source.run(
    "INSERT INTO outbox (id, msg_id, resource, type, created_at, text) " +
      "VALUES (7, 'm1', 'default/pod/a', 'pod', 5, ?)",
    text,
  );
  const target = openDatabase(targetPath);
  closing.defer(() => target.close());
  target.run("BEGIN IMMEDIATE");
  assertEquals(salvage(source, target).complete, true);
  target.run("COMMIT");
  const row = target.get<Record<string, unknown>>(
    "SELECT id, msg_id, operation, attempts, bytes FROM outbox",
  );
  assertEquals({ ...row }, {
    id: 7,
    msg_id: "m1",
    operation: "delete",
    attempts: 0,
    bytes: text.length,
  });
});

function putRow(db: Connection, id: number, msgId: string, name = "a") {
  db.run(
    "INSERT INTO outbox (id, msg_id, resource, type, operation, created_at, " +
      "bytes, text) VALUES (?, ?, ?, 'podstatus', 'update', 5, 1, ?)",
    id,
    msgId,
    `default/podstatus/${name}`,
    JSON.stringify({ header: { msgId }, route: { operation: "update" } }),
  );
}

Deno.test("salvage, a report of now is not lost for one of a snapshot that has its number", () => {
  using place = new Place();
  const targetPath = `${place.folder}/target.db`;
  Deno.writeTextFileSync(place.path, "");
  Deno.writeTextFileSync(targetPath, "");
  using closing = new DisposableStack();
  const source = openDatabase(place.path);
  closing.defer(() => source.close());
  const target = openDatabase(targetPath);
  closing.defer(() => target.close());
  putRow(target, 1, "confirmed-since", "b");
  putRow(target, 2, "merged-since");
  putRow(source, 1, "of-now");
  salvage(source, target);
  const rows = target.all<{ id: number; msgId: string }>(
    "SELECT id, msg_id AS msgId FROM outbox ORDER BY id",
  );
  assertEquals(rows.map(({ id, msgId }) => [id, msgId]), [[1, "of-now"]]);
});

Deno.test("salvage, of a file that is not read whole the newest report of a pod stays", () => {
  using place = new Place();
  const targetPath = `${place.folder}/target.db`;
  Deno.writeTextFileSync(place.path, "");
  Deno.writeTextFileSync(targetPath, "");
  using closing = new DisposableStack();
  const source = openDatabase(place.path);
  closing.defer(() => source.close());
  const target = openDatabase(targetPath);
  closing.defer(() => target.close());
  putRow(target, 1, "older");
  putRow(target, 2, "other", "b");
  putRow(source, 8, "newer");
  // Not true: its number of bytes does not matter, its text does.
  putRow(source, 9, "", "c");
  source.run("UPDATE outbox SET text = '{' WHERE id = 9");
  salvage(source, target);
  const rows = target.all<{ id: number; msgId: string }>(
    "SELECT id, msg_id AS msgId FROM outbox ORDER BY id",
  );
  assertEquals(rows.map(({ id, msgId }) => [id, msgId]), [
    [2, "other"],
    [8, "newer"],
  ]);
});
