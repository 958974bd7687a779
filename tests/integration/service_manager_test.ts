import { assert, assertEquals } from "@std/assert";
import { NodeProcess } from "../support/node_process.ts";
import { NotifySocket } from "../support/notify_socket.ts";

Deno.test("a service manager hears when the node serves, how it does, and that it ends", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using manager = new NotifySocket(`${folder}/notify`);
    await using node = new NodeProcess([
      `store.path=${folder}/store.db`,
      `edged.socket=${folder}/run/edged.sock`,
      `admin.socket=${folder}/run/admin.sock`,
    ], {
      env: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "400000" },
    });
    await manager.got("READY=1");
    assert(node.output.includes('"event":"node runs"'), node.output);
    // Fed at once and then every 200 ms.
    await manager.got("WATCHDOG=1", 3);
    node.signal("SIGTERM");
    assertEquals((await node.status).code, 0, node.output);
    await manager.got("STOPPING=1");
    assert(manager.messages.includes("READY=1\nSTATUS=ok"));
    const left = Array.from(Deno.readDirSync(`${folder}/run`));
    assertEquals(left, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
