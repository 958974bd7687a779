import { X509Certificate } from "node:crypto";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CertificateAuthority, EnrolmentServer } from "../../lib/dev/mod.ts";
import { SystemClock } from "../../lib/base/mod.ts";
import { readCredentials } from "../../lib/identity/mod.ts";
import { until } from "../support/edged_harness.ts";
import { withEnrolmentHub } from "../support/enrolment_hub.ts";
import { connected, identityOf, JoinWorld } from "../support/join_world.ts";
import { NodeProcess } from "../support/node_process.ts";
import { configManifest, NODE } from "../support/node_world.ts";
import { QuickClock } from "../support/quick_clock.ts";
import { MtlsHub } from "../unit/edgehub/servers.ts";

const DAY_MS = 24 * 3600 * 1000;

function isThere(file: string): boolean {
  try {
    Deno.statSync(file);
    return true;
  } catch {
    return false;
  }
}

/** What a folder of credentials holds. */
function contentsOf(files: JoinWorld["files"]): string {
  return Object.values(files).map((file) => Deno.readTextFileSync(file)).join();
}

Deno.test("trust, a node joins at start with the token of its file, connects, and the token is gone", async () => {
  await using joins = await JoinWorld.start();
  await joins.drop(await joins.token());
  const sets = [`edgehub.token-file=${joins.tokenFile}`];
  await using node = await joins.node({ sets });
  await node.start();
  await connected(node);
  const { certPem, notAfterMs = 0 } = readCredentials(joins.files);
  assert(certPem);
  const end = new Date(notAfterMs).toISOString();
  const { identity, health } = node.status();
  assertEquals(identity?.state, "trusted");
  assertEquals(identity?.certificateUntil, end);
  await until(() => !!node.status().identity?.renewalDue, "renewal is due");
  assertEquals(
    health.checks.find(({ name }) => name === "identity")?.reason,
    `certificate until ${end}`,
  );
  assertStringIncludes(
    node.metrics.render(),
    `metamanager_certificate_expiry_timestamp_seconds ${notAfterMs / 1000}`,
  );
  const isThere = await Deno.stat(joins.tokenFile).then(
    () => true,
    () => false,
  );
  assertEquals(isThere, false);
});

Deno.test("keys_and_tokens_private_on_disk, I4: a token of edge.yaml joins once and is erased there, one of --set is not looked for", async () => {
  await using joins = await JoinWorld.start();
  const file = `${joins.world.folder}/edge.yaml`;
  const text = (token: string) =>
    `# the node\nedgehub:\n  token: ${token} # from keadm\n`;
  const token = await joins.token();
  await Deno.writeTextFile(file, text(token), { mode: 0o600 });
  {
    await using node = await joins.node({ file });
    await node.start();
    await connected(node);
    assertEquals(await Deno.readTextFile(file), text('""'));
    const modes = Object.values(joins.files).map((path) =>
      Deno.statSync(path).mode! & 0o777
    );
    assertEquals(modes, [0o600, 0o600, 0o600]);
  }
  const before = contentsOf(joins.files);
  const sets = [`edgehub.token=${await joins.token()}`];
  await using node = await joins.node({ file, sets });
  await node.start();
  await connected(node);
  assertEquals(contentsOf(joins.files), before);
  assertEquals(await Deno.readTextFile(file), text('""'));
});

Deno.test("dead_credentials_recover_without_rejoin, D7: a refused token is said, agents are served, a new token is enough", async () => {
  await using joins = await JoinWorld.start();
  await joins.drop(await joins.token(-60_000));
  const sets = [`edgehub.token-file=${joins.tokenFile}`];
  const parts = { clock: new QuickClock(20) };
  await using node = await joins.node({ sets, parts });
  await node.start();
  const refused = "cannot join: The cloud refused the join token: 400 " +
    "Invalid authorization token. Get a new one in the cloud with keadm gettoken";
  await until(() => identityOf(node).reason.includes(refused), "refused");
  assertEquals(identityOf(node).state, "degraded");
  assertEquals(node.status().identity?.state, "not-joined");
  assertEquals(node.health.report().state, "degraded");
  assert(isThere(joins.tokenFile));

  const agent = joins.world.agent();
  await using attached = agent;
  await attached.connect();
  await attached.reportPodStatus(
    { namespace: "default", name: "web-0", uid: "u-1" },
    { phase: "Running" },
  );
  const { revision } = node.status().store!;

  await joins.drop(await joins.token());
  await connected(node);
  await until(() => identityOf(node).state === "ok", "trusted");
  assert(!isThere(joins.tokenFile));
  assert(node.status().store!.revision >= revision);
});

Deno.test("certificate_bound_to_node, I7: with a neighbour's pair there is no dial, and its files stay", async () => {
  await using joins = await JoinWorld.start();
  joins.write(await joins.ca.client("edge-2"));
  await joins.drop(await joins.token());
  const before = contentsOf(joins.files);
  const sets = [`edgehub.token-file=${joins.tokenFile}`];
  const parts = { clock: new QuickClock(20) };
  await using node = await joins.node({ sets, parts });
  await node.start();
  const reason = "The certificate is not this node's: expected " +
    "system:node:edge-1, got system:node:edge-2. Check edgehub.controller.node-id";
  const link = () =>
    node.health.report().checks.find(({ name }) => name === "cloud link");
  await until(() => !!link()?.reason.includes("not this node's"), "refused");
  assertStringIncludes(identityOf(node).reason, reason);
  assertEquals(node.status().identity?.state, "foreign");
  assertEquals(joins.world.hub.events.entries.length, 0);
  assertEquals(joins.server.requests.length, 0);
  assertEquals(contentsOf(joins.files), before);
  assert(isThere(joins.tokenFile));

  joins.write(await joins.ca.client(NODE));
  await connected(node);
  await until(() => identityOf(node).state === "ok", "trusted");
});

Deno.test("dead_credentials_recover_without_rejoin, D7: the pair runs out, then the CA changes; a new token is enough", async () => {
  await using joins = await JoinWorld.start();
  const { ca } = joins;
  joins.write(await ca.client(NODE, { fromMs: -2 * DAY_MS, untilMs: -DAY_MS }));
  const clock = new QuickClock(20);
  const first = await MtlsHub.start(ca);
  const { port } = first;
  const sets = [
    `edgehub.websocket.url=wss://127.0.0.1:${port}`,
    `edgehub.token-file=${joins.tokenFile}`,
  ];
  await using node = await joins.node({ sets, parts: { clock } });
  try {
    await node.start();
    await first.next("refused");
  } finally {
    await first[Symbol.asyncDispose]();
  }
  const { reason } = identityOf(node);
  assertStringIncludes(reason, "the certificate ran out at ");
  assertStringIncludes(
    reason,
    `Put a new join token (keadm gettoken) into ${joins.tokenFile}`,
  );
  assertEquals(node.status().identity?.state, "expired");
  await using agent = joins.world.agent();
  await agent.connect();

  const changed = await CertificateAuthority.create(new SystemClock());
  await using second = await MtlsHub.start(changed, `--port=${port}`);
  const at = joins.server.port;
  await joins.server.stop();
  await using server = new EnrolmentServer({
    ca: changed,
    clock: new SystemClock(),
    port: at,
  });
  await server.start();
  await joins.drop(await server.endpoint.tokens.issue());
  await second.next("open");
  await connected(node);
  assertEquals(await Deno.readTextFile(joins.files.caFile), changed.cert);
});

Deno.test("dead_credentials_recover_without_rejoin, D7: a pair that the cloud refuses is said, and a token replaces it", async () => {
  await using joins = await JoinWorld.start();
  // The cloud was set up anew: another authority of the same name.
  const former = await CertificateAuthority.create(new SystemClock());
  joins.write(await former.client(NODE));
  await using hub = await MtlsHub.start(joins.ca);
  const sets = [
    `edgehub.websocket.url=wss://127.0.0.1:${hub.port}`,
    `edgehub.token-file=${joins.tokenFile}`,
  ];
  const clock = new QuickClock(20);
  await using node = await joins.node({ sets, parts: { clock } });
  await node.start();
  await until(() => identityOf(node).state === "degraded", "refused");
  const { reason } = identityOf(node);
  assertStringIncludes(reason, "no link with it: ");
  assertStringIncludes(reason, `into ${joins.tokenFile}`);
  await joins.drop(await joins.token());
  await connected(node);
  await until(() => identityOf(node).state === "ok", "well again");
});

Deno.test("rotated_certificate_used_by_every_connection, D6: after a rotation the cloud sees the new serial only", async () => {
  await using joins = await JoinWorld.start();
  const { ca } = joins;
  const life = { fromMs: -95 * DAY_MS, untilMs: 5 * DAY_MS };
  joins.write(await ca.client(NODE, life));
  await using hub = await MtlsHub.start(ca);
  const serialOf = () => {
    const { certPem = "" } = readCredentials(joins.files);
    return new X509Certificate(certPem).serialNumber;
  };
  const former = serialOf();
  const options = { ca, clock: new SystemClock() };
  await withEnrolmentHub(options, async ({ port, requests }) => {
    const sets = [
      `edgehub.websocket.url=wss://127.0.0.1:${hub.port}`,
      `edgehub.http-server=127.0.0.1:${port}`,
    ];
    const parts = { clock: new QuickClock(20) };
    await using node = await joins.node({ sets, parts });
    await node.start();
    await until(() => requests.length === 1, "rotated");
    await until(() => serialOf() !== former, "new pair");
    // The link may have been up with the former pair: it is dialled anew.
    for (;;) {
      const { serialNumber } = await hub.next("open");
      if (serialNumber !== former) break;
    }
    for (let i = 0; i < 3; i++) {
      await connected(node);
      await hub.command({ cut: true });
      assertEquals((await hub.next("open")).serialNumber, serialOf());
    }
    await connected(node);
    assertEquals(identityOf(node).state, "ok");
    assertStringIncludes(
      node.metrics.render(),
      'metamanager_certificates_total{how="rotated"} 1',
    );
  });
});

Deno.test("dead_credentials_recover_without_rejoin, D7: a refused renewal is said, the link stays, a token helps", async () => {
  await using joins = await JoinWorld.start();
  const { ca } = joins;
  const life = { fromMs: -95 * DAY_MS, untilMs: 5 * DAY_MS };
  joins.write(await ca.client(NODE, life));
  await withEnrolmentHub({
    ca,
    clock: new SystemClock(),
    intercept: ({ clientCertificate }) =>
      clientCertificate && { status: 401, body: new Uint8Array(0) },
  }, async ({ port, endpoint }) => {
    const sets = [
      `edgehub.http-server=127.0.0.1:${port}`,
      `edgehub.token-file=${joins.tokenFile}`,
    ];
    const parts = { clock: new QuickClock(20) };
    await using node = await joins.node({ sets, parts });
    await node.start();
    await connected(node);
    await until(
      () => identityOf(node).reason.includes("it cannot be renewed: "),
      "said",
    );
    assertEquals(node.status().identity?.state, "trusted");
    await joins.drop(await endpoint.tokens.issue());
    await until(() => identityOf(node).state === "ok", "joined anew");
    await connected(node);
    assert(!isThere(joins.tokenFile));
  });
});

Deno.test("option_set_is_option_used, H2: without rotate-certificates a due certificate stays", async () => {
  await using joins = await JoinWorld.start();
  const life = { fromMs: -95 * DAY_MS, untilMs: 5 * DAY_MS };
  joins.write(await joins.ca.client(NODE, life));
  const before = contentsOf(joins.files);
  for (const isOn of [false, true]) {
    const sets = [`edgehub.rotate-certificates=${isOn}`];
    await using node = await joins.node({ sets });
    await node.start();
    await connected(node);
    const { renewalDue } = node.status().identity ?? {};
    assertEquals(renewalDue !== undefined, isOn);
    if (isOn) await until(() => joins.server.requests.length > 0, "asked");
    else assertEquals(joins.server.requests.length, 0);
  }
  assertEquals(contentsOf(joins.files), before);
});

Deno.test("wrong_clock_destroys_nothing, D8: 1970, then five years ahead, then right", async () => {
  await using joins = await JoinWorld.start();
  joins.write(await joins.ca.client(NODE));
  const before = contentsOf(joins.files);
  const clock = new QuickClock(20);
  clock.wrongByMs = -clock.now();
  const sets = [`edgehub.token-file=${joins.tokenFile}`];
  await using node = await joins.node({ sets, parts: { clock } });
  await node.start();
  await connected(node);
  joins.world.hub.apply(configManifest("app", "1"));
  await using agent = joins.world.agent();
  await agent.connect();
  await agent.query("default/configmap/app");
  const rows = node.status().store;
  assertEquals(identityOf(node).state, "ok");

  clock.wrongByMs = 5 * 365 * DAY_MS;
  await until(() => identityOf(node).state === "degraded", "said");
  assertStringIncludes(identityOf(node).reason, "ran out at");
  assertStringIncludes(identityOf(node).reason, "Check this machine's clock");
  node.reconnect();
  assertEquals(node.status().link.state, "connected");

  clock.wrongByMs = 0;
  const rightMs = clock.monotonic();
  await until(() => identityOf(node).state === "ok", "well again");
  assert(clock.monotonic() - rightMs < 60_000);
  await connected(node);
  assertEquals(contentsOf(joins.files), before);
  assertEquals(node.status().store?.revision, rows?.revision);
  assertEquals(
    await agent.query("default/configmap/app").then((r) => r.length),
    1,
  );
});

Deno.test("interrupted_upgrade_still_runs, H4: SIGKILL in the middle of joining leaves nothing or all, and the next process joins", async () => {
  const started: NodeProcess[] = [];
  let killed: Promise<void> | undefined;
  await using joins = await JoinWorld.start(({ path }) => {
    if (path !== "/edge.crt" || killed) return undefined;
    killed = started[0]?.kill();
    return "hang up";
  });
  const token = await joins.token();
  await joins.drop(token);
  const sets = joins.world.sets(
    ...joins.sets(`edgehub.token-file=${joins.tokenFile}`, "log.level=debug"),
  );
  const node = new NodeProcess(sets);
  started.push(node);
  await until(() => killed !== undefined, "asked for the certificate");
  await killed;
  await node[Symbol.asyncDispose]();
  assert(isThere(joins.tokenFile) && !isThere(joins.files.keyFile));
  await using next = new NodeProcess(sets);
  await next.said('"event":"joined"');
  await next.connected();
  await until(() => !isThere(joins.tokenFile), "token gone");
  assert(readCredentials(joins.files).certPem);
  const said = node.output + next.output;
  for (const part of token.split(".")) {
    // The hash is public: it is that of the authority's certificate.
    if (part !== token.slice(0, 64)) assert(!said.includes(part), part);
  }
});
