import { assertEquals, assertStringIncludes } from "@std/assert";
import { EdgeNode } from "../../../../lib/app/mod.ts";
import { SystemClock } from "../../../../lib/base/mod.ts";
import { askNode } from "../../../../lib/cli/admin_client.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { Logger } from "../../../../lib/telemetry/mod.ts";
import { Stage } from "../../doctor/stage.ts";
import { FakeIo } from "../fake_io.ts";

Deno.test("resync, a standalone node has nobody to ask, and a wrong body is refused", async () => {
  await using stage = await Stage.make();
  const config = await stage.config();
  const log = new Logger("node", { clock: new SystemClock(), sink: () => {} });
  await using node = new EdgeNode(config, { log });
  await node.start();
  const io = new FakeIo();
  const sets = stage.sets().flatMap((set) => ["--set", set]);
  assertEquals(await main(["resync", ...sets], io), 1);
  assertStringIncludes(io.err, "this is a standalone node");
  const { socket } = config.admin;
  assertEquals(await askNode(socket, "/resync"), { state: "none" });
  for (const body of [{ type: 1 }, { apply: "yes" }, []]) {
    let said = "";
    try {
      await askNode(socket, "/resync", body);
    } catch (error) {
      said = String(error);
    }
    assertStringIncludes(said, "Body must be");
  }
});
