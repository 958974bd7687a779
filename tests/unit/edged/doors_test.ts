import { relative } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { type DoorOptions, Doors } from "../../../lib/edged/doors.ts";
import { Router } from "../../../lib/router/mod.ts";
import { keepingLog } from "../../support/edged_harness.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

async function openDoors(options: Partial<DoorOptions> = {}) {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/run/edged.sock`;
  const clock = new VirtualClock();
  const log = keepingLog();
  const doors = new Doors({
    router: new Router(clock),
    clock,
    stamp: { newId: () => "id", now: () => clock.now() },
    log,
    connection: () => undefined,
  }, { socket, ...options });
  const visits: boolean[] = [];
  await doors.open((stream, overTcp) => {
    visits.push(overTcp);
    stream.close();
  });
  return {
    socket,
    clock,
    log,
    doors,
    visits,
    /** Moves time on until something is so. */
    async until(fits: () => boolean | Promise<boolean>, what: string) {
      for (let i = 0; i < 500; i++) {
        if (await fits()) return;
        await clock.advance(100);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      throw new Error(`Waited in vain: ${what}`);
    },
    async [Symbol.asyncDispose]() {
      await doors.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function madeAnew(log: { readonly lines: readonly string[] }): number {
  return log.lines.filter((line) => line.includes("made anew")).length;
}

async function knock(path: string): Promise<void> {
  using connection = await Deno.connect({ transport: "unix", path });
  assertEquals(await connection.read(new Uint8Array(1)), null);
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSocket === true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("Doors, a socket file removed under a running node is made anew", async () => {
  await using bench = await openDoors();
  const { socket, visits, log } = bench;
  await knock(socket);
  await Deno.remove(socket);
  await bench.until(() => exists(socket), "the socket is there again");
  await bench.until(async () => {
    await knock(socket);
    return visits.length === 2;
  }, "an agent is let in");
  assertEquals((await Deno.stat(socket)).mode! & 0o777, 0o660);
  // Its whole folder, as a cleaner of /run would take it.
  await Deno.remove(socket.replace(/\/[^/]*$/, ""), { recursive: true });
  await bench.until(() => exists(socket), "folder and socket are there again");
  await bench.until(() => madeAnew(log) === 2, "both are told");
});

Deno.test({
  name: "Doors, a socket file under a relative path is made anew too",
  // With less than all, as the program has it, the runtime tells the path of
  // the listener as an absolute one.
  permissions: { read: true, write: true, net: true },
}, async () => {
  const folder = await Deno.makeTempDir();
  const socket = relative(Deno.cwd(), `${folder}/edged.sock`);
  await using bench = await openDoors({ socket });
  await Deno.remove(socket);
  await bench.until(() => exists(socket), "the socket is there again");
  await knock(socket);
  await bench.until(() => madeAnew(bench.log) === 1, "it is told");
  await bench.doors.close();
  assert(!await exists(socket), "it goes with the doors");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("Doors, another program's socket is told of and left alone", async () => {
  await using bench = await openDoors();
  const { socket, log } = bench;
  await Deno.remove(socket);
  const other = Deno.listen({ transport: "unix", path: socket });
  const before = (await Deno.lstat(socket)).ino;
  await bench.until(
    () => log.lines.some((line) => line.includes("was replaced")),
    "the replaced socket is told",
  );
  assertEquals((await Deno.lstat(socket)).ino, before);
  other.close();
});

Deno.test("Doors, closed while the file is gone, nothing comes back", async () => {
  const bench = await openDoors();
  await Deno.remove(bench.socket);
  await bench.doors.close();
  await bench.clock.advance(60_000);
  assert(!await exists(bench.socket));
  assertEquals(bench.clock.pending, 0);
  await bench[Symbol.asyncDispose]();
});
