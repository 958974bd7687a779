import { assert, assertEquals, assertMatch } from "@std/assert";
import { SystemClock } from "../../lib/base/mod.ts";
import { CertificateAuthority } from "../../lib/dev/mod.ts";
import { until } from "../support/edged_harness.ts";
import type { ProxyMode } from "../support/hostile_proxy.ts";
import { HostileScene } from "../support/hostile_scene.ts";
import { answering, swallow, TestServer } from "../unit/edgehub/servers.ts";

/**
 * Most memory that a network at its worst may cost. At rest the program takes
 * 64 MB, 40 of them the file it was started from.
 */
const BOUND_MB = 128;

/** Longest time until the operator is told. Deadlines of these nodes are 2 s. */
const NOTICE_MS = 15_000;

/** One way in which a network is hostile. */
interface Fault {
  readonly name: string;
  /** What health says of it; missing: nothing, since the link goes on. */
  readonly says?: RegExp;
  /** Begins it. */
  readonly begin: (scene: HostileScene) => Promise<AsyncDisposable | void>;
}

/** A fault of the way itself. */
function way(mode: ProxyMode, says?: RegExp): Fault {
  const name = mode.kind === "reset"
    ? `reset behind ${mode.afterBytes} bytes`
    : mode.kind;
  return {
    name,
    ...(says ? { says } : {}),
    begin: ({ proxy }) => {
      proxy.mode = mode;
      return Promise.resolve();
    },
  };
}

/** Something else answers where the cloud was. */
function impostor(
  name: string,
  says: RegExp,
  serve: (scene: HostileScene) => Promise<TestServer>,
): Fault {
  return {
    name,
    says,
    begin: async (scene) => {
      const server = await serve(scene);
      scene.proxy.target = server.port;
      scene.proxy.cut();
      return server;
    },
  };
}

/** A server with the right certificate that answers the upgrade wrongly. */
function answers(name: string, says: RegExp, text: string): Fault {
  return impostor(name, says, async (scene) => {
    return answering(text, await tlsOf(scene));
  });
}

async function tlsOf({ world }: HostileScene) {
  const pair = await world.authority?.server();
  assert(pair);
  return { cert: pair.cert, key: pair.key };
}

const SILENT = /No byte came from the cloud|no answer within 2000 ms/;

const FAULTS: readonly Fault[] = [
  way({ kind: "black-hole" }, SILENT),
  way({ kind: "half-open" }, SILENT),
  way({ kind: "deaf" }, SILENT),
  // The cloud is heard, but hears nothing: it ends such a session.
  way({ kind: "stuck" }, /cut the link/),
  way({ kind: "latency", delayMs: 400 }),
  {
    name: "trickle, the handshake included",
    begin: ({ proxy }) => {
      proxy.mode = { kind: "trickle" };
      proxy.cut();
      return Promise.resolve();
    },
  },
  ...[1, 100, 1000, 5000].map((afterBytes) =>
    way({ kind: "reset", afterBytes }, /cut the link|reset/i)
  ),
  way({ kind: "noise" }, /on the way changed its bytes/),
  impostor(
    "TLS garbage",
    /InvalidContentType\. Check that the address is a TLS port/,
    () =>
      Promise.resolve(
        new TestServer(async (conn) => {
          await conn.write(crypto.getRandomValues(new Uint8Array(2000)));
          await swallow(conn);
        }),
      ),
  ),
  impostor(
    "wrong certificate",
    /not signed by edgehub\.websocket\.cafile/,
    async () => {
      const other = await CertificateAuthority.create(new SystemClock());
      const { cert, key } = await other.server();
      return answering("HTTP/1.1 101 Switching Protocols\r\n\r\n", {
        cert,
        key,
      });
    },
  ),
  impostor(
    "a cloud that never answers the handshake",
    /no answer within 2000 ms/,
    () => Promise.resolve(new TestServer(swallow)),
  ),
  impostor(
    "a cloud that never answers the upgrade",
    /upgrade at .*no answer within 2000 ms/,
    async (scene) => new TestServer(swallow, await tlsOf(scene)),
  ),
  ...["403 Forbidden", "404 Not Found", "500 Internal Server Error"].map((
    status,
  ) =>
    answers(
      `HTTP ${status}`,
      new RegExp(`the server answered ${status}`),
      `HTTP/1.1 ${status}\r\ncontent-length: 4\r\n\r\nno.\n`,
    )
  ),
  impostor(
    "a head without end",
    /too (long|large)|head/i,
    async (scene) =>
      new TestServer(async (conn) => {
        const line = new TextEncoder().encode(`x-y: ${"z".repeat(8000)}\r\n`);
        await conn.write(new TextEncoder().encode("HTTP/1.1 101 S\r\n"));
        for (let i = 0; i < 10_000; i++) await conn.write(line);
      }, await tlsOf(scene)),
  ),
];

/** Runs a fault from its beginning until all is well again. */
async function survive(scene: HostileScene, fault: Fault): Promise<void> {
  const { node, proxy, world } = scene;
  await node.resetPeak();
  const startedMs = performance.now();
  let reason = "the link goes on";
  const ended = await fault.begin(scene);
  // Traffic on both ways, as ever.
  scene.changeInCloud();
  await scene.report();
  if (fault.says) {
    const { says } = fault;
    const heard = new Set<string>();
    const isSaid = async () => {
      heard.add(reason = await node.linkHealth());
      return says.test(reason);
    };
    try {
      await until(isSaid, `health says ${says}`, NOTICE_MS);
    } catch (error) {
      throw new Error(`${error}; it says ${[...heard].join("; ")}`);
    }
    assertEquals((await node.status()).link.state === "connected", false);
  } else {
    await scene.converged();
    assertEquals((await node.status()).link.state, "connected");
  }
  const noticedMs = Math.round(performance.now() - startedMs);
  proxy.target = world.hub.port;
  proxy.mode = { kind: "pass" };
  await ended?.[Symbol.asyncDispose]();
  await node.connected();
  await scene.converged();
  const totalMs = Math.round(performance.now() - startedMs);
  await node.assertPeak(
    `network, ${fault.name} [${noticedMs} ms, ${totalMs} ms: ${reason}]`,
    BOUND_MB,
  );
}

/** So many nodes go through the faults side by side: most is waiting. */
const LANES = 4;

Deno.test("hostile network: each fault is told, ends by itself, loses nothing, in bounded memory", async () => {
  const waiting = [...FAULTS];
  const lane = async () => {
    await using scene = await HostileScene.start();
    for (let fault; (fault = waiting.shift());) {
      try {
        await survive(scene, fault);
      } catch (cause) {
        throw new Error(`hostile network, ${fault.name}`, { cause });
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: LANES }, lane));
  const errors = ends.flatMap((end) =>
    end.status === "rejected" ? [end.reason] : []
  );
  if (errors.length > 0) throw new AggregateError(errors);
});

Deno.test("hostile network: a redirect is not followed", async () => {
  await using scene = await HostileScene.start();
  await using trap = new TestServer(swallow);
  await survive(
    scene,
    answers(
      "HTTP 302",
      /answered 302/,
      `HTTP/1.1 302 Found\r\nlocation: https://127.0.0.1:${trap.port}/\r\n\r\n`,
    ),
  );
  assertEquals(trap.accepted, 0);
  assertMatch(scene.node.process.output, /Redirects are not followed/);
});
