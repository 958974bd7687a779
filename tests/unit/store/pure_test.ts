import { assertEquals, assertStringIncludes } from "@std/assert";
import { kindOf, storeError } from "../../../lib/store/classify.ts";
import { StoreError } from "../../../lib/store/mod.ts";
import {
  isTrueOutboxRow,
  isTrueTombstone,
  metaFault,
  rowSum,
} from "../../../lib/store/row.ts";
import { pod } from "./support.ts";

Deno.test("kindOf, knows codes, and texts where there is no code", () => {
  const coded = (errcode: number) =>
    kindOf(Object.assign(new Error("x"), { errcode }));
  assertEquals([5, 517, 8, 10, 778, 11, 13, 14, 2067, 26, 1].map(coded), [
    "busy",
    "busy",
    "readonly",
    "io",
    "io",
    "corrupt",
    "full",
    "cannot-open",
    "constraint",
    "not-a-database",
    "other",
  ]);
  const texts = [
    ["database is locked", "busy"],
    ["attempt to write a readonly database", "readonly"],
    ["disk I/O error", "io"],
    ["database disk image is malformed", "corrupt"],
    ["database or disk is full", "full"],
    ["14: unable to open database file", "cannot-open"],
    ["UNIQUE constraint failed: t.k", "constraint"],
    ["file is not a database", "not-a-database"],
    ["no such table: t", "other"],
  ];
  for (const [text = "", kind] of texts) {
    assertEquals<unknown>(kindOf(new Error(text)), kind, text);
  }
  assertEquals(kindOf("text"), "other");
  assertEquals(kindOf(new Deno.errors.NotCapable("no")), "cannot-open");
});

Deno.test("storeError, wraps once and keeps the cause", () => {
  const cause = new Error("database or disk is full");
  const error = storeError(cause, "write to x");
  assertEquals(error.kind, "full");
  assertEquals(error.cause, cause);
  assertEquals(error.message, "Cannot write to x: database or disk is full");
  assertEquals(storeError(error, "again"), error);
  assertStringIncludes(storeError("odd", "read x").message, "odd");
  assertEquals(new StoreError("io", "x").transient, true);
});

Deno.test("metaFault, tells true rows from others", () => {
  const row = { ...pod("a"), revision: 1 };
  const good = { ...row, sum: rowSum(row) };
  assertEquals(metaFault(good), undefined);
  assertEquals(metaFault({ ...good, version: "2" }), "checksum differs");
  assertEquals(metaFault({ ...good, created: "x" }), "checksum differs");
  assertEquals(metaFault({ ...good, sum: null }), undefined);
  assertEquals(metaFault({ ...good, sum: null, value: "text" }), undefined);
  assertEquals(typeof metaFault({ ...good, sum: null, value: "[1" }), "string");
  const blob = new Uint8Array() as unknown as string;
  assertEquals(metaFault({ ...good, value: blob }), "not text");
  assertEquals(
    metaFault({ ...good, revision: 1.5 }),
    "revision is not a number",
  );
});

Deno.test("isTrueTombstone, isTrueOutboxRow, reject noise", () => {
  const tombstone = {
    key: "default/pod/a",
    type: "pod",
    uid: "",
    version: "1",
    source: "edged",
    revision: 4,
    deletedAtMs: 5,
  };
  assertEquals(isTrueTombstone(tombstone), true);
  assertEquals(isTrueTombstone({ ...tombstone, key: "" }), false);
  assertEquals(isTrueTombstone({ ...tombstone, uid: "\ufffd" }), false);
  assertEquals(isTrueTombstone({ ...tombstone, revision: -1 }), false);
  const outbox = {
    id: 1,
    msgId: "m1",
    resource: "r",
    type: "t",
    text: '{"id":"m1"}',
    createdAtMs: 1,
  };
  assertEquals(isTrueOutboxRow(outbox), true);
  assertEquals(isTrueOutboxRow({ ...outbox, text: "{}" }), false);
  assertEquals(isTrueOutboxRow({ ...outbox, text: '{"id":"m1"' }), false);
  assertEquals(isTrueOutboxRow({ ...outbox, id: 0.5 }), false);
  assertEquals(isTrueOutboxRow({ ...outbox, type: "\u0001" }), false);
  const blob = new Uint8Array() as unknown as string;
  assertEquals(isTrueOutboxRow({ ...outbox, text: blob }), false);
});
