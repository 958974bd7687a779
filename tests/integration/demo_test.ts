import { assert, assertEquals, assertMatch } from "@std/assert";
import { PERMISSIONS } from "../../scripts/permissions.ts";

const ROOT = new URL("../../", import.meta.url);

/** `metamanager demo` as the task runs it, its folders in one of their own. */
function start(folder: string, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", ...PERMISSIONS, "main.ts", "demo", ...args],
    cwd: ROOT,
    env: { TMPDIR: folder, DENO_TLS_CA_STORE: "mozilla,system" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Gives a folder to a run, which must leave nothing in it. */
async function withFolder(
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(left, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("metamanager demo, holds with the program's permissions, in colour-free text", () =>
  withFolder(async (folder) => {
    const { code, stdout, stderr } = await start(folder).output();
    const [out, err] = [stdout, stderr].map((b) => new TextDecoder().decode(b));
    assertEquals([code, err], [0, ""], out);
    assert(out !== undefined);
    assertMatch(out, /^All \d+ steps held in \d+\.\d\ds$/m);
    assertEquals(out.includes("\x1b"), false);
  }));

/** Reads standard output until it has said something. */
async function readUntil(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  text: string,
): Promise<string> {
  const decoder = new TextDecoder();
  let seen = "";
  while (!seen.includes(text)) {
    const { value, done } = await reader.read();
    assert(!done, `ended early:\n${seen}`);
    seen += decoder.decode(value, { stream: true });
  }
  return seen;
}

Deno.test("metamanager demo, exits with 1 when a step fails, and leaves nothing", () =>
  withFolder(async (folder) => {
    const child = start(folder);
    const reader = child.stdout.getReader();
    await readUntil(reader, "\n2  ");
    // It stands where the power cut wants to put the store.
    const [demo] = [...Deno.readDirSync(folder)];
    await Deno.mkdir(`${folder}/${demo?.name}/image`);
    const seen = await readUntil(reader, "A step failed, after ");
    assertMatch(
      seen,
      /user +-> node +power +off +FAILED\n +expected {2}no error/,
    );
    for (;;) if ((await reader.read()).done) break;
    assertEquals(await new Response(child.stderr).text(), "");
    assertEquals((await child.status).code, 1);
  }));

Deno.test("metamanager demo, exits with 1 at the step it is at when its time is up", () =>
  withFolder(async (folder) => {
    const { code, stdout, stderr } = await start(folder, "--limit", "0.3")
      .output();
    const [out, err] = [stdout, stderr].map((b) => new TextDecoder().decode(b));
    assertEquals([code, err], [1, ""], out);
    assertMatch(
      out ?? "",
      /FAILED\n +expected {2}the end of the demonstration within 0\.3 s\n/,
    );
    assertMatch(out ?? "", /\nA step failed, after \d+ that held in /);
  }));

/** Interrupts it in the middle; it must clean up and say so. */
function interrupt(first: Deno.Signal, ...more: Deno.Signal[]): Promise<void> {
  return withFolder(async (folder) => {
    const child = start(folder);
    const reader = child.stdout.getReader();
    await readUntil(reader, "\n2  ");
    for (const signal of [first, ...more]) child.kill(signal);
    for (;;) if ((await reader.read()).done) break;
    const err = new TextDecoder().decode(
      new Uint8Array(await new Response(child.stderr).arrayBuffer()),
    );
    assertEquals(err, `Ended by ${first}, everything is cleaned up\n`);
    assertEquals((await child.status).code, first === "SIGHUP" ? 129 : 130);
  });
}

Deno.test("metamanager demo, cleans up when a Ctrl-C comes twice, as under a task", () =>
  interrupt("SIGINT", "SIGINT"));

Deno.test("metamanager demo, cleans up when its terminal goes", () =>
  interrupt("SIGHUP"));
