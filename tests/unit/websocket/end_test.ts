import { assertEquals } from "@std/assert";
import { ABORTED, failed, streamEnded } from "../../../lib/websocket/end.ts";

Deno.test("end, each way to end without a close frame has code 1006", () => {
  const error = new Error("reset");
  assertEquals(ABORTED, { code: 1006, reason: "", by: "us" });
  assertEquals(failed(error), { code: 1006, reason: "", by: "error", error });
  assertEquals(streamEnded(false), { code: 1006, reason: "", by: "peer" });
  const { by, error: cut } = streamEnded(true);
  assertEquals(by, "peer");
  assertEquals((cut as Error).message, "Stream ended within a message");
});
