import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { SystemClock } from "../../../../lib/base/mod.ts";
import { main } from "../../../../lib/cli/mod.ts";
import {
  CertificateAuthority,
  EnrolmentServer,
  type EnrolmentServerOptions,
} from "../../../../lib/dev/mod.ts";
import {
  checkNodeIdentity,
  readCredentials,
} from "../../../../lib/identity/mod.ts";
import { FakeIo } from "../fake_io.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);

interface Stage {
  readonly folder: string;
  readonly server: EnrolmentServer;
  readonly token: string;
  join(...args: string[]): Promise<{ code: number; out: string; err: string }>;
}

async function onStage(
  run: (stage: Stage) => Promise<void>,
  options: Partial<EnrolmentServerOptions> = {},
) {
  const folder = await Deno.makeTempDir();
  await using server = new EnrolmentServer({ ca, clock, ...options });
  await server.start();
  const token = await server.endpoint.tokens.issue();
  try {
    await run({
      folder,
      server,
      token,
      join: async (...args) => {
        const io = new FakeIo();
        const code = await main([
          "join",
          "--server",
          `127.0.0.1:${server.port}`,
          "--node-id",
          "edge-1",
          "--cert-dir",
          `${folder}/certs`,
          ...args,
        ], io);
        return { code, out: io.out, err: io.err };
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const filesIn = (folder: string) => ({
  caFile: `${folder}/certs/rootCA.crt`,
  certFile: `${folder}/certs/server.crt`,
  keyFile: `${folder}/certs/server.key`,
});

Deno.test("join, writes a pair of this node and says what to configure", async () => {
  await onStage(async ({ folder, token, join }) => {
    const { code, out, err } = await join("--token", token);
    assertEquals([code, err], [0, ""]);
    const { certPem = "" } = readCredentials(filesIn(folder));
    assertEquals(checkNodeIdentity(certPem, "edge-1"), "ok");
    assertMatch(
      out,
      /^joining 127\.0\.0\.1:\d+ as edge-1\nok: CA certificate: /,
    );
    assertMatch(out, /\nok: certificate: good until 20/);
    assertStringIncludes(out, `url: "wss://127.0.0.1:10000"`);
    assertStringIncludes(out, `keyfile: "${folder}/certs/server.key"`);
    const secret = token.split(".").at(-1) ?? "";
    assertEquals(out.includes(secret), false);
  });
});

Deno.test("join, keys_and_tokens_private_on_disk: the used token file goes, an unused one stays", async () => {
  await onStage(async ({ folder, token, server, join }) => {
    const file = `${folder}/token`;
    await Deno.writeTextFile(file, `${token}x\n`);
    const refused = await join("--token-file", file);
    assertEquals(refused.code, 1);
    assertStringIncludes(
      refused.err,
      "error: The cloud refused the join token",
    );
    assertStringIncludes(refused.err, "hint: Get a new one");
    assertEquals(await Deno.readTextFile(file), `${token}x\n`);
    await Deno.writeTextFile(file, `${token}\n`);
    const { code, out } = await join("--token-file", file);
    assertEquals(code, 0);
    assertStringIncludes(out, `ok: used token: removed ${file}`);
    assertEquals(server.requests.length, 4);
    // The same line again: the token is gone, and not needed.
    const again = await join("--token-file", file);
    assertEquals(again.code, 0);
    assertMatch(
      again.out,
      /^ok: edge-1 has joined; its certificate is good until/,
    );
    assertEquals(server.requests.length, 4);
  });
});

Deno.test("join, keys_and_tokens_private_on_disk: the token of a configuration is erased there", async () => {
  await onStage(async ({ folder, token, join }) => {
    const file = `${folder}/edge.yaml`;
    const text = (value: string) => `edgehub: # cloud\n  token: ${value}\n`;
    await Deno.writeTextFile(file, text(token));
    const { code, out } = await join("--config", file);
    assertEquals(code, 0);
    assertStringIncludes(out, `ok: used token: erased from ${file}`);
    assertEquals(await Deno.readTextFile(file), text('""'));
  });
});

Deno.test("join, has joined: nothing is done without --force", async () => {
  await onStage(async ({ folder, token, server, join }) => {
    await join("--token", token);
    const key = await Deno.readTextFile(filesIn(folder).keyFile);
    const again = await join("--token", token);
    assertEquals(again.code, 0);
    assertEquals(server.requests.length, 2);
    assertEquals(await Deno.readTextFile(filesIn(folder).keyFile), key);
    assertEquals((await join("--token", token, "--force")).code, 0);
    assert(await Deno.readTextFile(filesIn(folder).keyFile) !== key);
  });
});

Deno.test("join, what is there and of no use is told and replaced; another node's is not", async () => {
  await onStage(async ({ folder, token, join }) => {
    await join("--token", token);
    const { keyFile, certFile } = filesIn(folder);
    const neighbour = await join("--token", token, "--node-id", "edge-2");
    assertEquals(neighbour.code, 1);
    assertStringIncludes(neighbour.err, "got system:node:edge-1");
    assertStringIncludes(neighbour.err, "--force replaces");
    await Deno.writeTextFile(keyFile, "junk");
    const repaired = await join("--token", token);
    assertEquals(repaired.code, 0);
    assertStringIncludes(repaired.out, "note: what is there is of no use");
    for (
      const [options, note] of [
        [{ fromMs: -2000, untilMs: -1000 }, "note: the certificate ran out at"],
        [{ commonName: "kubeedge.io" }, "note: the certificate names no node"],
      ] as const
    ) {
      const { cert, key } = await ca.client("edge-1", options);
      await Deno.writeTextFile(certFile, cert);
      await Deno.writeTextFile(keyFile, key);
      const { code, out } = await join("--token", token);
      assertEquals(code, 0);
      assertStringIncludes(out, note);
    }
  });
});

Deno.test("join, a token of another cloud joins that one", async () => {
  await onStage(async ({ folder, token, join }) => {
    await join("--token", token);
    const other = await CertificateAuthority.create(clock);
    await using cloud = new EnrolmentServer({ ca: other, clock });
    await cloud.start();
    const { code, out } = await join(
      "--server",
      `127.0.0.1:${cloud.port}`,
      "--token",
      await cloud.endpoint.tokens.issue(),
    );
    assertEquals(code, 0);
    assertStringIncludes(out, "of another cloud");
    assertEquals(readCredentials(filesIn(folder)).caPem, other.cert);
  });
});

Deno.test("join, an interrupted one is completed", async () => {
  await onStage(async ({ folder, join }) => {
    const { cert, key } = await ca.client("edge-1");
    await Deno.mkdir(`${folder}/certs`);
    await Deno.writeTextFile(`${folder}/certs/rootCA.crt.new`, ca.cert);
    await Deno.writeTextFile(`${folder}/certs/server.key.new`, key);
    await Deno.writeTextFile(`${folder}/certs/server.crt.new`, cert);
    const { code, out } = await join();
    assertEquals(code, 0);
    assertStringIncludes(out, "note: completed an interrupted join");
  });
});

Deno.test("join, retries are told; a failure exits 1 with what to do", async () => {
  await onStage(async ({ folder, token, join }) => {
    const { code, out, err } = await join("--token", token, "--attempts", "2");
    assertEquals(code, 1);
    assertMatch(out, /retry: CA certificate: .*503, again in \d/);
    assertMatch(err, /^error: .*503\nhint: /);
    assertEquals([...Deno.readDirSync(folder)], []);
  }, { intercept: () => ({ status: 503, body: new Uint8Array() }) });
});

Deno.test("join, arguments that do not suffice exit 2 and touch nothing", async () => {
  await onStage(async ({ folder, join, server }) => {
    const noToken = await join();
    assertEquals(noToken.code, 2);
    assertStringIncludes(noToken.err, "Join needs --token or --token-file");
    const noFile = await join("--token-file", `${folder}/none`);
    assertEquals(noFile.code, 2);
    assertStringIncludes(noFile.err, `does not exist: ${folder}/none`);
    const io = new FakeIo();
    const args = ["join", "--token", await server.endpoint.tokens.issue()];
    assertEquals(await main([...args, "--cert-dir", folder], io), 2);
    assertStringIncludes(io.err, "Join needs --server");
    assertEquals(server.requests.length, 0);
  });
});

Deno.test("join, a configuration that says it all is not repeated", async () => {
  await onStage(async ({ folder, token, server }) => {
    const { caFile, certFile, keyFile } = filesIn(folder);
    const io = new FakeIo();
    const sets = [
      "edgehub.websocket.url=wss://127.0.0.1:10000",
      `edgehub.websocket.cafile=${caFile}`,
      `edgehub.websocket.certfile=${certFile}`,
      `edgehub.websocket.keyfile=${keyFile}`,
    ].flatMap((set) => ["--set", set]);
    const at = `127.0.0.1:${server.port}`;
    const args = ["join", "--server", at, "--token", token, ...sets];
    assertEquals(await main(args, io), 0, io.err);
    assertEquals(io.out.includes("edge.yaml"), false);
    assertStringIncludes(io.out, " as host\n");
  });
});

Deno.test("join, the address that is configured is the one to be put into edge.yaml", async () => {
  await onStage(async ({ folder, token, server }) => {
    const io = new FakeIo();
    const args = ["join", "--token", token, "--cert-dir", `${folder}/certs`];
    const sets = [
      "edgehub.websocket.url=wss://127.0.0.1:30000",
      "edgehub.websocket.cafile=/elsewhere/ca",
      "edgehub.websocket.certfile=/elsewhere/crt",
      "edgehub.websocket.keyfile=/elsewhere/key",
      `edgehub.http-server=127.0.0.1:${server.port}`,
    ].flatMap((set) => ["--set", set]);
    assertEquals(await main([...args, ...sets], io), 0, io.err);
    assertStringIncludes(io.out, 'url: "wss://127.0.0.1:30000"\n');
  });
});
