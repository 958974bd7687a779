/**
 * Makes a release: an archive per target, the list of what is inside, and
 * their checksums.
 *
 *     deno task release [--out DIR] [--tag vX.Y.Z] [--check]
 *
 * The version is that of CHANGELOG.md. The same sources make the same bytes,
 * in any folder: `--check` builds a copy elsewhere and compares. It needs xz,
 * and git for `--check`.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import manifest from "../deno.json" with { type: "json" };
import { sqliteVersion } from "../lib/store/mod.ts";
import { checkRelease, readRelease, VersionError } from "./changelog.ts";
import { removeIfThere } from "./replace.ts";
import { TARGETS } from "./runtime.ts";
import { type Lock, sbom } from "./sbom.ts";
import { tar, type TarEntry } from "./tar.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const HELP = `deno task release [--out DIR] [--tag vX.Y.Z] [--check]

  --out DIR   where to, dist/release by default
  --tag TAG   the tag that is released: must be the changelog's version
  --check     build a copy in another folder, too, and compare every byte
`;

/** Pages for who runs a node: without internet, too. */
const DOCS = [
  "configuration.md",
  "faults.md",
  "operating.md",
  "pod-agent.md",
  "upgrading.md",
] as const;

/** What goes into an archive beside the binary; path in it, path here. */
const FILES: Readonly<Record<string, string>> = {
  "CHANGELOG.md": "CHANGELOG.md",
  "LICENSE": "LICENSE",
  "README.md": "README.md",
  "agents/agent.py": "conf/agents/agent.py",
  "agents/agent.ts": "conf/agents/agent.ts",
  "edge.yaml": "conf/edge.yaml",
  ...Object.fromEntries(DOCS.map((name) => [`docs/${name}`, `docs/${name}`])),
  "install.sh": "scripts/install.sh",
  "metamanager.service": "conf/metamanager.service",
  "web.yaml": "conf/web.yaml",
};

/** A step of the release did not work. */
class ReleaseError extends Error {
  override readonly name = "ReleaseError";
}

async function main(args: readonly string[]): Promise<number> {
  const values = readOptions(args);
  if (values === undefined || values.help) {
    say(HELP);
    return values ? 0 : 2;
  }
  const { tag, check } = values;
  const out = resolve(ROOT, values.out);
  const sums = await build(out, tag);
  say(sums.trimEnd());
  if (check) await checkElsewhere(sums);
  return 0;
}

/** What the arguments ask for; `undefined`, and said, if they are wrong. */
function readOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        check: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        out: { type: "string", default: "dist/release" },
        tag: { type: "string" },
      },
    }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    say(error.message);
    return undefined;
  }
}

/** Builds everything; the text of SHA256SUMS. */
async function build(out: string, tag: string | undefined): Promise<string> {
  const release = readRelease(read("CHANGELOG.md"));
  checkRelease(release, manifest.version, tag);
  const version = release.version + (release.isUnreleased ? "-unreleased" : "");
  await run(Deno.execPath(), ["task", "--quiet", "compile", "--no-check"]);
  Deno.mkdirSync(out, { recursive: true });
  // What is not whole has no checksums.
  removeIfThere(`${out}/SHA256SUMS`);
  const made: string[] = [];
  const write = (name: string, bytes: Uint8Array) => {
    Deno.writeFileSync(`${out}/${name}`, bytes);
    made.push(name);
  };
  const list = new TextEncoder().encode(await inside(version));
  const bom = `metamanager-${version}.cdx.json`;
  write(bom, list);
  for (const target of TARGETS) {
    const name = `metamanager-${version}-${target}`;
    const entries = [
      ...Object.entries(FILES).map(([path, from]) => entry(name, path, from)),
      entry(name, "metamanager", `dist/metamanager-${target}`),
      { path: `${name}/${bom}`, bytes: list, isExecutable: false },
    ];
    Deno.writeFileSync(`${out}/${name}.tar`, tar(entries));
    // One thread: the blocks of several would depend on the machine.
    await run("xz", ["--force", "--threads=1", "-6", `${out}/${name}.tar`]);
    made.push(`${name}.tar.xz`);
  }
  const lines = await Promise.all(
    made.sort().map(async (name) =>
      `${await sha256(Deno.readFileSync(`${out}/${name}`))}  ${name}\n`
    ),
  );
  Deno.writeTextFileSync(`${out}/SHA256SUMS`, lines.join(""));
  return lines.join("");
}

/** The list of what is inside the binaries of dist. */
async function inside(version: string): Promise<string> {
  const graph = JSON.parse(
    await run(Deno.execPath(), ["info", "--json", "main.ts"]),
  ) as { modules: { specifier: string }[] };
  const root = new URL("../", import.meta.url).href;
  const specifiers = graph.modules.map(({ specifier }) => specifier);
  const own = specifiers.filter((one) => one.startsWith(root))
    .map((one) => one.slice(root.length)).sort();
  const hashes = (paths: readonly (readonly [string, string])[]) =>
    Promise.all(
      paths.map(async ([name, path]) =>
        [name, await sha256(Deno.readFileSync(`${ROOT}${path}`))] as const
      ),
    ).then(Object.fromEntries);
  const lock: Lock = JSON.parse(read("deno.lock"));
  return sbom({
    version,
    binaries: await hashes(TARGETS.map((t) => [t, `dist/metamanager-${t}`])),
    modules: await hashes(own.map((path) => [path, path])),
    packages: specifiers.filter((one) => one.startsWith("npm:/"))
      .map((one) => one.slice("npm:/".length).replace(/(@[^/@]+)\/.*$/, "$1")),
    lock,
    runtime: {
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      sqlite: sqliteVersion(),
    },
  });
}

/** Builds a copy of the sources in another folder, and compares. */
async function checkElsewhere(sums: string): Promise<void> {
  const copy = Deno.makeTempDirSync({ prefix: "metamanager-release-" });
  try {
    const files = await run("git", ["ls-files", "-z", "--cached"]);
    for (const path of files.split("\0").filter(Boolean)) {
      Deno.mkdirSync(dirname(`${copy}/${path}`), { recursive: true });
      Deno.copyFileSync(`${ROOT}${path}`, `${copy}/${path}`);
    }
    await run(Deno.execPath(), ["task", "--quiet", "release"], copy);
    const others = Deno.readTextFileSync(`${copy}/dist/release/SHA256SUMS`);
    if (others !== sums) {
      throw new ReleaseError(
        `Built in another folder it is not the same:\n${others}`,
      );
    }
    say("The same bytes in another folder");
  } finally {
    Deno.removeSync(copy, { recursive: true });
  }
}

function entry(folder: string, path: string, from: string): TarEntry {
  return {
    path: `${folder}/${path}`,
    bytes: Deno.readFileSync(`${ROOT}${from}`),
    isExecutable: path === "metamanager" || /\.(?:sh|py)$/.test(path),
  };
}

function read(path: string): string {
  return Deno.readTextFileSync(`${ROOT}${path}`);
}

/** Runs a program; its standard output. */
async function run(
  program: string,
  args: readonly string[],
  cwd = ROOT,
): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) {
    throw new ReleaseError(`It did not work: ${program} ${args.join(" ")}`);
  }
  return new TextDecoder().decode(stdout);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof ReleaseError || error instanceof VersionError)) {
      throw error;
    }
    say(`error: ${error.message}`);
    Deno.exit(1);
  }
}
