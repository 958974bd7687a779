import { assert } from "@std/assert";
import { main } from "../../../../lib/cli/mod.ts";
import { FakeIo } from "../fake_io.ts";

/** The script for a shell, as the command prints it. */
export async function script(shell: string): Promise<string> {
  const io = new FakeIo();
  assert(await main(["completion", shell], io) === 0, io.err);
  return io.out;
}

/** Whether a shell is installed. */
export async function isInstalled(shell: string): Promise<boolean> {
  try {
    const command = new Deno.Command(shell, { args: ["-c", "true"] });
    return (await command.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Runs a program of a shell. @returns The lines that it prints. */
export async function lines(
  shell: string,
  args: readonly string[],
  cwd?: string,
): Promise<string[]> {
  const { stdout, stderr, success } = await new Deno.Command(shell, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
  }).output();
  const said = new TextDecoder().decode(stderr);
  assert(success && said === "", said);
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}
