import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  ConfigError,
  formatProblem,
  loadConfig,
} from "../../../lib/config/mod.ts";

const hostname = () => "host";

async function refusals(...sets: string[]): Promise<string[]> {
  const error = await assertRejects(
    () => loadConfig({ sets, hostname }),
    ConfigError,
  );
  return (error as ConfigError).problems.map(formatProblem);
}

Deno.test("validate, wss needs the authority's file, ws gets a note", async () => {
  const [line] = await refusals("edgehub.websocket.url=wss://cloud");
  assertStringIncludes(
    line ?? "",
    "--set: edgehub.websocket.cafile: expected",
  );
  const { notes } = await loadConfig({
    sets: ["edgehub.websocket.url=ws://cloud"],
    hostname,
  });
  assertEquals(notes.length, 1);
  assertStringIncludes(notes[0] ?? "", "nothing is encrypted");
});

Deno.test("validate, no link with TLS falls back to one without", async () => {
  const ca = "edgehub.websocket.cafile=/ca";
  for (const [url, other] of [["wss://a", "ws://b"], ["ws://a", "wss://b"]]) {
    const [line, ...rest] = await refusals(
      `edgehub.websocket.url=${url}`,
      `edgehub.websocket.urls=[${other}]`,
      ca,
    );
    assertStringIncludes(line ?? "", "edgehub.websocket.urls: expected wss://");
    assertEquals(rest, []);
  }
  const { notes } = await loadConfig({
    sets: [
      "edgehub.websocket.url=ws://a",
      "edgehub.websocket.urls=[ws://b]",
    ],
    hostname,
  });
  assertStringIncludes(notes[0] ?? "", "nothing is encrypted");
});

Deno.test("validate, certificate and key come together or not at all", async () => {
  const [noKey] = await refusals("edgehub.websocket.certfile=/c");
  assertStringIncludes(noKey ?? "", "edgehub.websocket.keyfile: expected");
  const [noCert] = await refusals("edgehub.websocket.keyfile=/k");
  assertStringIncludes(noCert ?? "", "edgehub.websocket.certfile: expected");
  const { notes } = await loadConfig({
    sets: [
      "edgehub.websocket.url=wss://cloud",
      "edgehub.websocket.cafile=/ca",
      "edgehub.websocket.certfile=/c",
      "edgehub.websocket.keyfile=/k",
    ],
    hostname,
  });
  assertEquals(notes, []);
});

Deno.test("validate, wss without a certificate gets a note", async () => {
  const { notes } = await loadConfig({
    sets: ["edgehub.websocket.url=wss://cloud", "edgehub.websocket.cafile=/a"],
    hostname,
  });
  assertStringIncludes(notes[0] ?? "", "refuses this node");
});

for (const room of ["edged", "admin"] as const) {
  Deno.test(`validate, ${room} on TCP only on loopback and with a token`, async () => {
    const [noToken] = await refusals(`${room}.listen=127.0.0.1:8080`);
    assertStringIncludes(
      noToken ?? "",
      `${room}.token-file: expected the path`,
    );
    for (
      const listen of [
        "0.0.0.0:80",
        "192.168.0.1:80",
        ":80",
        "127.0.0.1",
        "127.0.0.1:99999",
        "[::]:80",
        "cloud:80",
      ]
    ) {
      const lines = await refusals(
        `${room}.listen=${listen}`,
        `${room}.token-file=t`,
      );
      assertEquals(lines.length, 1, listen);
      assertStringIncludes(
        lines[0] ?? "",
        "expected a loopback address",
        listen,
      );
    }
    for (const listen of ["127.0.0.1:0", "localhost:80", "[::1]:80"]) {
      const sets = [`${room}.listen=${listen}`, `${room}.token-file=t`];
      const { config } = await loadConfig({ sets, hostname });
      assertEquals(config[room].listen?.port, listen.endsWith(":0") ? 0 : 80);
    }
  });
}

Deno.test("validate, agents and scrapers get a port each", async () => {
  const sets = ["edged", "admin"].flatMap((room) => [
    `${room}.listen=127.0.0.1:8080`,
    `${room}.token-file=t`,
  ]);
  const [line] = await refusals(...sets);
  assertStringIncludes(line ?? "", "admin.listen: expected another port");
});

Deno.test("validate, sockets fit the system and differ", async () => {
  const [long] = await refusals(`edged.socket=/${"a".repeat(107)}`);
  assertStringIncludes(long ?? "", "at most 107 bytes");
  const [same] = await refusals("edged.socket=/s", "admin.socket=/s");
  assertStringIncludes(same ?? "", "admin.socket: expected another path");
  const { notes } = await loadConfig({
    sets: ["edged.socket=", "admin.socket="],
    hostname,
  });
  assertStringIncludes(notes[1] ?? "", "no pod agent can attach");
});

Deno.test("validate, the database has a file name", async () => {
  for (const path of ['""', "/d/"]) {
    const [line] = await refusals(`store.path=${path}`);
    assertStringIncludes(line ?? "", "store.path: expected the path of a file");
  }
});

Deno.test("validate, the last wait is not below the first", async () => {
  const [line] = await refusals("edgehub.reconnect.base=61");
  assertStringIncludes(line ?? "", "edgehub.reconnect.cap: expected at least");
});

Deno.test("validate, join token: its shape, where the certificate goes, never shown", async () => {
  const url = "edgehub.websocket.url=wss://cloud:10000";
  const files = ["ca", "cert", "key"].map((f) =>
    `edgehub.websocket.${f}file=/f`
  );
  const [shape, ...more] = await refusals(
    url,
    ...files,
    "edgehub.token=se.cret",
  );
  assertStringIncludes(shape ?? "", "--set: edgehub.token: expected the whole");
  assertEquals(shape?.includes("cret,"), false);
  assertEquals(more, []);
  const lines = await refusals(url, "edgehub.token-file=/t");
  assertStringIncludes(lines.join(), "--set: edgehub.websocket.cafile: ");
  assertStringIncludes(lines.join(), "since edgehub.token-file is given");
  for (const server of ["a b", "x:0", "x:99999", "http://x", "u@x", "x/p"]) {
    const [line] = await refusals(
      url,
      ...files,
      `edgehub.http-server=${server}`,
    );
    assertStringIncludes(line ?? "", "expected HOST or HOST:PORT", server);
  }
});

Deno.test("validate, the certificate server is the cloud's host unless it is given", async () => {
  const load = async (...sets: string[]) => {
    const loaded = await loadConfig({ sets, hostname });
    return loaded.config.edgehub.httpServer;
  };
  const url = "edgehub.websocket.url=ws://[::1]:1";
  assertEquals(await load(url), "[::1]:10002");
  assertEquals(await load(url, "edgehub.http-server=a:1"), "a:1");
  assertEquals(await load(), "");
});

Deno.test("validate, a complaint about a key that was left out names the line that asks for it", async () => {
  const error = await assertRejects(() =>
    loadConfig({
      file: "edge.yaml",
      readText: () =>
        Promise.resolve("edgehub:\n  websocket:\n    url: wss://cloud\n"),
      hostname,
    }), ConfigError);
  const [problem] = (error as ConfigError).problems.map(formatProblem);
  assertStringIncludes(
    problem ?? "",
    "edge.yaml:3:5: edgehub.websocket.cafile",
  );
});
