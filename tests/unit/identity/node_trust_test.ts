import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  CertificateAuthority,
  EnrolmentServer,
  type EnrolmentServerOptions,
  JoinTokens,
} from "../../../lib/dev/mod.ts";
import { readCredentials } from "../../../lib/identity/credentials.ts";
import type { KeyFileSystem } from "../../../lib/identity/key_file_system.ts";
import { writeCredentials } from "../../../lib/identity/key_files.ts";
import {
  NodeTrust,
  type NodeTrustOptions,
} from "../../../lib/identity/node_trust.ts";
import { JoinToken } from "../../../lib/identity/token.ts";
import {
  TokenFile,
  type TokenSource,
} from "../../../lib/identity/token_source.ts";
import { Logger } from "../../../lib/telemetry/mod.ts";
import { until } from "../../support/edged_harness.ts";
import { KillingSystem } from "../../support/killing_system.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const DAY_MS = 24 * 3600 * 1000;
const system = new SystemClock();
const ca = await CertificateAuthority.create(system);
const otherCa = await CertificateAuthority.create(system);

/** Timers that run when told to, and a wall clock that is set. */
class SetClock extends VirtualClock {
  wrongByMs = 0;
  readonly #startMs = system.now();

  override now(): number {
    return this.#startMs + this.monotonic() + this.wrongByMs;
  }
}

interface StageOptions {
  readonly pair?: { node?: string; fromMs?: number; untilMs?: number };
  readonly system?: KeyFileSystem;
  readonly server?: Partial<EnrolmentServerOptions>;
}

/** A folder, a certificate server, and what watches over both. */
class Stage implements AsyncDisposable {
  readonly clock = new SetClock();
  readonly folder = Deno.makeTempDirSync();
  readonly files = {
    caFile: `${this.folder}/certs/ca`,
    certFile: `${this.folder}/certs/crt`,
    keyFile: `${this.folder}/certs/key`,
  };
  readonly tokenFile = `${this.folder}/token`;
  readonly server: EnrolmentServer;
  readonly changes: string[] = [];
  readonly lines: string[] = [];
  clocks = 0;
  #trust: NodeTrust | undefined;

  constructor(options: StageOptions["server"] = {}) {
    this.server = new EnrolmentServer({ ca, clock: system, ...options });
  }

  static async make(options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(options.server);
    await stage.server.start();
    if (options.pair) await stage.put(options.pair);
    await stage.restart(options.system);
    return stage;
  }

  get trust(): NodeTrust {
    assert(this.#trust);
    return this.#trust;
  }

  get kind(): string {
    return this.trust.state.verdict?.kind ?? "";
  }

  /** Ends what watches, and builds a new one; does not start it. */
  async restart(
    keyFiles?: KeyFileSystem,
    token: TokenSource = new TokenFile(this.tokenFile),
  ): Promise<void> {
    await this.#trust?.stop();
    const { clock, files, tokenFile, lines } = this;
    const options: NodeTrustOptions = {
      server: { host: "127.0.0.1", port: this.server.port },
      nodeId: "edge-1",
      clock,
      random: () => 1,
      // Time runs faster here than the server answers.
      timeoutMs: DAY_MS,
      files,
      tokens: [token],
      tokenFiles: [tokenFile],
      remedy: "Token",
      log: new Logger("identity", { clock, sink: (line) => lines.push(line) }),
      onCredentials: (how) => this.changes.push(how),
      onClock: () => this.clocks++,
      ...(keyFiles ? { system: keyFiles } : {}),
    };
    this.#trust = new NodeTrust(options);
  }

  /** Puts a pair of this CA in place. */
  async put(
    { node = "edge-1", ...validity }: NonNullable<StageOptions["pair"]>,
    authority = ca,
  ): Promise<void> {
    const { cert, key } = await authority.client(node, validity);
    const caPem = authority.cert;
    writeCredentials(this.files, { caPem, certPem: cert, keyPem: key });
  }

  async drop(untilMs?: number, authority = ca): Promise<void> {
    const token = await new JoinTokens(authority, system).issue(untilMs);
    await Deno.writeTextFile(this.tokenFile, token, { mode: 0o600 });
  }

  /** Moves time on by one look after the other until it is so. */
  async look(isSo: () => boolean, what: string): Promise<void> {
    await until(() => {
      void this.clock.advance(5000);
      return isSo();
    }, what);
  }

  get hasToken(): boolean {
    return Array.from(Deno.readDirSync(this.folder)).some(({ name }) =>
      name === "token"
    );
  }

  get certificate(): string | undefined {
    return readCredentials(this.files).certPem;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#trust?.stop();
    await this.server.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

const failuresOf = ({ trust: { state: { joining } } }: Stage) =>
  joining?.kind === "failing" ? joining.failures : 0;

Deno.test("NodeTrust, joins with a token, removes it, and says so", async () => {
  await using stage = await Stage.make();
  await stage.drop();
  await stage.trust.start();
  await stage.trust.start();
  assertEquals(stage.kind, "missing");
  await until(() => stage.changes.length > 0, "joined");
  assertEquals([stage.kind, stage.changes], ["good", ["joined"]]);
  assert(stage.certificate && !stage.hasToken);
  assertEquals(stage.trust.state.joining, undefined);
  assertEquals(stage.trust.credentials().certPem, stage.certificate);
});

Deno.test("keys_and_tokens_private_on_disk, I4: a join token that others may read is said", async () => {
  for (const mode of [0o600, 0o644]) {
    await using stage = await Stage.make();
    await stage.drop();
    await Deno.chmod(stage.tokenFile, mode);
    await stage.trust.start();
    await until(() => stage.changes.length > 0, "joined");
    const said = stage.lines.filter((line) => /others may read/.test(line));
    assertEquals(said.length, mode === 0o600 ? 0 : 1, said.join());
  }
});

Deno.test("NodeTrust, killed after any step it has nothing or a whole pair, and joins after it", async () => {
  for (let steps = 0, isDone = false; !isDone; steps++) {
    const killing = new KillingSystem(steps);
    await using stage = await Stage.make({ system: killing });
    await stage.drop();
    await stage.trust.start();
    await until(
      () =>
        stage.changes.length > 0 ||
        stage.trust.state.joining?.kind === "failing",
      `ended after ${steps}`,
    );
    isDone = stage.changes.length > 0;
    await stage.restart();
    await stage.trust.start();
    await stage.look(() => stage.kind === "good", `whole after ${steps}`);
    assert(stage.certificate);
    stage.trust.linkUp();
    await stage.look(() => !stage.hasToken, `token gone after ${steps}`);
    assert(steps < 40);
  }
});

Deno.test("wrong_clock_destroys_nothing, D8: with a clock years ahead a token joins once, not for ever", async () => {
  await using stage = await Stage.make();
  await stage.drop();
  const token = await Deno.readTextFile(stage.tokenFile);
  stage.clock.wrongByMs = 5 * 365 * DAY_MS;
  await stage.restart();
  await stage.trust.start();
  await until(() => stage.changes.length > 0, "joined");
  assertEquals(stage.kind, "expired");
  // As where the file cannot be removed.
  await Deno.writeTextFile(stage.tokenFile, token);
  const before = stage.certificate;
  for (let i = 0; i < 20; i++) await stage.clock.advance(5000);
  assertEquals([stage.server.requests.length, stage.certificate], [2, before]);
  stage.clock.wrongByMs = 0;
  await stage.look(() => stage.kind === "good", "right again");
  assertEquals(stage.clocks, 1);
});

Deno.test("dead_credentials_recover_without_rejoin, D7: a refused token rests for ten minutes, another one does not wait", async () => {
  await using stage = await Stage.make();
  await stage.drop(-DAY_MS);
  await stage.trust.start();
  await until(() => stage.trust.state.joining?.kind === "failing", "refused");
  const { joining } = stage.trust.state;
  assert(joining?.kind === "failing" && joining.failures === 1);
  assertStringIncludes(joining.message, "The cloud refused the join token");
  assert(stage.hasToken);
  let looks = 0;
  await stage.look(() => ++looks > 100, "8 min");
  assertEquals(stage.server.requests.length, 2);
  await stage.look(() => stage.server.requests.length === 4, "asked again");
  await until(() => failuresOf(stage) === 2, "refused again");
  await stage.drop();
  await stage.clock.advance(5000);
  await until(() => stage.changes.length > 0, "joined");
  assertEquals(stage.kind, "good");
});

Deno.test("NodeTrust, a file that is no token is said, and read again when it changes", async () => {
  await using stage = await Stage.make();
  await Deno.writeTextFile(stage.tokenFile, "secret");
  await stage.trust.start();
  await until(() => stage.trust.state.joining !== undefined, "said");
  const { joining } = stage.trust.state;
  assert(joining?.kind === "failing" && joining.place === stage.tokenFile);
  assertStringIncludes(joining.message, "Cannot use the join token");
  assert(!stage.lines.join().includes("secret"));
  await stage.drop();
  await stage.look(() => stage.kind === "good", "joined");
});

Deno.test("NodeTrust, a token is used for a pair that cloud or rotation refuses, however good it seems", async () => {
  const refused = {
    kind: "failing",
    failures: 1,
    message: "",
    hint: "",
    status: 401,
    isExpired: false,
    dueAtMs: 0,
    notAfterMs: 0,
    isLegacy: false,
  } as const;
  const ways: ((trust: NodeTrust) => void)[] = [
    (trust) => trust.linkRefused(),
    (trust) => {
      trust.rotationIs(refused);
      // The link may well be up.
      trust.linkUp();
    },
  ];
  for (const way of ways) {
    await using stage = await Stage.make({ pair: {} });
    const former = stage.certificate;
    await stage.trust.start();
    way(stage.trust);
    await stage.drop();
    await stage.look(() => stage.changes.includes("joined"), "joined");
    assert(stage.certificate !== former && !stage.hasToken);
  }
  await using stage = await Stage.make({ pair: {} });
  await stage.trust.start();
  stage.trust.rotationIs(refused);
  stage.trust.rotationIs({ ...refused, status: 503 });
  stage.trust.linkRefused();
  stage.trust.linkUp();
  await stage.drop();
  await stage.look(() => !stage.hasToken, "removed, not used");
  assertEquals([stage.server.requests.length, stage.changes], [0, []]);
});

Deno.test("NodeTrust, a token that is not needed stays until the link has shown it", async () => {
  await using stage = await Stage.make({ pair: {} });
  await stage.drop();
  await stage.trust.start();
  for (let i = 0; i < 5; i++) await stage.clock.advance(5000);
  assert(stage.hasToken);
  stage.trust.linkUp();
  await stage.clock.advance(5000);
  await until(() => !stage.hasToken, "removed");
  assertEquals([stage.server.requests.length, stage.kind], [0, "good"]);
});

Deno.test("certificate_bound_to_node, I7: another node's pair is never replaced, whatever token there is", async () => {
  await using stage = await Stage.make({ pair: { node: "edge-2" } });
  await stage.drop(DAY_MS, otherCa);
  await stage.trust.start();
  for (let i = 0; i < 5; i++) await stage.clock.advance(5000);
  assertEquals([stage.kind, stage.server.requests.length], ["foreign", 0]);
  await stage.put({});
  await stage.look(() => stage.kind !== "foreign", "own");
  assertEquals(stage.changes, ["replaced"]);
});

Deno.test("dead_credentials_recover_without_rejoin, D7: an expired pair and another CA, by token or by hand", async () => {
  const expired = { fromMs: -2 * DAY_MS, untilMs: -DAY_MS };
  await using stage = await Stage.make({
    pair: expired,
    server: { ca: otherCa },
  });
  await stage.trust.start();
  assertEquals(stage.kind, "expired");
  await stage.drop(DAY_MS, otherCa);
  await stage.look(() => stage.kind === "good", "joined");
  assertEquals(await Deno.readTextFile(stage.files.caFile), otherCa.cert);
  await stage.put({});
  await stage.look(() => stage.changes.includes("replaced"), "by hand");
  assertEquals([stage.kind, stage.changes], ["good", ["joined", "replaced"]]);
});

Deno.test("NodeTrust, half a pair ends no link, a rotated one is told once", async () => {
  await using stage = await Stage.make({ pair: {} });
  await stage.trust.start();
  const { cert } = await ca.client("edge-1");
  await Deno.writeTextFile(stage.files.certFile, cert);
  await stage.look(() => stage.kind === "unusable", "half");
  assertEquals(stage.changes, []);
  await stage.put({});
  await stage.look(() => stage.changes.length > 0, "whole");
  await stage.put({});
  stage.trust.rotated();
  for (let i = 0; i < 5; i++) await stage.clock.advance(5000);
  assertEquals(stage.changes, ["replaced", "rotated"]);
});

Deno.test("NodeTrust, completes what was killed without asking the cloud", async () => {
  await using stage = await Stage.make();
  const { cert, key } = await ca.client("edge-1");
  const { certFile, keyFile, caFile } = stage.files;
  await Deno.mkdir(`${stage.folder}/certs`);
  await Deno.writeTextFile(`${certFile}.new`, cert);
  await Deno.writeTextFile(`${keyFile}.new`, key, { mode: 0o600 });
  await Deno.writeTextFile(`${caFile}.new`, ca.cert);
  await stage.trust.start();
  assertEquals([stage.kind, stage.server.requests.length], ["good", 0]);
});

Deno.test("NodeTrust, sees the end of a certificate when it comes", async () => {
  await using stage = await Stage.make({ pair: { untilMs: 12_000 } });
  await stage.trust.start();
  assertEquals(stage.kind, "good");
  for (let i = 0; i < 3; i++) await stage.clock.advance(5000);
  await until(() => stage.kind === "expired", "expired");
  assertEquals(stage.changes, []);
});

Deno.test("NodeTrust, a token that cannot be removed is said once and used once", async () => {
  await using stage = await Stage.make({ pair: {} });
  const token = await new JoinTokens(ca, system).issue();
  const kept = { place: "x", erase: () => Promise.resolve("read-only") };
  let reads = 0;
  await stage.restart(undefined, {
    ...kept,
    read: () => {
      reads++;
      return JoinToken.parse(token);
    },
  });
  await stage.trust.start();
  stage.trust.linkUp();
  await stage.look(() => reads > 20, "looked often");
  const said = stage.lines.filter((line) => line.includes("read-only"));
  assertEquals([said.length, stage.server.requests.length], [1, 0]);
});

Deno.test("NodeTrust, what nobody foresaw is logged and not the end", async () => {
  await using stage = await Stage.make();
  let failures = 2;
  await stage.restart(undefined, {
    place: "x",
    erase: () => Promise.resolve(""),
    read: () => {
      if (failures-- > 0) throw new TypeError("never");
      return undefined;
    },
  });
  await stage.trust.start();
  await stage.put({});
  await stage.look(() => stage.kind === "good", "looks on");
  assert(stage.lines.some((line) => line.includes("cannot judge")));
});

Deno.test("NodeTrust, stop ends a request that is under way and leaves no timer", async () => {
  const asked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = listener.accept().then(async (connection) => {
    asked.resolve();
    await release.promise;
    connection.close();
  });
  await using stage = await Stage.make();
  Object.defineProperty(stage.server, "port", {
    value: (listener.addr as Deno.NetAddr).port,
  });
  await stage.restart();
  await stage.drop();
  await stage.trust.start();
  await asked.promise;
  assertEquals(stage.trust.state.joining?.kind, "trying");
  const stopping = stage.trust.drain(0);
  release.resolve();
  await stopping;
  await accepting;
  listener.close();
  assertEquals([stage.clock.pending, stage.kind], [0, "missing"]);
});
