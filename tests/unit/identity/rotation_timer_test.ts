import { assert, assertEquals, assertMatch } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  CertificateAuthority,
  type EnrolmentAnswer,
  type EnrolmentRequest,
} from "../../../lib/dev/mod.ts";
import { readCredentials } from "../../../lib/identity/credentials.ts";
import { writeCredentials } from "../../../lib/identity/key_files.ts";
import {
  type RotationOptions,
  type RotationState,
  RotationTimer,
} from "../../../lib/identity/rotation_timer.ts";
import { Logger } from "../../../lib/telemetry/mod.ts";
import { withEnrolmentHub } from "../../support/enrolment_hub.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const DAY_MS = 24 * 3600 * 1000;
const ca = await CertificateAuthority.create(new SystemClock());

/** Timers that run when told to, and a wall clock that jumps. */
class JumpingClock extends VirtualClock {
  wallMs = Date.now();

  override now(): number {
    return this.wallMs;
  }
}

interface Stage {
  readonly clock: JumpingClock;
  readonly timer: RotationTimer;
  readonly files: RotationOptions["files"];
  readonly requests: readonly EnrolmentRequest[];
  readonly rotated: () => number;
  readonly lines: string[];
  /** Moves time on until the state is one that fits. */
  until(fits: (state: RotationState) => boolean): Promise<RotationState>;
}

interface StageOptions {
  /** Share of the certificate's 100 days that is over. @default 0.8 */
  readonly gone?: number;
  readonly head?: boolean;
  readonly node?: string;
  readonly commonName?: string;
  readonly files?: Partial<RotationOptions["files"]>;
  readonly port?: number;
  readonly intercept?: (r: EnrolmentRequest) => EnrolmentAnswer | undefined;
}

async function onStage(
  options: StageOptions,
  run: (stage: Stage) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  const gone = options.gone ?? 0.8;
  const { cert, key } = await ca.client(options.node ?? "edge-1", {
    fromMs: -100 * gone * DAY_MS,
    untilMs: 100 * (1 - gone) * DAY_MS,
    ...(options.commonName ? { commonName: options.commonName } : {}),
  });
  const files = {
    caFile: `${folder}/rootCA.crt`,
    certFile: `${folder}/server.crt`,
    keyFile: `${folder}/server.key`,
  };
  writeCredentials(files, { caPem: ca.cert, certPem: cert, keyPem: key });
  const clock = new JumpingClock();
  const lines: string[] = [];
  const log = new Logger("identity", { clock, sink: (l) => lines.push(l) });
  try {
    await withEnrolmentHub({
      ca,
      clock: new SystemClock(),
      version: options.head ? "head" : "v1.15",
      ...(options.intercept ? { intercept: options.intercept } : {}),
    }, async (hub) => {
      let rotated = 0;
      let changed = Promise.withResolvers<void>();
      await using timer = new RotationTimer({
        server: { host: "127.0.0.1", port: options.port ?? hub.port },
        nodeId: "edge-1",
        files: { ...files, ...options.files },
        clock,
        random: () => 0,
        log,
        onRotated: () => rotated++,
        onState: () => {
          changed.resolve();
          changed = Promise.withResolvers<void>();
        },
      });
      await run({
        clock,
        timer,
        files,
        requests: hub.requests,
        rotated: () => rotated,
        lines,
        until: async (fits) => {
          while (!fits(timer.state)) await changed.promise;
          return timer.state;
        },
      });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const isWaiting = ({ kind }: RotationState) => kind === "waiting";
const certificateOf = (files: Stage["files"]) => readCredentials(files).certPem;

for (const head of [false, true]) {
  Deno.test(`rotated_certificate_used_by_every_connection, a due certificate is replaced, ${head ? "HEAD" : "v1.15"}`, async () => {
    await onStage({ head }, async ({ timer, files, until, ...stage }) => {
      const former = certificateOf(files);
      await timer.start();
      await timer.start();
      const state = await until(isWaiting);
      assert(state.kind === "waiting" && !state.isLegacy);
      assert(state.notAfterMs > Date.now() + 300 * DAY_MS);
      assert(certificateOf(files) !== former);
      assertEquals(stage.rotated(), 1);
      assertEquals(stage.requests.length, 1);
      const [request] = stage.requests;
      // As recorded: no token, the present certificate instead.
      assertEquals(request?.path, "/edge.crt");
      assertEquals(request?.headers.get("authorization"), null);
      assertEquals(request?.headers.get("nodename"), "edge-1");
      assert(request?.clientCertificate);
      const shown = request.clientCertificate.toBase64();
      assertEquals(former?.replace(/-----[^-]+-----|\n/g, ""), shown);
    });
  });
}

Deno.test("wrong_clock_destroys_nothing, 1970 waits, years ahead renew once an hour, right waits", async () => {
  await onStage(
    { gone: 0.1 },
    async ({ timer, files, clock, until, ...stage }) => {
      const former = certificateOf(files);
      const now = clock.wallMs;
      clock.wallMs = 0;
      await timer.start();
      await until(isWaiting);
      assertEquals(stage.requests.length, 0);
      clock.wallMs = now + 5 * 365 * DAY_MS;
      await clock.advance(60_000);
      const far = await until(({ kind }) => kind === "failing");
      assert(far.kind === "failing" && far.isExpired);
      assertEquals(far.hint, "Check this machine's clock");
      assertEquals(stage.requests.length, 1);
      assert(certificateOf(files) !== former);
      // The new one is due at once as well; that is no reason to ask again.
      await clock.advance(30 * 60_000);
      assertEquals(stage.requests.length, 1);
      clock.wallMs = now;
      await clock.advance(60_000);
      await until(isWaiting);
      assertEquals(stage.requests.length, 1);
    },
  );
});

Deno.test("RotationTimer, a jump past the point of rotation does not skip it", async () => {
  await onStage({ gone: 0.1 }, async ({ timer, clock, until, ...stage }) => {
    await timer.start();
    const state = await until(isWaiting);
    assert(state.kind === "waiting");
    clock.wallMs = state.dueAtMs - 1;
    await clock.advance(60_000);
    assertEquals(stage.requests.length, 0);
    clock.wallMs = state.dueAtMs;
    const due = state.dueAtMs;
    await clock.advance(60_000);
    await until((now) => now.kind === "waiting" && now.dueAtMs > due);
    assertEquals(stage.requests.length, 1);
  });
});

Deno.test("RotationTimer, tries again after 2, 4, 8 s and says why", async () => {
  let left = 3;
  const intercept = () =>
    left-- > 0
      ? { status: 401, body: new TextEncoder().encode("no") }
      : undefined;
  await onStage(
    { intercept },
    async ({ timer, files, clock, until, ...stage }) => {
      const former = certificateOf(files);
      await timer.start();
      for (const [i, pauseMs] of [2000, 4000, 8000].entries()) {
        const state = await until((now) =>
          now.kind === "failing" && now.failures === i + 1
        );
        assert(state.kind === "failing");
        assertEquals(state.status, 401);
        assertEquals(state.isExpired, false);
        assertMatch(state.message, /refused the node's certificate: 401 no/);
        assertMatch(state.hint, /metamanager join/);
        assertEquals(certificateOf(files), former);
        await clock.advance(pauseMs - 1);
        assertEquals(stage.requests.length, i + 1);
        await clock.advance(1);
      }
      await until(isWaiting);
      assertEquals(stage.rotated(), 1);
      assertEquals(
        stage.lines.filter((line) => line.includes("not renewed")).length,
        3,
      );
    },
  );
});

Deno.test("dead_credentials_recover_without_rejoin, a new pair in place is found", async () => {
  await onStage({ gone: 0.1 }, async ({ timer, files, clock, until }) => {
    const key = Deno.readTextFileSync(files.keyFile);
    Deno.writeTextFileSync(files.keyFile, "junk");
    await timer.start();
    const state = await until(({ kind }) => kind === "unusable");
    assert(state.kind === "unusable");
    assertMatch(state.message, /no usable private key/);
    Deno.writeTextFileSync(files.keyFile, key);
    await clock.advance(60_000);
    await until(isWaiting);
  });
});

Deno.test("RotationTimer, an interrupted change is completed at start", async () => {
  await onStage({ gone: 0.8 }, async ({ timer, files, until, ...stage }) => {
    const { cert, key } = await ca.client("edge-1");
    Deno.writeTextFileSync(`${files.keyFile}.new`, key);
    Deno.writeTextFileSync(`${files.certFile}.new`, cert);
    await timer.start();
    await until(isWaiting);
    assertEquals(certificateOf(files), cert);
    assertEquals(stage.requests.length, 0);
  });
});

Deno.test("RotationTimer, another node's certificate is not shown to the cloud", async () => {
  await onStage({ node: "edge-2" }, async ({ timer, until, requests }) => {
    await timer.start();
    const state = await until(({ kind }) => kind !== "unknown");
    assert(state.kind === "unusable");
    assertMatch(state.message, /expected system:node:edge-1, got/);
    assertEquals(requests.length, 0);
  });
});

Deno.test("RotationTimer, v1.15's common name is said and gets the new one", async () => {
  const commonName = "kubeedge.io";
  await onStage({ commonName, gone: 0.1 }, async ({ timer, clock, until }) => {
    await timer.start();
    const state = await until(isWaiting);
    assert(state.kind === "waiting" && state.isLegacy);
    clock.wallMs = state.dueAtMs;
    await clock.advance(60_000);
    await until((now) => now.kind === "waiting" && !now.isLegacy);
  });
});

Deno.test("RotationTimer, without a certificate there is nothing to do", async () => {
  const files = { certFile: "", keyFile: "" };
  await onStage({ files }, async ({ timer, until }) => {
    await timer.start();
    await until(({ kind }) => kind === "none");
    await timer.drain(1000);
    await timer.stop();
  });
});

Deno.test("RotationTimer, what nobody foresaw is logged and not the end", async () => {
  await onStage({ gone: 0.1 }, async ({ timer, clock, lines, until }) => {
    const now = clock.now.bind(clock);
    clock.now = () => {
      clock.now = now;
      throw new Error("unforeseen");
    };
    await timer.start();
    await clock.settle();
    // The log stamps its line with the clock as well, after it is whole again.
    assert(lines.some((line) => line.includes("unforeseen")), lines.join(""));
    await clock.advance(60_000);
    await until(isWaiting);
  });
});

Deno.test("RotationTimer, stop ends a request that is under way", async () => {
  const asked = Promise.withResolvers<void>();
  const intercept = (): EnrolmentAnswer => {
    asked.resolve();
    return { status: 500, body: new Uint8Array() };
  };
  await onStage({ intercept }, async ({ timer, files, rotated }) => {
    const former = certificateOf(files);
    await timer.start();
    await asked.promise;
    await timer.stop();
    assertEquals(certificateOf(files), former);
    assertEquals(rotated(), 0);
  });
});

Deno.test({
  name: "RotationTimer, a server that says nothing is asked once an hour",
  // The runtime does not close a connection that is destroyed within the TLS
  // handshake (Deno 2.7.11).
  sanitizeResources: false,
  fn: async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    await onStage({ port }, async ({ timer, clock, until }) => {
      const isFailing = (failures: number) => (state: RotationState) =>
        state.kind === "failing" && state.failures === failures;
      const silence = async (begin: () => Promise<void>) => {
        const [connection] = await Promise.all([listener.accept(), begin()]);
        await connection.read(new Uint8Array(1));
        await clock.advance(30_000);
        return connection;
      };
      using _first = await silence(() => timer.start());
      await until(isFailing(1));
      // The look after that hour: 2 s after the failure, then every minute.
      await clock.advance(3602_000 - 1);
      assert(isFailing(1)(timer.state));
      using _second = await silence(() => clock.advance(1));
      await until(isFailing(2));
    });
    listener.close();
  },
});
