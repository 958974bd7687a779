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
