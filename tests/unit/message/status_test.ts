import { assertEquals } from "@std/assert";
import {
  errStatus,
  NO_STATUS,
  readAnswer,
  type StatusReason,
} from "../../../lib/message/mod.ts";

Deno.test("errStatus, is a Status as the cloud sends it", () => {
  const details = { name: "app-cfg", kind: "configmap" };
  assertEquals(
    JSON.stringify(
      errStatus("NotFound", 'configmap "app-cfg" not found', details),
    ),
    '{"ErrStatus":{"metadata":{},"status":"Failure","message":"configmap \\"app-cfg\\" not found",' +
      '"reason":"NotFound","details":{"name":"app-cfg","kind":"configmap"},"code":404}}',
  );
  assertEquals("details" in errStatus("Timeout", "late").ErrStatus, false);
});

Deno.test("errStatus, each reason has its HTTP code", () => {
  const codes: Record<StatusReason, number> = {
    NotFound: 404,
    RequestEntityTooLarge: 413,
    TooManyRequests: 429,
    InternalError: 500,
    ServiceUnavailable: 503,
    NotSynced: 503,
    Timeout: 504,
  };
  for (const [reason, code] of Object.entries(codes)) {
    const { ErrStatus } = errStatus(reason as StatusReason, "");
    assertEquals([ErrStatus.reason, ErrStatus.code], [reason, code]);
  }
});

const OBJECT = { metadata: { name: "a" } };
const STATUS = { status: "Failure", reason: "AlreadyExists", message: "there" };
const FAILED = { kind: "failed", reason: "AlreadyExists", message: "there" };

const NO_OBJECT = {
  kind: "failed",
  reason: NO_STATUS,
  message: "an error without a status",
} as const;

Deno.test("readAnswer, tells the shapes of an answer apart", () => {
  const table: [unknown, unknown][] = [
    ["OK", { kind: "ok" }],
    [OBJECT, { kind: "object", object: OBJECT }],
    [{ Object: OBJECT, Err: null }, { kind: "object", object: OBJECT }],
    [{ Err: undefined, Object: OBJECT }, { kind: "object", object: OBJECT }],
    [{ ErrStatus: STATUS }, FAILED],
    [{ Object: OBJECT, Err: { ErrStatus: STATUS } }, FAILED],
    [{ Object: null, Err: { ErrStatus: STATUS } }, FAILED],
    // Only one of the two names makes no ObjectResp.
    [{ Object: OBJECT }, NO_OBJECT],
    [{ Object: {}, Err: null }, { kind: "other" }],
    [{ Object: null, Err: null }, { kind: "other" }],
    [{ Object: [], Err: null }, { kind: "other" }],
    ["ok", { kind: "other" }],
    ["", { kind: "other" }],
    [null, { kind: "other" }],
    [undefined, { kind: "other" }],
    [[OBJECT], { kind: "other" }],
    [7, { kind: "other" }],
  ];
  for (const [content, answer] of table) {
    assertEquals(readAnswer(content), answer as never, JSON.stringify(content));
  }
});

Deno.test("readAnswer, an error without a usable status is a failure all the same", () => {
  for (const Err of [{}, "text", [], 7, false, { ErrStatus: null }]) {
    assertEquals(readAnswer({ Object: OBJECT, Err }), NO_OBJECT);
  }
  const unknown = { kind: "failed", reason: "Unknown", message: "" } as const;
  assertEquals(readAnswer({ ErrStatus: { reason: 1, message: {} } }), unknown);
});

Deno.test("readAnswer, an error of Go is no object", () => {
  const dial = { Op: "dial", Net: "tcp", Source: null, Addr: {}, Err: {} };
  const get = { Op: "Get", URL: "https://10.0.0.1", Err: dial };
  for (const content of [{}, dial, get]) {
    assertEquals(readAnswer(content), NO_OBJECT);
  }
});
