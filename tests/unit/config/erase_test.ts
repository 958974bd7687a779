import { dirname } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { eraseValue, loadConfig } from "../../../lib/config/mod.ts";
import { RECORDED_TOKEN } from "../../support/enrolment_recording.ts";

const KEY = "edgehub.token";

async function withFile(
  text: string,
  run: (file: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/edge.yaml`;
  await Deno.writeTextFile(file, text);
  await Deno.chmod(file, 0o640);
  try {
    await run(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("keys_and_tokens_private_on_disk, I4: the used token goes from edge.yaml, every other byte stays", async () => {
  const ways = [
    `  token: ${RECORDED_TOKEN}   # from keadm\n`,
    `  token: "${RECORDED_TOKEN}"\n`,
    `  token: '${RECORDED_TOKEN}' # "quoted"\r\n`,
    `  token: >-\n    ${RECORDED_TOKEN}\n`,
    `  {token: ${RECORDED_TOKEN}}\n`,
  ];
  for (const way of ways) {
    const around = (middle: string) =>
      `# top\n\nlog: {level: debug}   # odd  spaces\nedgehub:\n${middle}\n# end: token: x`;
    await withFile(around(way), async (file) => {
      assertEquals(await eraseValue(file, KEY), { kind: "erased" });
      const after = await Deno.readTextFile(file);
      const value = way.includes(">-")
        ? `>-\n    ${RECORDED_TOKEN}`
        : way.includes('"R') || /["']/.test(way[9] ?? "")
        ? `${way[9]}${RECORDED_TOKEN}${way[9]}`
        : RECORDED_TOKEN;
      assertEquals(after, around(way.replace(value, '""')));
      const { config } = await loadConfig({ file, hostname: () => "h" });
      assertEquals([config.edgehub.token, config.log.level], ["", "debug"]);
      assertEquals((await Deno.stat(file)).mode! & 0o777, 0o640);
      const names = Array.from(Deno.readDirSync(dirname(file)), (e) => e.name);
      assertEquals(names, ["edge.yaml"]);
    });
  }
});

Deno.test("eraseValue, a link stays a link, what a crash left is no obstacle", async () => {
  await withFile(`edgehub:\n  token: ${RECORDED_TOKEN}\n`, async (file) => {
    const link = `${file}.link`;
    await Deno.symlink(file, link);
    await Deno.writeTextFile(`${file}.metamanager-new`, "half");
    assertEquals(await eraseValue(link, KEY), { kind: "erased" });
    assert((await Deno.lstat(link)).isSymlink);
    assertEquals(await Deno.readTextFile(file), 'edgehub:\n  token: ""\n');
  });
});

Deno.test("eraseValue, what cannot be erased is kept as it is, with the reason", async () => {
  await withFile("edgehub: {}\n", async (file) => {
    const reason = async (name: string) => {
      const erased = await eraseValue(name, KEY);
      return erased.kind === "kept" ? erased.reason : "";
    };
    assertEquals(await reason(file), "the value was not found there");
    assert((await reason(`${file}.none`)).includes("No such file"));
    assertEquals(await Deno.readTextFile(file), "edgehub: {}\n");
  });
});

Deno.test("eraseValue, the file keeps its owner, or is not touched where it is another user's", async () => {
  const text = `edgehub:\n  token: ${RECORDED_TOKEN}\n`;
  await withFile(text, async (file) => {
    const isRoot = Deno.uid() === 0;
    if (isRoot) await Deno.chown(file, 12, 34);
    const erased = await eraseValue(isRoot ? file : "/etc/hostname", KEY);
    assertEquals(erased.kind, isRoot ? "erased" : "kept");
    const { uid, gid } = await Deno.stat(file);
    if (isRoot) assertEquals([uid, gid], [12, 34]);
  });
});

Deno.test("eraseValue, a write that fails leaves the file and nothing beside", async () => {
  const text = `edgehub:\n  token: ${RECORDED_TOKEN}\n`;
  await withFile(text, async (file) => {
    await Deno.mkdir(`${file}.metamanager-new/x`, { recursive: true });
    assertEquals((await eraseValue(file, KEY)).kind, "kept");
    assertEquals(await Deno.readTextFile(file), text);
  });
});
