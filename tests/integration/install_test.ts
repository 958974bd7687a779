import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hasTool, install, runTool, tree } from "../support/install_script.ts";

const UNIT = Deno.readTextFileSync(
  new URL("../../conf/metamanager.service", import.meta.url),
);

/** Directives of the unit; later lines of a name come after earlier ones. */
function directives(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, name = "", value = ""] of UNIT.matchAll(/^(\w+)=(.*)$/gm)) {
    found.set(name, [...found.get(name) ?? [], value]);
  }
  return found;
}

Deno.test({
  name: "install.sh, passes shellcheck",
  // Not part of every system; .ci/run brings it.
  ignore: !await hasTool("shellcheck"),
  async fn() {
    const { code, out } = await runTool(
      "shellcheck",
      "--shell=sh",
      "scripts/install.sh",
    );
    assertEquals(code, 0, out);
  },
});

Deno.test("install.sh, wrong arguments exit 2 with what was expected", async () => {
  const cases: readonly (readonly [string[], string])[] = [
    [["--bnary", "x"], "unknown option: --bnary"],
    [["--binary"], "--binary needs a value"],
    [["--user", "Root!"], "--user: no user name"],
    [["--server", "a b"], "--server: expected HOST"],
    [["--server", 'a"\n'], "--server: expected HOST"],
    [["--server", "a", "--node-id", "-x"], "--node-id: no name"],
    [["--server", "a", "--cloud-port", "0"], "--cloud-port: no port"],
    [["--root", "/nowhere/at/all"], "--root: no folder"],
    [["--purge"], "--purge goes with --uninstall"],
    [["--token-file", "/dev/null"], "--token-file goes with --server"],
    [["--config", "/nowhere.yaml"], "cannot read /nowhere.yaml"],
    [["--config", "/dev/null", "--server", "a"], "--config goes without"],
    [["--dry-run", "--binary", "/nowhere"], "cannot read /nowhere"],
  ];
  for (const [args, text] of cases) {
    const { code, err } = await install(...args);
    assertEquals(code, 2, `${args}: ${err}`);
    assertStringIncludes(err, text);
  }
  const help = await install("--help");
  assertEquals(help.code, 0);
  assertStringIncludes(help.out, "--uninstall");
});

Deno.test("install.sh, refuses what is no program of ours, and touches nothing", async () => {
  const root = await Deno.makeTempDir();
  try {
    const text = `${root}/text`;
    await Deno.writeTextFile(text, "#!/bin/sh\necho metamanager 1\n");
    const elf = `${root}/elf`;
    const bytes = new Uint8Array(64);
    bytes.set([0x7f, 0x45, 0x4c, 0x46]);
    // RISC-V.
    bytes[18] = 243;
    await Deno.writeFile(elf, bytes);
    const cases = [
      [text, "is no program for Linux"],
      [elf, "is for unknown, this machine is"],
      // A program of this machine that is another one.
      [Deno.execPath(), "does not run here"],
    ];
    const before = tree(root);
    for (const [binary = "", said = ""] of cases) {
      const { code, err } = await install("--root", root, "--binary", binary);
      assertEquals(code, 1, err);
      assertStringIncludes(err, said);
    }
    assertEquals(tree(root), before);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("install.sh, where nothing is there is nothing to uninstall", async () => {
  const root = await Deno.makeTempDir();
  try {
    const { code, out } = await install("--root", root, "--uninstall");
    assertEquals(code, 0);
    assert(!out.includes("removing"), out);
    const purge = await install("--root", root, "--uninstall", "--purge");
    assertEquals(purge.code, 2);
    assertStringIncludes(purge.err, "--yes");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("metamanager.service, is hardened as far as V8 allows", () => {
  const found = directives();
  const one = (name: string) => found.get(name)?.join("|");
  assertEquals(one("Type"), "notify");
  assertEquals(one("NotifyAccess"), "main");
  assertEquals(one("Restart"), "always");
  assertEquals(one("RestartPreventExitStatus"), "2");
  assertEquals(one("ProtectSystem"), "strict");
  assertEquals(one("NoNewPrivileges"), "yes");
  assertEquals(one("CapabilityBoundingSet"), "");
  assertEquals(one("LimitCORE"), "0");
  assertEquals(one("MemoryMax"), "256M");
  assert(Number.parseInt(one("WatchdogSec") ?? "") > 0);
  assertEquals(found.has("MemoryDenyWriteExecute"), false);
  for (const name of ["ExecStart", "ExecReload"]) {
    assertStringIncludes(one(name) ?? "", "/etc/metamanager/edge.yaml");
  }
  const repeated = [...found].filter(([, values]) => values.length > 1);
  assertEquals(repeated, []);
});

Deno.test({
  name: "metamanager.service, systemd takes it as it is",
  // Not part of every system.
  ignore: !await hasTool("systemd-analyze"),
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      // With a program that is there, since it looks for it.
      const unit = `${folder}/metamanager.service`;
      await Deno.writeTextFile(
        unit,
        UNIT.replaceAll("/usr/local/bin/metamanager", "/bin/true"),
      );
      const { code, out, err } = await runTool(
        "systemd-analyze",
        "verify",
        "--man=no",
        unit,
      );
      assertEquals([code, out + err], [0, ""]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
