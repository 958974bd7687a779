import { assert, assertEquals, assertMatch } from "@std/assert";
import { parse } from "@std/yaml";
import { isRecord } from "../../lib/base/mod.ts";
import type { EdgeNode } from "../../lib/app/mod.ts";
import { newMessage } from "../../lib/message/mod.ts";
import { askAdmin, NodeProcess } from "../support/node_process.ts";
import {
  configManifest,
  NODE,
  podManifest,
  World,
} from "../support/node_world.ts";
import { until } from "../support/edged_harness.ts";
import {
  type ParsedFamily,
  type ParsedSample,
  parseExposition,
} from "../support/exposition.ts";
import { spokenOf, templateLabels } from "../support/promql.ts";

const conf = (path: string) =>
  Deno.readTextFileSync(new URL(`../../conf/${path}`, import.meta.url));

const PROCESSED = "metamanager_messages_processed_total";

/** Labels that Prometheus adds to every series of a target. */
const TARGET_LABELS = ["instance", "job"];

interface Seen {
  readonly node: EdgeNode;
  readonly text: string;
  readonly families: ReadonlyMap<string, ParsedFamily>;
}

const TOKEN = "scraper-word";

/** What a scraper gets from a node that has just started. */
async function withNode(run: (seen: Seen) => void) {
  await using world = await World.start({ tls: true });
  const tokenFile = `${world.folder}/token`;
  await Deno.writeTextFile(tokenFile, TOKEN, { mode: 0o600 });
  const port = freePort();
  await using node = await world.node({
    sets: [`admin.listen=127.0.0.1:${port}`, `admin.token-file=${tokenFile}`],
  });
  await node.start();
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const text = await response.text();
  assertEquals(response.status, 200, text);
  run({ node, text, families: parseExposition(text) });
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** What a node shows that has stored, sent, refused and lost a connection. */
async function withBusyNode(run: (seen: Seen) => void) {
  await using world = await World.start({ tls: true });
  const { hub } = world;
  await using node = await world.node();
  await node.start();
  const agent = world.agent();
  await agent.connect();
  await until(() => agent.isCloudConnected, "connected");
  hub.apply(configManifest("config-marked", "value-marked"));
  const { uid } = hub.apply(podManifest("pod-marked")).metadata;
  await hub.synced(NODE);
  await agent.reportPodStatus({
    namespace: "default",
    name: "pod-marked",
    uid,
  }, { phase: "Running" });
  await agent.query("default/configmap/config-marked");
  const stamp = { newId: () => crypto.randomUUID(), now: () => Date.now() };
  hub.core.send(
    NODE,
    newMessage(stamp, {
      source: "edgecontroller",
      group: "resource",
      operation: "operation-marked",
      resource: "default/secret/secret-marked",
      content: { metadata: { uid: "u-marked", resourceVersion: "5" } },
      resourceVersion: "5",
    }),
  );
  const counted = ["unknown", "cloud", "fault"];
  await until(() => node.metrics.value(PROCESSED, ...counted) === 1, "refused");
  hub.cut(NODE);
  const reconnects = "metamanager_cloud_reconnects_total";
  await until(() => node.metrics.value(reconnects) === 1, "connected again");
  await agent.close();
  const answer = await askAdmin(world.adminSocket, "/metrics");
  assert(answer);
  const families = parseExposition(answer.text);
  run({ node, text: answer.text, families });
}

function sum(samples: readonly ParsedSample[] = []): number {
  return samples.reduce((total, { value }) => total + value, 0);
}

/** Everything that an operator was promised, by the words of the promise. */
const PROMISED: Readonly<Record<string, readonly string[]>> = {
  "messages by operation, source and outcome": [
    "metamanager_messages_processed_total",
  ],
  "batch size and commit latency": [
    "metamanager_batch_messages",
    "metamanager_commit_seconds",
  ],
  "queue depths": [
    "metamanager_inbox_messages",
    "metamanager_requests_waiting",
    "metamanager_uplink_bytes",
    "metamanager_agents_queued_bytes",
  ],
  "outbox depth and age": [
    "metamanager_outbox_messages",
    "metamanager_outbox_bytes",
    "metamanager_outbox_age_seconds",
    "metamanager_outbox_parked_messages",
  ],
  "link state": [
    "metamanager_cloud_connected",
    "metamanager_cloud_link_state",
    "metamanager_cloud_link_state_timestamp_seconds",
  ],
  reconnects: [
    "metamanager_cloud_connects_total",
    "metamanager_cloud_reconnects_total",
  ],
  "store bytes": ["metamanager_store_bytes", "metamanager_store_objects"],
  "errors by kind": [
    "metamanager_message_faults_total",
    "metamanager_store_failures_total",
    "metamanager_cloud_link_failures_total",
    "metamanager_cloud_frame_faults_total",
  ],
  process: [
    "metamanager_build_info",
    "process_start_time_seconds",
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
  ],
};

Deno.test("metrics, J2 link_and_queue_state_visible: a busy node shows what was promised", async () => {
  await withBusyNode(({ families, text, node }) => {
    for (const [promise, names] of Object.entries(PROMISED)) {
      for (const name of names) {
        assert(families.get(name)?.samples.length, `${promise}: ${name}`);
      }
    }
    const value = (name: string, labels: Record<string, string> = {}) =>
      families.get(name)?.samples.find((sample) =>
        Object.entries(labels).every(([l, v]) => sample.labels[l] === v)
      )?.value ?? NaN;
    const of = { source: "cloud", outcome: "done" };
    assert(value(PROCESSED, { ...of, operation: "insert" }) > 0);
    assertEquals(
      value(PROCESSED, { operation: "unknown", outcome: "fault" }),
      1,
    );
    const faults = families.get("metamanager_message_faults_total");
    assertEquals(sum(faults?.samples), 1);
    assertEquals(
      value("metamanager_cloud_link_state", { state: "connected" }),
      1,
    );
    assertEquals(sum(families.get("metamanager_cloud_link_state")?.samples), 1);
    assertEquals(value("metamanager_store_objects", { type: "pod" }), 1);
    const ok = { check: "store", state: "ok" };
    assertEquals(value("metamanager_health_check", ok), 1);
    assertEquals(value("metamanager_loop_stalled", { loop: "processor" }), 0);
    assertEquals(sum(families.get("metamanager_build_info")?.samples), 1);
    const resident = value("process_resident_memory_bytes");
    assert(resident > 10e6 && resident < 10e9, `${resident}`);
    assert(
      value("metamanager_heap_bytes") < value("metamanager_heap_limit_bytes"),
    );
    assert(value("metamanager_store_disk_free_bytes") > 0);
    const started = value("process_start_time_seconds");
    assert(started <= Date.now() / 1000 && started > 1.7e9, `${started}`);
    // A figure that cannot be read is NaN.
    for (const { name, samples } of families.values()) {
      const spoilt = samples.filter((sample) => Number.isNaN(sample.value));
      assertEquals(spoilt, [], name);
    }
    // Label sets are bounded: no name and no word of a peer is one.
    assert(!text.includes("marked"), text.match(/.*marked.*/)?.[0] ?? "");
    const labels = new Set(node.metrics.families.flatMap((f) => f.labels));
    assertEquals([...labels].sort(), [
      "check",
      "deno",
      "direction",
      "how",
      "kind",
      "level",
      "loop",
      "operation",
      "outcome",
      "reason",
      "receiver",
      "result",
      "source",
      "sqlite",
      "state",
      "status",
      "target",
      "type",
      "version",
    ]);
  });
});

Deno.test("metrics, a process with no more than its permissions can read every figure", async () => {
  await using world = await World.start();
  await using node = new NodeProcess(world.sets("edgehub.websocket.url="));
  await node.said('"event":"node runs"');
  const answer = await askAdmin(world.adminSocket, "/metrics");
  for (
    const { name, samples } of parseExposition(answer?.text ?? "").values()
  ) {
    assertEquals(samples.filter(({ value }) => Number.isNaN(value)), [], name);
  }
  // What it wrote to a pipe is no journal's.
  assertMatch(node.lines[0] ?? "", /^\{"time":/);
});

/** Complains about names and labels that the node does not show. */
function checkSpoken(
  { node, families: shown }: Pick<Seen, "node" | "families">,
  expression: string,
  texts: readonly string[],
): void {
  const families = new Map(node.metrics.families.map((f) => [f.name, f]));
  const { metrics, grouping } = spokenOf(expression);
  assert(metrics.length > 0, `no metric: ${expression}`);
  const known = new Set([...TARGET_LABELS, "le", "alertname"]);
  for (const { name, labels } of metrics) {
    if (name === "up") continue;
    const histogram = families.get(name.replace(/_(bucket|sum|count)$/, ""));
    const family = families.get(name) ??
      (histogram?.kind === "histogram" ? histogram : undefined);
    assert(family, `there is no ${name}: ${expression}`);
    assert(shown.has(family.name), `not shown: ${name}: ${expression}`);
    assert(
      family.kind !== "histogram" || family.name !== name,
      `a histogram has no sample of its own name: ${expression}`,
    );
    const may = [...family.labels, ...TARGET_LABELS];
    for (const label of labels) {
      assert(
        may.includes(label),
        `${name} has no label ${label}: ${expression}`,
      );
    }
    for (const label of family.labels) known.add(label);
  }
  for (const label of [...grouping, ...texts.flatMap(templateLabels)]) {
    assert(known.has(label), `nothing has label ${label}: ${expression}`);
  }
}

/** Each `(`, `[`, `{` is closed by its own. */
function assertBalanced(expression: string): void {
  const open: string[] = [];
  const pairs: Record<string, string> = { ")": "(", "]": "[", "}": "{" };
  for (const char of expression.replace(/"[^"]*"/g, "")) {
    if ("([{".includes(char)) open.push(char);
    else if (pairs[char]) assertEquals(open.pop(), pairs[char], expression);
  }
  assertEquals(open, [], expression);
}

Deno.test("conf/prometheus/alerts.yaml, every metric and label that a rule names exists", async () => {
  const file = parse(conf("prometheus/alerts.yaml")) as {
    groups: { name: string; rules: Record<string, unknown>[] }[];
  };
  const rules = file.groups.flatMap((group) => group.rules);
  const names = rules.map((rule) => String(rule.alert));
  assertEquals(new Set(names).size, names.length);
  for (
    const wanted of [
      "CloudLinkDown",
      "OutboxOld",
      "OutboxParked",
      "StoreFailed",
      "LoopStalled",
      "CertificateExpires",
      "DiskLow",
    ]
  ) {
    assert(names.includes(`Metamanager${wanted}`), wanted);
  }
  await withNode(({ node, families }) => {
    for (const rule of rules) {
      const { alert, expr, labels, annotations } = rule;
      const about = String(alert);
      assertMatch(about, /^Metamanager[A-Z][A-Za-z]+$/);
      assertMatch(String(rule.for ?? "0m"), /^\d+[smh]$/, about);
      assert(isRecord(labels) && isRecord(annotations), about);
      assertMatch(String(labels.severity), /^(warning|critical)$/, about);
      const texts = ["summary", "description", "runbook"].map((name) => {
        const text = annotations[name];
        assert(
          typeof text === "string" && text.length > 20,
          `${about} ${name}`,
        );
        return text;
      });
      assert(typeof expr === "string", about);
      assertBalanced(expr);
      // A threshold, and not only that there is such a figure.
      assertMatch(expr, /[<>]|==/, about);
      checkSpoken({ node, families }, expr, texts);
    }
  });
});

Deno.test("conf/grafana/metamanager.json, every metric and label that a panel names exists", async () => {
  const dashboard = JSON.parse(conf("grafana/metamanager.json"));
  assertEquals(dashboard.uid, "metamanager");
  const panels: Record<string, unknown>[] = dashboard.panels;
  const ids = panels.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  const spoken = new Set<string>();
  await withNode(({ node, families }) => {
    for (const panel of panels) {
      if (panel.type === "row") continue;
      const targets = panel.targets as { expr: string; legendFormat: string }[];
      assert(targets.length > 0, String(panel.title));
      for (const { expr, legendFormat } of targets) {
        assertBalanced(expr);
        checkSpoken({ node, families }, expr, [legendFormat]);
        for (const { name } of spokenOf(expr).metrics) spoken.add(name);
      }
    }
    for (const { query } of dashboard.templating.list) {
      const text = isRecord(query) ? String(query.query) : "";
      for (const { name } of spokenOf(text).metrics) spoken.add(name);
    }
    // What was promised is on it.
    for (const name of Object.values(PROMISED).flat()) {
      const isShown = [...spoken].some((one) =>
        one.replace(/_(bucket|sum|count)$/, "") === name
      );
      const isExact = name.endsWith("_timestamp_seconds");
      assert(isShown || isExact, name);
    }
  });
});
