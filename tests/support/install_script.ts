/** The project's folder. */
const ROOT = new URL("../../", import.meta.url);

/** What a run of install.sh said. */
export interface InstallRun {
  /** Exit code. */
  readonly code: number;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly err: string;
}

/** Runs scripts/install.sh, never with a terminal. */
export function install(...args: readonly string[]): Promise<InstallRun> {
  return runTool("sh", "scripts/install.sh", ...args);
}

/** Runs a program in the project's folder. */
export async function runTool(
  program: string,
  ...args: readonly string[]
): Promise<InstallRun> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** Whether a program is on the path. */
export async function hasTool(name: string): Promise<boolean> {
  return (await runTool("sh", "-c", `command -v ${name}`)).code === 0;
}

/** All files and folders below one, sorted, with their mode. */
export function tree(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    const mode = ((Deno.lstatSync(path).mode ?? 0) & 0o7777).toString(8);
    const own = `${prefix}${name} ${mode}`;
    return isDirectory ? [own, ...tree(path, `${prefix}${name}/`)] : [own];
  }).sort();
}
