import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { install, tree } from "../support/install_script.ts";
import { commandLine } from "./binary.ts";

const BINARY = commandLine().at(-1) ?? "";
const PROGRAM = BINARY.split("/").pop();
const isForHere = BINARY.includes(Deno.build.arch);

/** Installs into a root of its own, with a configuration of words. */
class Root implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();

  install(...args: string[]) {
    return install("--root", this.folder, "--binary", BINARY, ...args);
  }

  read(path: string): string {
    return Deno.readTextFileSync(`${this.folder}/${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

const FILES = [
  "etc 755",
  "etc/metamanager 750",
  "etc/metamanager/edge.yaml 640",
  "etc/systemd 755",
  "etc/systemd/system 755",
  "etc/systemd/system/metamanager.service 644",
  "usr 755",
  "usr/local 755",
  "usr/local/bin 755",
  "usr/local/bin/metamanager 755",
  "var 755",
  "var/lib 755",
  "var/lib/metamanager 700",
];

Deno.test({
  name: `install.sh refuses ${PROGRAM} on a machine of another kind`,
  // That of this machine is installed below.
  ignore: isForHere,
  async fn() {
    await using root = new Root();
    const { code, err } = await root.install();
    assertEquals(code, 1);
    assertStringIncludes(err, `this machine is ${Deno.build.arch}`);
    assertEquals(tree(root.folder), []);
  },
});

Deno.test({
  name:
    `install.sh installs ${PROGRAM}, again without a change, and removes it`,
  // Others are refused, above.
  ignore: !isForHere,
  async fn(t) {
    await using root = new Root();
    const { folder } = root;

    await t.step("a dry run says all and does nothing", async () => {
      const { code, out } = await root.install("--dry-run");
      assertEquals(code, 0, out);
      assertStringIncludes(out, `writing: ${folder}/etc/metamanager/edge.yaml`);
      assertEquals(tree(folder), []);
    });

    await t.step("a configuration with a mistake touches nothing", async () => {
      const file = await Deno.makeTempFile();
      await Deno.writeTextFile(file, "log: { level: loud }");
      const { code, err } = await root.install("--config", file);
      assertEquals(code, 2);
      assertStringIncludes(err, "log.level");
      assertEquals(tree(folder), []);
      await Deno.remove(file);
    });

    await t.step("a node with a cloud gets its configuration", async () => {
      const token = await Deno.makeTempFile();
      await Deno.writeTextFile(token, "word");
      const { code, err } = await root.install(
        ...["--server", "[fd00::1]:10002", "--token-file", token],
        ...["--node-id", "edge-1", "--user", "mm"],
      );
      assertEquals(code, 0, err);
      assertEquals(
        tree(folder),
        [...FILES, "var/lib/metamanager/join-token 600"],
      );
      const config = root.read("etc/metamanager/edge.yaml");
      assertStringIncludes(config, 'url: "wss://[fd00::1]:10000"');
      assertStringIncludes(config, 'http-server: "[fd00::1]:10002"');
      assertStringIncludes(config, 'node-id: "edge-1"');
      const unit = root.read("etc/systemd/system/metamanager.service");
      assert(/^User=mm\nGroup=mm$/m.test(unit), unit);
      assertEquals(await Deno.readTextFile(token), "word");
      await Deno.remove(token);
    });

    await t.step("again it changes nothing of the configuration", async () => {
      const { code, out } = await root.install(
        "--server",
        "other",
        "--user",
        "mm",
      );
      assertEquals(code, 0);
      assert(!/^(writing|making|keeping):/m.test(out), out);
      assertStringIncludes(out, "not used, there is a configuration: other");
    });

    await t.step(
      "a configuration that the program does not take stops an upgrade",
      async () => {
        const file = `${folder}/etc/metamanager/edge.yaml`;
        const good = await Deno.readTextFile(file);
        await Deno.writeTextFile(file, `${good}\nlog: { gone: 1 }\n`);
        const before = tree(folder);
        const { code, err } = await root.install("--user", "other");
        assertEquals(code, 1);
        assertStringIncludes(err, "log.gone");
        assertStringIncludes(err, "this version does not take");
        assertEquals(tree(folder), before);
        await Deno.writeTextFile(file, good);
      },
    );

    await t.step("an upgrade keeps the program that ran so far", async () => {
      const bin = `${folder}/usr/local/bin/metamanager`;
      await Deno.writeTextFile(bin, "the old one");
      const { code } = await root.install("--user", "mm");
      assertEquals(code, 0);
      assertEquals(await Deno.readTextFile(`${bin}.previous`), "the old one");
      const { size } = await Deno.stat(bin);
      assertEquals(size, (await Deno.stat(BINARY)).size);
    });

    await t.step("uninstall keeps the store, purge does not", async () => {
      const kept = await install("--root", folder, "--uninstall");
      assertEquals(kept.code, 0);
      const left = tree(folder).map((line) => line.split(" ")[0]);
      assert(left.includes("etc/metamanager/edge.yaml"));
      assert(left.includes("var/lib/metamanager/join-token"));
      assert(
        !left.some((path) => /\.service|bin\/metamanager/.test(path ?? "")),
      );
      const purged = ["--uninstall", "--purge", "--yes"];
      assertEquals((await install("--root", folder, ...purged)).code, 0);
      assert(!tree(folder).some((path) => path.includes("metamanager")));
    });

    await t.step(
      "a node without a cloud gets the commented default",
      async () => {
        assertEquals((await root.install()).code, 0);
        assertEquals(
          root.read("etc/metamanager/edge.yaml"),
          await Deno.readTextFile(
            new URL("../../conf/edge.yaml", import.meta.url),
          ),
        );
      },
    );
  },
});
