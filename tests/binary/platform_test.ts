import { assert, assertEquals, assertMatch } from "@std/assert";
import { BinaryNode, commandLine, runOnce } from "./binary.ts";

/** Libraries that a glibc system has of itself. */
const SYSTEM_REGEXP =
  /\/(?:ld-linux[\w-]*|libc|libm|libdl|libpthread|librt|libgcc_s|libresolv|libnss_\w+)(?:[-.][\d.]*)?\.so(?:\.\d+)*$/;

/** Under a runner `/proc` tells of the runner. */
const isNative = () => commandLine().length === 1;

/** Files that a process has mapped. */
function mapped(pid: number): string[] {
  const lines = Deno.readTextFileSync(`/proc/${pid}/maps`).split("\n");
  return [...new Set(lines.map((line) => line.split(/\s+/)[5] ?? ""))]
    .filter((path) => path.startsWith("/"));
}

/** Files that a process may write. */
function writable(pid: number): string[] {
  const paths: string[] = [];
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    const info = Deno.readTextFileSync(`/proc/${pid}/fdinfo/${name}`);
    const flags = parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? "0", 8);
    const path = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
    if ((flags & 3) !== 0 && path.startsWith("/")) paths.push(path);
  }
  return paths.filter((path) => !path.startsWith("/dev/"));
}

Deno.test("sqlite_is_inside_the_binary, K1: it stores, and loads nothing but itself and the C library", async () => {
  await using node = await BinaryNode.start();
  const files = isNative() ? mapped(node.pid) : [];
  const strange = files.filter((path) =>
    path.endsWith(".so") || path.includes(".so.")
  ).filter((path) => !SYSTEM_REGEXP.test(path));
  assertEquals(strange, []);
  const { stdout } = await runOnce("version");
  assertMatch(stdout, /^sqlite +3\./m);
  const store = await Deno.stat(`${node.folder}/store/metamanager.db`);
  assert(store.isFile && store.size > 0);
});

Deno.test("heap_limit_fixed_in_binary, K6: the limit is there, and no variable changes it", async () => {
  const [program = "", ...rest] = commandLine();
  const { stdout } = await new Deno.Command(program, {
    args: [...rest, "version"],
    env: {
      DENO_V8_FLAGS: "--max-old-space-size=4000",
      NODE_OPTIONS: "--max-old-space-size=4000",
    },
  }).output();
  const text = new TextDecoder().decode(stdout);
  const limitMiB = Number(/^heapLimitMiB +(\d+)/m.exec(text)?.[1]);
  // The old space of 128 MiB and three young halves of 4 MiB.
  assert(limitMiB >= 128 && limitMiB <= 144, text);
});

Deno.test("runs_on_read_only_root, K7: only files below its own folders are written, in the whole of a life", async () => {
  const empty = await Deno.makeTempDir();
  try {
    const env = {
      HOME: `${empty}/home`,
      TMPDIR: empty,
      DENO_DIR: `${empty}/deno`,
      XDG_CACHE_HOME: `${empty}/cache`,
    };
    await using node = await BinaryNode.start({ cwd: empty, env });
    const others = (isNative() ? writable(node.pid) : [])
      .filter((path) => !path.startsWith(`${node.folder}/`));
    assertEquals(others, []);
    const status = await node.end("SIGTERM");
    assertEquals(status.code, 0, node.log);
    assertEquals([...Deno.readDirSync(empty)].map(({ name }) => name), []);
  } finally {
    await Deno.remove(empty, { recursive: true });
  }
});
