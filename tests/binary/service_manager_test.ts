import { assertEquals } from "@std/assert";
import { NotifySocket } from "../support/notify_socket.ts";
import { commandLine } from "./binary.ts";

const PROGRAM = Deno.env.get("METAMANAGER_BINARY")?.split("/").pop() ??
  "the binary";

Deno.test(`${PROGRAM} tells a service manager of start, reload and end`, async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/edge.yaml`;
  await Deno.writeTextFile(
    file,
    "store: { path: s.db }\nedged: { socket: e.sock }\nadmin: { socket: a.sock }\n",
  );
  const [program = "", ...rest] = commandLine();
  try {
    await using manager = new NotifySocket(`${folder}/notify`);
    const child = new Deno.Command(program, {
      args: [...rest, "run", "--config", file],
      env: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "1000000" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      await manager.got("READY=1");
      await manager.got("WATCHDOG=1", 2);
      child.kill("SIGHUP");
      await manager.got("RELOADING=1");
      await manager.got("READY=1", 2);
      child.kill("SIGTERM");
      await manager.got("STOPPING=1");
      assertEquals((await child.status).code, 0);
    } catch (error) {
      child.kill("SIGKILL");
      await child.status;
      throw error;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
