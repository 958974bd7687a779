import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SystemClock } from "../../../../lib/base/mod.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { Logger } from "../../../../lib/telemetry/mod.ts";
import { RECORDED_TOKEN } from "../../../support/enrolment_recording.ts";
import { World } from "../../../support/node_world.ts";
import { Stage } from "../../doctor/stage.ts";
import { FakeIo } from "../fake_io.ts";

async function bundle(sets: readonly string[], ...more: string[]) {
  const io = new FakeIo();
  const args = sets.flatMap((set) => ["--set", set]);
  const code = await main(["support-bundle", ...args, ...more], io);
  return { code, out: io.out, err: io.err };
}

/** Unpacks an archive with tar. @returns Texts by name. */
async function unpack(file: string): Promise<Record<string, string>> {
  const folder = await Deno.makeTempDir();
  try {
    const { success } = await new Deno.Command("tar", {
      args: ["-xzf", file, "--strip-components=1"],
      cwd: folder,
    }).output();
    assert(success);
    return Object.fromEntries(
      [...Deno.readDirSync(folder)].map(({ name }) => [
        name,
        Deno.readTextFileSync(`${folder}/${name}`),
      ]),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("support-bundle, I3 secrets_never_logged: of a running node it has everything but secrets", async () => {
  await using world = await World.start();
  const mark = "S3cretMark";
  const bearer = `${world.folder}/bearer`;
  await Deno.writeTextFile(bearer, `bearer${mark}`, { mode: 0o600 });
  const yaml = `${world.folder}/edge.yaml`;
  await Deno.writeTextFile(yaml, `edgehub:\n  token: ${RECORDED_TOKEN}\n`);
  const sets = [
    `edgehub.proxy=http://user:proxy${mark}@127.0.0.1:1`,
    "edgehub.no-proxy=[127.0.0.1]",
    "edged.listen=127.0.0.1:0",
    `edged.token-file=${bearer}`,
  ];
  const log = new Logger("node", {
    clock: new SystemClock(),
    sink: () => {},
  });
  await using node = await world.node({ sets, parts: { log } });
  await node.start();
  world.hub.apply({
    kind: "Secret",
    metadata: { name: "s" },
    data: { password: btoa(`data${mark}`) },
  });
  log.warn(`told -----BEGIN PRIVATE KEY-----\n${mark}`, { token: mark });
  log.warn("asked", { header: `Authorization: Bearer ${mark}` });
  const file = `${world.folder}/out.tar.gz`;
  const { code, out, err } = await bundle(
    world.sets(...sets),
    "--config",
    yaml,
    "--file",
    file,
  );
  assertEquals([code, out], [0, `${file}\n`], err);
  assertEquals((Deno.statSync(file).mode ?? 0) & 0o777, 0o600);
  const files = await unpack(file);
  for (
    const name of [
      "version.json",
      "system.json",
      "config.yaml",
      "doctor.json",
      "store.json",
      "status.json",
      "health.txt",
      "metrics.txt",
      "outbox.json",
      "log.json",
      "manifest.json",
    ]
  ) assert((files[name] ?? "").length > 2, name);
  assertStringIncludes(files["log.json"] ?? "", "node runs");
  assertStringIncludes(files["log.json"] ?? "", "told [redacted private key]");
  assertStringIncludes(
    files["metrics.txt"] ?? "",
    "metamanager_cloud_connected",
  );
  assertStringIncludes(files["config.yaml"] ?? "", `node-id: edge-1`);
  assertEquals(JSON.parse(files["status.json"] ?? "").node, "edge-1");
  const all = Object.values(files).join("\n") + err;
  for (
    const secret of [
      mark,
      btoa(`data${mark}`),
      btoa(`user:proxy${mark}`),
      ...RECORDED_TOKEN.split("."),
    ]
  ) assertEquals(all.includes(secret), false, secret);
});

Deno.test("support-bundle, the node is down: it says what is missing, and overwrites nothing", async () => {
  await using stage = await Stage.make();
  const file = `${stage.folder}/out.tar.gz`;
  const first = await bundle(stage.sets(), "-f", file);
  assertEquals(first.code, 0, first.err);
  assertStringIncludes(
    first.err,
    "note: without status.json, health.txt, metrics.txt, outbox.json, " +
      "log.json, messages.json: No node runs",
  );
  const files = await unpack(file);
  assertEquals(Object.keys(files).sort(), [
    "config.yaml",
    "doctor.json",
    "manifest.json",
    "store.json",
    "system.json",
    "version.json",
  ]);
  const { missing } = JSON.parse(files["manifest.json"] ?? "");
  assertEquals(missing.length, 6);
  const before = Deno.readFileSync(file);
  const second = await bundle(stage.sets(), "-f", file);
  assertEquals(second.code, 1);
  assertStringIncludes(second.err, "there is such a file already");
  assertStringIncludes(second.err, "hint: Name another file with --file");
  assertEquals(Deno.readFileSync(file), before);
  const nowhere = await bundle(stage.sets(), "-f", `${stage.folder}/no/x`);
  assertEquals(nowhere.code, 1);
});

Deno.test("support-bundle, a configuration that cannot be used is what the report is about", async () => {
  await using stage = await Stage.make();
  const file = `${stage.folder}/out.tar.gz`;
  const socket = ["--set", "log.levl=x"];
  const { code, err } = await bundle(stage.sets(), ...socket, "-f", file);
  assertEquals(code, 0);
  assertStringIncludes(err, "note: without config.yaml: Cannot use the config");
  const { "doctor.json": doctor = "" } = await unpack(file);
  assertStringIncludes(doctor, "log.levl: unknown key");
});

Deno.test("support-bundle, --dry-run lists what would go in and does nothing", async () => {
  await using stage = await Stage.make();
  const file = `${stage.folder}/out.tar.gz`;
  const { code, out } = await bundle(stage.sets(), "-f", file, "--dry-run");
  assertEquals(code, 0);
  assertStringIncludes(
    out,
    `Would write ${file} with\n  version.json   versions`,
  );
  assertStringIncludes(
    out,
    "config.yaml    the configuration that counts, sec",
  );
  assertEquals([...Deno.readDirSync(stage.folder)], []);
  const named = await bundle(stage.sets(), "--dry-run");
  assert(
    /\/metamanager-edge-1-\d{8}T\d{6}Z\.tar\.gz with/.test(named.out),
    named.out,
  );
});
