import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  ConfigError,
  formatProblem,
  loadConfig,
  type Problem,
} from "../../../lib/config/mod.ts";

const hostname = () => "Edge-Host";

function load(text: string, ...sets: string[]) {
  const readText = () => Promise.resolve(text);
  return loadConfig({ file: "conf/edge.yaml", readText, sets, hostname });
}

/** The problems of a text as lines. */
async function refusals(text: string, ...sets: string[]): Promise<string[]> {
  const error = await assertRejects(() => load(text, ...sets), ConfigError);
  return (error as ConfigError).problems.map(formatProblem);
}

Deno.test("loadConfig, without file and sets all defaults count", async () => {
  const { config, notes, sources } = await loadConfig({ hostname });
  assertEquals(config, {
    edgehub: {
      websocket: {
        url: "",
        urls: [],
        certfile: "",
        keyfile: "",
        cafile: "",
        handshakeTimeoutMs: 30_000,
        writeDeadlineMs: 15_000,
        readDeadlineMs: 15_000,
      },
      token: "",
      tokenSource: "",
      tokenFile: "",
      httpServer: "",
      rotateCertificates: true,
      controller: {
        heartbeatMs: 15_000,
        projectId: "e632aba927ea4ac2b575ec1603d56f10",
        nodeId: "edge-host",
      },
      failover: { order: "in-order", preferAfterMs: 0 },
      proxy: { url: "", caFile: "", isUnusable: false, except: [] },
      reconnect: { baseMs: 1000, capMs: 60_000 },
      messageBytesMax: 32 * 1024 * 1024,
      rate: { perSecond: 30, burst: 60 },
    },
    meta: {
      sync: {
        podstatus: { intervalMs: 60_000 },
        reconcile: { intervalMs: 21_600_000 },
        pendingPods: { intervalMs: 600_000 },
      },
      query: {
        remoteTypes: [
          "configmap",
          "secret",
          "persistentvolume",
          "persistentvolumeclaim",
          "volumeattachment",
          "node",
          "serviceaccounttoken",
          "lease",
          "certificatesigningrequest",
        ],
        timeoutMs: 10_000,
      },
    },
    edged: {
      socket: "/run/metamanager/edged.sock",
      listen: undefined,
      tokenFile: "",
      replyTimeoutMs: 2000,
    },
    admin: {
      socket: "/run/metamanager/admin.sock",
      listen: undefined,
      tokenFile: "",
    },
    store: {
      path: "/var/lib/metamanager/metamanager.db",
      snapshotMs: 86_400_000,
    },
    log: { level: "info", format: "human", journald: "auto" },
  });
  assertEquals(sources["edgehub.controller.node-id"], "host name");
  assertEquals(sources["log.level"], "default");
  assertEquals(notes.length, 1);
  assertStringIncludes(notes[0] ?? "", "standalone node");
});

Deno.test("loadConfig, the result is frozen through and through", async () => {
  const { config } = await load("meta: {query: {remote-types: [pod]}}");
  assert(Object.isFrozen(config));
  assert(Object.isFrozen(config.edgehub.websocket));
  assert(Object.isFrozen(config.meta.query.remoteTypes));
});

/** Each option with a value that is not its default, and what it must lead to. */
const CHANGES: readonly [string, string, unknown][] = [
  [
    "edgehub.websocket.url",
    "ws://h:1/x",
    ["edgehub", "websocket", "url", "ws://h:1/x"],
  ],
  ["edgehub.websocket.handshake-timeout", "500ms", [
    "edgehub",
    "websocket",
    "handshakeTimeoutMs",
    500,
  ]],
  ["edgehub.websocket.write-deadline", "2", [
    "edgehub",
    "websocket",
    "writeDeadlineMs",
    2000,
  ]],
  ["edgehub.websocket.read-deadline", "2m", [
    "edgehub",
    "websocket",
    "readDeadlineMs",
    120_000,
  ]],
  ["edgehub.websocket.cafile", "/ca", [
    "edgehub",
    "websocket",
    "cafile",
    "/ca",
  ]],
  ["edgehub.controller.heartbeat", "0.5", [
    "edgehub",
    "controller",
    "heartbeatMs",
    500,
  ]],
  ["edgehub.controller.project-id", "p1", [
    "edgehub",
    "controller",
    "projectId",
    "p1",
  ]],
  ["edgehub.controller.node-id", "n1", [
    "edgehub",
    "controller",
    "nodeId",
    "n1",
  ]],
  ["edgehub.failover.order", "random", [
    "edgehub",
    "failover",
    "order",
    "random",
  ]],
  ["edgehub.failover.prefer-after", "1h", [
    "edgehub",
    "failover",
    "preferAfterMs",
    3_600_000,
  ]],
  ["edgehub.proxy", "http://u:p@h:1", [
    "edgehub",
    "proxy",
    "url",
    "http://u:p@h:1",
  ]],
  ["edgehub.proxy-cafile", "/p.crt", [
    "edgehub",
    "proxy",
    "caFile",
    "/p.crt",
  ]],
  ["edgehub.no-proxy", '["*"]', ["edgehub", "proxy", "except", ["*"]]],
  ["edgehub.reconnect.base", "3", ["edgehub", "reconnect", "baseMs", 3000]],
  ["edgehub.reconnect.cap", "1h", ["edgehub", "reconnect", "capMs", 3_600_000]],
  ["edgehub.message-size", "64KiB", ["edgehub", "messageBytesMax", 65_536]],
  ["edgehub.message-qps", "0", ["edgehub", "rate", "perSecond", 0]],
  ["edgehub.message-burst", "1", ["edgehub", "rate", "burst", 1]],
  ["meta.sync.podstatus.interval", "1", [
    "meta",
    "sync",
    "podstatus",
    "intervalMs",
    1000,
  ]],
  ["meta.query.remote-types", "[node, node]", [
    "meta",
    "query",
    "remoteTypes",
    ["node"],
  ]],
  ["meta.query.timeout", "1", ["meta", "query", "timeoutMs", 1000]],
  ["edged.socket", "/a b.sock", ["edged", "socket", "/a b.sock"]],
  ["edged.reply-timeout", "10ms", ["edged", "replyTimeoutMs", 10]],
  ["edged.token-file", "/t", ["edged", "tokenFile", "/t"]],
  ["admin.socket", '""', ["admin", "socket", ""]],
  ["store.path", "/d/m.db", ["store", "path", "/d/m.db"]],
  ["database.source", "/d/m.db", ["store", "path", "/d/m.db"]],
  ["store.snapshot", "0", ["store", "snapshotMs", 0]],
  ["log.level", "debug", ["log", "level", "debug"]],
  ["log.format", "json", ["log", "format", "json"]],
];

Deno.test("loadConfig, option_set_is_option_used: in the file and with --set", async () => {
  const at = (config: unknown, path: readonly unknown[]) =>
    path.reduce((v, name) => Reflect.get(v as object, name as string), config);
  for (const [key, text, expectation] of CHANGES) {
    const path = (expectation as unknown[]).slice(0, -1);
    const value = (expectation as unknown[]).at(-1);
    const defaults = await loadConfig({ hostname });
    assert(
      JSON.stringify(at(defaults.config, path)) !== JSON.stringify(value),
      `${key}: the test sets the default`,
    );
    const yaml = key.split(".").map((name, i) => "  ".repeat(i) + name + ":")
      .join("\n") + ` ${text}`;
    const file = await load(yaml);
    assertEquals(at(file.config, path), value, `${key} in the file`);
    const set = await load("", `${key}=${text}`);
    assertEquals(at(set.config, path), value, `${key} with --set`);
    const name = key === "database.source" ? "store.path" : key;
    const line = key.split(".").length;
    assertEquals(file.sources[name], `conf/edge.yaml:${line}`);
    assertEquals(set.sources[name], "--set");
  }
});

Deno.test("loadConfig, --set wins over the file and the last one counts", async () => {
  const { config } = await load(
    "log: {level: warn, format: json}\ndatabase: {source: /a}",
    "log.level=error",
    "store.path=/b",
    "log.level=debug",
  );
  const { level, format } = config.log;
  assertEquals({ level, format }, { level: "debug", format: "json" });
  assertEquals(config.store.path, "/b");
});

Deno.test("loadConfig, --set takes texts as they stand and lists as YAML", async () => {
  const { config } = await load(
    "",
    "edged.listen=[::1]:8080",
    'edged.token-file="/a b"',
    "edgehub.controller.node-id=12e4",
    "meta.query.remote-types=[]",
    "edged.socket=",
    "store.path=/d/a: b.db",
  );
  assertEquals(config.edged.listen, { hostname: "::1", port: 8080 });
  assertEquals(config.edged.tokenFile, "/a b");
  assertEquals(config.edgehub.controller.nodeId, "12e4");
  assertEquals(config.meta.query.remoteTypes, []);
  assertEquals(config.edged.socket, "");
  assertEquals(config.store.path, "/d/a: b.db");
});

Deno.test("loadConfig, names that look like numbers stay names", async () => {
  const { config } = await load(
    "edgehub: {controller: {project-id: 632e12, node-id: 0007}}",
  );
  assertEquals(config.edgehub.controller.projectId, "632e12");
  assertEquals(config.edgehub.controller.nodeId, "0007");
});

Deno.test("loadConfig, relative paths of the file start at its folder", async () => {
  const { config } = await load("store: {path: ../m.db}", "edged.socket=e.s");
  assertEquals(config.store.path, "m.db");
  assertEquals(config.edged.socket, "e.s");
});

Deno.test("loadConfig, a path is a text, in the file and with --set", async () => {
  for (const value of ["12", "true", "[/d/m.db]", "~"]) {
    const [file = ""] = await refusals(`store: {path: ${value}}`);
    assertStringIncludes(file, "store.path: expected a path, got");
    const [set = ""] = await refusals("", `store.path=${value}`);
    assertStringIncludes(set, "--set: store.path: expected a path, got");
  }
  const { config } = await load('edged: {socket: "12"}', "store.path=/d/a #1");
  assertEquals(config.edged.socket, "conf/12");
  assertEquals(config.store.path, "/d/a #1");
});

Deno.test("loadConfig, an empty file and empty sections are fine", async () => {
  for (const text of ["", "# nothing", "edgehub:\n  websocket:\nlog:", "{}"]) {
    assertEquals((await load(text)).config.log.level, "info");
  }
});

Deno.test("loadConfig, config_error_names_field: all at once, one per line", async () => {
  const text = `edgehub:
  websocket:
    handshake-timout: 3
    read-deadline: soon
  controller:
    heartbeat: 2h
    node-id: [a]
  message-size: 1KiB
modules:
  x: {token: hunter2}
log:
  level: verbose
meta:
  query:
    remote-types: pod
    timeout:
store: 5
`;
  assertEquals(await refusals(text, "log.format=xml", "nonsense", "a.b=1"), [
    "conf/edge.yaml:3:5: edgehub.websocket.handshake-timout: unknown key, did you mean edgehub.websocket.handshake-timeout",
    'conf/edge.yaml:4:5: edgehub.websocket.read-deadline: expected seconds, or a duration like 500ms, 60s, 2m, 1h, from 100ms to 10m, got "soon"',
    'conf/edge.yaml:6:5: edgehub.controller.heartbeat: expected seconds, or a duration like 500ms, 60s, 2m, 1h, from 100ms to 1h, got "2h"',
    'conf/edge.yaml:7:5: edgehub.controller.node-id: expected a text, got ["a"]',
    'conf/edge.yaml:8:3: edgehub.message-size: expected bytes, or a size like 512KiB, 32MiB, from 64KiB to 64MiB, got "1KiB"',
    "conf/edge.yaml:10:7: modules.x.token: unknown key",
    'conf/edge.yaml:12:3: log.level: expected one of error, warn, info, debug, got "verbose"',
    'conf/edge.yaml:15:5: meta.query.remote-types: expected a list of texts, got "pod"',
    "conf/edge.yaml:16:5: meta.query.timeout: expected seconds, or a duration like 500ms, 60s, 2m, 1h, from 100ms to 10m, got nothing",
    "conf/edge.yaml:17:8: store: expected a section with keys",
    "--set: nonsense: expected key=value",
    '--set: log.format: expected one of human, json, got "xml"',
    "--set: a.b: unknown key",
  ]);
});

Deno.test("loadConfig, a value outside its range is refused at both ends", async () => {
  for (
    const set of [
      "meta.sync.podstatus.interval=999ms",
      "edgehub.websocket.write-deadline=0",
      "edgehub.websocket.write-deadline=601",
      "edgehub.message-size=65MiB",
      "store.snapshot=0.5",
      "store.snapshot=-1",
      "meta.query.timeout=.inf",
      "edgehub.message-size=70000.5",
    ]
  ) {
    const lines = await refusals("", set);
    assertEquals(lines.length, 1, set);
    assertStringIncludes(lines[0] ?? "", set.split("=")[0] ?? "");
  }
});

Deno.test("loadConfig, YAML that people cannot follow is refused with its place", async () => {
  const cases: [string, string][] = [
    ["log: {level: info}\nlog: {level: warn}", ":2:1: expected each key once"],
    ["log:\n  level: info\n  level: warn", ":3:3: expected each key once"],
    ["log: {level: info}\n---\nlog: {}", ":2:1: expected one document"],
    ["log: &a {level: info}", ":1:9: log: expected a value, anchors are not"],
    ["log:\n  level: &a info", ": log.level: expected a value, anchors"],
    [
      "meta: {query: {remote-types: [&a x, *a]}}",
      "remote-types: expected a value, aliases are not",
    ],
    ["log: {level: !x info}", ": expected valid YAML: Unresolved tag"],
    ["log: {level: !!str info}", "expected a value without a tag"],
    ["log: {level: info", "expected valid YAML"],
    ["\tlog: 1", "expected valid YAML"],
    ["[1, 2]", ":1:1: expected a section with keys"],
    ["? {a: 1}\n: 2", "expected a plain key"],
    ["text", ":1:1: expected a section with keys"],
    ["other:", ":1:1: other: unknown key"],
    ["other: {}", ":1:1: other: unknown key"],
  ];
  for (const [text, expected] of cases) {
    const lines = (await refusals(text)).join("\n");
    assertStringIncludes(lines, expected, text);
    assertStringIncludes(lines, "conf/edge.yaml:", text);
  }
});

Deno.test("loadConfig, a key and its alias in one file are an error", async () => {
  assertEquals(
    await refusals("store: {path: /a}\ndatabase: {source: /b}"),
    [
      "conf/edge.yaml:2:12: database.source: expected either store.path or database.source, both are given",
    ],
  );
});

Deno.test("loadConfig, an unreadable file names the file and keeps the cause", async () => {
  const error = await assertRejects(
    () => loadConfig({ file: "/nonexistent/edge.yaml", hostname }),
    ConfigError,
  ) as ConfigError;
  assertStringIncludes(error.message, "/nonexistent/edge.yaml: expected a rea");
  assert(error.cause instanceof Deno.errors.NotFound);
  const long = await refusals("#".repeat(1024 * 1024 + 1));
  assertStringIncludes(long[0] ?? "", "at most 1048576 characters");
});

Deno.test("loadConfig, a file of any size is refused before it is held", async () => {
  // It has no end: whoever reads it whole never comes back.
  const error = await assertRejects(
    () => loadConfig({ file: "/dev/zero", hostname }),
    ConfigError,
  );
  assertStringIncludes(error.message, "at most 1048576 characters");
});

Deno.test("loadConfig, errors hold no credentials and cut long values", async () => {
  const [url] = await refusals("", "edgehub.websocket.url=wss://u:pw@host");
  assertStringIncludes(url ?? "", "wss://[redacted]@host");
  const [long] = await refusals("", `log.level=${"x".repeat(500)}`);
  assert((long ?? "").length < 200);
});

Deno.test("loadConfig, problems carry their parts as fields", async () => {
  const error = await assertRejects(
    () => load("log:\n  levle: info"),
    ConfigError,
  ) as ConfigError;
  const expected: Problem = {
    source: "conf/edge.yaml",
    line: 2,
    column: 3,
    key: "log.levle",
    expected: "unknown key",
    nearest: "log.level",
  };
  assertEquals(error.problems, [expected]);
});
