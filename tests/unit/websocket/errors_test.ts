import { assertEquals } from "@std/assert";
import {
  HandshakeError,
  HandshakeRefusedError,
  ProtocolError,
} from "../../../lib/websocket/mod.ts";

Deno.test("errors, carry what a caller decides by", () => {
  assertEquals(new ProtocolError(1009, "Too big").code, 1009);
  assertEquals(new HandshakeError("Not HTTP").status, 400);
  assertEquals(new HandshakeError("Too large", 431).status, 431);
  const names = [ProtocolError, HandshakeError, HandshakeRefusedError];
  assertEquals(names.map((type) => type.name), [
    new ProtocolError(1002, "x").name,
    new HandshakeError("x").name,
    "HandshakeRefusedError",
  ]);
});

Deno.test("HandshakeRefusedError, keeps the body out of its message", () => {
  const cause = new Error("reset");
  const error = new HandshakeRefusedError({
    status: 401,
    statusText: "",
    headers: new Headers({ a: "b" }),
    bodyStart: "token abc is not valid",
  }, { cause });
  assertEquals(error.message, "Server refused the upgrade: 401");
  assertEquals(error.bodyStart, "token abc is not valid");
  assertEquals(error.headers.get("a"), "b");
  assertEquals([error.status, error.statusText], [401, ""]);
  assertEquals(error.cause, cause);
});
