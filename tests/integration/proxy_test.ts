import { assert, assertEquals, assertMatch } from "@std/assert";
import { SystemClock } from "../../lib/base/mod.ts";
import { main } from "../../lib/cli/mod.ts";
import { loadConfig } from "../../lib/config/mod.ts";
import { CertificateAuthority, EnrolmentServer } from "../../lib/dev/mod.ts";
import { EdgeNode } from "../../lib/app/mod.ts";
import {
  enrol,
  JoinToken,
  requestCertificate,
} from "../../lib/identity/mod.ts";
import { Logger } from "../../lib/telemetry/mod.ts";
import { until } from "../support/edged_harness.ts";
import { withEnrolmentHub } from "../support/enrolment_hub.ts";
import { connected, JoinWorld } from "../support/join_world.ts";
import { NODE } from "../support/node_world.ts";
import { FakeIo } from "../unit/cli/fake_io.ts";
import { TestProxy } from "../unit/tunnel/test_proxy.ts";

const clock = new SystemClock();
const proxyCa = await CertificateAuthority.create(clock);
const proxyTls = await proxyCa.server();
const caFile = await Deno.makeTempFile({ suffix: ".crt" });
await Deno.writeTextFile(caFile, proxyCa.cert);
addEventListener("unload", () => Deno.removeSync(caFile));

/** Leads to the port that is asked for, on this machine. */
const toPort = (head: string) => ({
  port: Number(/^CONNECT \S+:(\d+) /.exec(head)?.[1]),
});

/** Ports that were asked for, without repeats. */
const portsOf = (proxy: TestProxy) => [
  ...new Set(proxy.requests.map((head) => toPort(head).port)),
];

Deno.test("proxy, a node joins and connects through one, with TLS and without", async () => {
  for (const tls of [proxyTls, undefined]) {
    await using joins = await JoinWorld.start();
    await using proxy = new TestProxy(toPort, tls);
    await joins.drop(await joins.token());
    const sets = [
      `edgehub.token-file=${joins.tokenFile}`,
      `edgehub.proxy=${proxy.url("user:pw")}`,
      `edgehub.proxy-cafile=${caFile}`,
    ];
    {
      await using node = await joins.node({ sets });
      await node.start();
      await connected(node);
      assertEquals(node.status().identity?.state, "trusted");
      const [first, second] = portsOf(proxy);
      assertEquals(first, joins.server.port);
      assert(second !== undefined && second !== first);
      assertMatch(proxy.requests.join(), /Proxy-Authorization: Basic /);
    }
    await proxy.quiet;
  }
});

Deno.test("proxy, the certificate server sees the node's certificate at renewal", async () => {
  const ca = await CertificateAuthority.create(clock);
  await using proxy = new TestProxy(toPort, proxyTls);
  await withEnrolmentHub({ ca, clock }, async (hub) => {
    const context = {
      server: { host: "127.0.0.1", port: hub.port },
      clock,
      proxy: { url: proxy.url(), except: [], caFile },
    };
    const { caPem, ...pair } = await enrol({
      ...context,
      token: JoinToken.parse(await hub.endpoint.tokens.issue()),
      nodeId: "edge-1",
      random: () => 0,
    });
    assertEquals(caPem, ca.cert.trim() + "\n");
    const { X509Certificate } = await import("node:crypto");
    const authorities = {
      caPem,
      authorities: [new X509Certificate(caPem)],
    };
    const renewed = await requestCertificate({
      nodeId: "edge-1",
      authorities,
      proof: { kind: "certificate", pair },
    }, context);
    assert(renewed.certPem !== pair.certPem);
    assertEquals(hub.requests.length, 3);
    assert(hub.requests[2]?.clientCertificate !== undefined);
  });
  assertEquals(proxy.requests.length, 3);
  await proxy.quiet;
});

Deno.test("proxy, metamanager join goes through that of the configuration or the environment", async () => {
  const ca = await CertificateAuthority.create(clock);
  await using server = new EnrolmentServer({ ca, clock });
  await server.start();
  await using proxy = new TestProxy(() => ({ port: server.port }), proxyTls);
  const folder = await Deno.makeTempDir();
  const join = async (
    env: Record<string, string>,
    ...args: string[]
  ): Promise<FakeIo & { code?: number }> => {
    const io = new FakeIo({ env });
    const code = await main([
      "join",
      "--server=localhost:1",
      "--node-id=edge-1",
      `--cert-dir=${folder}/certs`,
      `--token=${await server.endpoint.tokens.issue()}`,
      `--set=edgehub.proxy-cafile=${caFile}`,
      "--attempts=1",
      "--force",
      ...args,
    ], io);
    return Object.assign(io, { code });
  };
  const given = await join({}, `--set=edgehub.proxy=${proxy.url()}`);
  assertEquals([given.code, given.err], [0, ""]);
  assertEquals(proxy.requests.length, 2);
  // localhost is never reached by the environment's, unless NO_PROXY is set
  // in the configuration.
  const env = { HTTPS_PROXY: proxy.url().href };
  const except = "--set=edgehub.no-proxy=[nobody]";
  assertEquals((await join(env, except)).code, 0);
  assertEquals(proxy.requests.length, 4);
  const local = await join(env);
  assertEquals([local.code, proxy.requests.length], [1, 4]);
  const socks = await join({ HTTPS_PROXY: "socks5://u:hush@p:1" }, except);
  assertEquals(socks.code, 1);
  assertMatch(socks.err, /Cannot use the proxy of HTTPS_PROXY/);
  assertMatch(socks.err, /hint: Set edgehub\.proxy to http:/);
  assert(!socks.err.includes("hush"));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("proxy, HTTPS_PROXY of an unknown kind: the node runs, and dials nothing past it", async () => {
  await using joins = await JoinWorld.start();
  await joins.drop(await joins.token());
  const { config } = await loadConfig({
    sets: joins.world.sets(
      ...joins.sets(`edgehub.token-file=${joins.tokenFile}`),
      // Else loopback would be excepted, as always with the environment's.
      "edgehub.no-proxy=[nobody]",
    ),
    hostname: () => NODE,
    env: (name) => name === "HTTPS_PROXY" ? "socks5://hush:1" : undefined,
  });
  const told: string[] = [];
  await using node = new EdgeNode(config, {
    log: new Logger("node", {
      clock,
      sink: (entry) => told.push(`${JSON.stringify(entry)}`),
    }),
  });
  await node.start();
  const isTold = () => told.join().includes("proxy of HTTPS_PROXY");
  await until(isTold, "it is told");
  assertEquals(node.status().link.state === "connected", false);
  assertEquals(joins.server.requests.length, 0);
  assert(!told.join().includes("hush"));
});
