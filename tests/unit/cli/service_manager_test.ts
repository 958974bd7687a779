import { assertEquals } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  ServiceManager,
  type ServiceManagerOptions,
} from "../../../lib/cli/service_manager.ts";
import type { HealthReport } from "../../../lib/telemetry/mod.ts";
import { NotifySocket } from "../../support/notify_socket.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const WELL: HealthReport = { state: "ok", checks: [], live: true, stalled: [] };

/** A manager under test, with what it sent and logged. */
function stage(
  env: Record<string, string>,
  options: Partial<ServiceManagerOptions> = {},
  isReal = false,
) {
  const clock = new VirtualClock();
  const sent: string[] = [];
  const logged: string[] = [];
  const now = { health: WELL };
  const manager = new ServiceManager({
    env: (name) => env[name],
    clock,
    log: {
      debug: (event) => void logged.push(`debug ${event}`),
      warn: (event) => void logged.push(`warn ${event}`),
    },
    health: () => now.health,
    folder: "/nowhere",
    pid: 42,
    ...(isReal ? {} : {
      send: (text: string) => {
        sent.push(text);
        return Promise.resolve();
      },
    }),
    ...options,
  });
  return { manager, clock, sent, logged, now };
}

Deno.test("ServiceManager, without NOTIFY_SOCKET nothing is told", async () => {
  const { manager, clock, sent, logged } = stage({ WATCHDOG_USEC: "1000000" });
  await manager.ready();
  await manager.stopping();
  assertEquals([sent, logged, clock.pending], [[], [], 0]);
});

Deno.test("ServiceManager, tells of ready, reload and stop, and looks no more after it", async () => {
  const { manager, clock, sent } = stage({ NOTIFY_SOCKET: "/s" });
  await manager.ready();
  await manager.reloading();
  await manager.ready();
  await manager.stopping();
  // A reload that ends after the stop began.
  await manager.reloading();
  await manager.ready();
  assertEquals(sent, [
    "STATUS=ok",
    "READY=1\nSTATUS=ok",
    "RELOADING=1\nSTATUS=reading the configuration",
    "READY=1\nSTATUS=ok",
    "STOPPING=1\nSTATUS=stopping",
  ]);
  assertEquals(clock.pending, 0);
});

Deno.test("ServiceManager, feeds the watchdog twice within its time while the node lives", async () => {
  const { manager, clock, sent, now } = stage({
    NOTIFY_SOCKET: "/s",
    WATCHDOG_USEC: "6000000",
    WATCHDOG_PID: "42",
  });
  const fed = () => sent.filter((text) => text.includes("WATCHDOG=1")).length;
  await manager.ready();
  assertEquals(fed(), 1);
  await clock.advance(6000);
  assertEquals(fed(), 3);
  now.health = {
    ...WELL,
    state: "failed",
    live: false,
    stalled: ["processor"],
  };
  await clock.advance(30_000);
  assertEquals(fed(), 3);
  assertEquals(sent.at(-1), "STATUS=failed, processor stands still");
  now.health = WELL;
  await clock.advance(3000);
  assertEquals(sent.at(-1), "WATCHDOG=1\nSTATUS=ok");
  manager.close();
});

Deno.test("ServiceManager, a watchdog meant for another process is not fed", async () => {
  const { manager, clock, sent } = stage({
    NOTIFY_SOCKET: "/s",
    WATCHDOG_USEC: "6000000",
    WATCHDOG_PID: "41",
  });
  await manager.ready();
  await clock.advance(60_000);
  assertEquals(sent, ["STATUS=ok", "READY=1\nSTATUS=ok"]);
  manager.close();
});

Deno.test("ServiceManager, what is not well is one line of the state, told when it changes", async () => {
  const { manager, clock, sent, now } = stage({ NOTIFY_SOCKET: "/s" });
  await manager.ready();
  const check = { name: "cloud link", state: "degraded", sinceMs: 0 } as const;
  now.health = {
    ...WELL,
    state: "degraded",
    checks: [{ ...check, reason: `Cannot\nconnect ${"x".repeat(300)}` }],
  };
  await clock.advance(30_000);
  assertEquals(sent.length, 3);
  assertEquals(
    sent[2]?.startsWith("STATUS=degraded, cloud link: Cannot connect x"),
    true,
  );
  assertEquals(sent[2]?.length, "STATUS=".length + 200);
  manager.close();
});

Deno.test("ServiceManager, an address that is no path is told of once, in the log", async () => {
  for (const address of ["@/org/systemd", "vsock:2:1234"]) {
    const { manager, sent, logged } = stage({ NOTIFY_SOCKET: address });
    await manager.ready();
    await manager.stopping();
    assertEquals([sent, logged.length], [[], 1]);
    assertEquals(logged[0]?.startsWith("warn NOTIFY_SOCKET is no path"), true);
  }
});

Deno.test("ServiceManager, a manager that cannot be told is warned of once and tried again", async () => {
  let isThere = false;
  const sent: string[] = [];
  const { manager, logged } = stage({ NOTIFY_SOCKET: "/s" }, {
    send: (text) => {
      if (!isThere) return Promise.reject(new Error("gone"));
      sent.push(text);
      return Promise.resolve();
    },
  });
  await manager.ready();
  isThere = true;
  await manager.stopping();
  assertEquals(logged, [
    "warn cannot tell the service manager",
    "debug cannot tell the service manager",
  ]);
  assertEquals(sent, ["STOPPING=1\nSTATUS=stopping"]);
});

Deno.test("ServiceManager, over a real socket leaves no file of its own behind", async () => {
  const folder = await Deno.makeTempDir();
  {
    await using socket = new NotifySocket(`${folder}/notify`);
    const { manager, logged } = stage({ NOTIFY_SOCKET: socket.path }, {
      clock: new SystemClock(),
      folder,
    }, true);
    // Of a process that was killed, with the same id as in a container.
    await Deno.writeTextFile(`${folder}/notify-42.sock`, "");
    await manager.ready();
    await manager.stopping();
    await socket.got("STOPPING=1");
    assertEquals(socket.messages, [
      "STATUS=ok",
      "READY=1\nSTATUS=ok",
      "STOPPING=1\nSTATUS=stopping",
    ]);
    assertEquals(logged, []);
    const files = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assertEquals(files, ["notify"]);
  }
  await Deno.remove(folder);
});

Deno.test("ServiceManager, a manager that does not read holds up nobody", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/notify`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const { manager, logged, clock } = stage(
    { NOTIFY_SOCKET: path },
    { folder },
    true,
  );
  // As many as the kernel keeps, and one more.
  let told = 0;
  while (logged.length === 0) {
    const one = manager.reloading();
    await Promise.race([one, new Promise((done) => setTimeout(done, 50))]);
    await clock.advance(1000);
    await one;
    told++;
  }
  await manager.reloading();
  assertEquals(logged, [
    "warn cannot tell the service manager",
    "debug cannot tell the service manager",
  ]);
  // Read again, it is told again; what was stuck comes, too.
  const texts: string[] = [];
  while (texts.length < told) {
    const [bytes] = await socket.receive();
    texts.push(new TextDecoder().decode(bytes));
  }
  await manager.reloading();
  const [last] = await socket.receive();
  assertEquals(new TextDecoder().decode(last), texts[0]);
  assertEquals(logged.length, 2);
  socket.close();
  await Deno.remove(folder, { recursive: true });
});
