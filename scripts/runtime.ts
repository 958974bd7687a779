/** Targets of the binaries, with the machine number in their ELF header. */
const MACHINES: Readonly<Record<string, number>> = {
  "x86_64-unknown-linux-gnu": 62,
  "aarch64-unknown-linux-gnu": 183,
};

/** All targets. */
export const TARGETS: readonly string[] = Object.keys(MACHINES);

/** A runtime that is already there. */
export interface Runtime {
  /** Its file. */
  readonly file: string;
  /** Variable of the environment that named it. */
  readonly variable: string;
}

/** There is no runtime for a target, or the wrong one. */
export class RuntimeError extends Error {
  /** Always `RuntimeError`. */
  override readonly name = "RuntimeError";

  /** An error that says what to set. */
  constructor(target: string, what = "could not be compiled") {
    super(
      `The binary for ${target} ${what}: if its runtime cannot be downloaded, ` +
        `set ${variableOf(target)} to the file of a denort ` +
        `of Deno ${Deno.version.deno} for ${target}`,
    );
  }
}

/** The variable that names a target's runtime. */
export function variableOf(target: string): string {
  return `DENORT_BIN_${target.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * The runtime that the environment names for a target; `undefined`: let
 * `deno compile` download it.
 *
 * @param targets All targets that are asked for.
 * @throws {RuntimeError} If DENORT_BIN is set and cannot be meant for all of them.
 */
export function runtimeFor(
  target: string,
  targets: readonly string[],
  env: (name: string) => string | undefined,
): Runtime | undefined {
  const own = variableOf(target);
  for (const variable of [own, "DENORT_BIN"]) {
    const file = env(variable);
    if (!file) continue;
    if (variable === "DENORT_BIN" && targets.length > 1) {
      throw new RuntimeError(
        target,
        "has no runtime of its own, DENORT_BIN names one for several targets",
      );
    }
    return { file, variable };
  }
  return undefined;
}

/**
 * Reads a runtime and checks that it is one for the target.
 *
 * @throws {RuntimeError} If it cannot be read, or is not.
 */
export function readRuntime(target: string, runtime: Runtime): void {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(runtime.file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RuntimeError(
      target,
      `has no runtime, ${runtime.variable}=${runtime.file} ` +
        `cannot be read (${reason})`,
    );
  }
  checkRuntime(target, runtime, bytes);
}

/**
 * Checks that a runtime is one for the target.
 *
 * @throws {RuntimeError} If it is no ELF file or one for another machine.
 */
export function checkRuntime(
  target: string,
  runtime: Runtime,
  bytes: Uint8Array,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isElf = bytes.length >= 20 && view.getUint32(0) === 0x7f454c46;
  const machine = isElf ? view.getUint16(18, true) : undefined;
  if (machine === MACHINES[target]) return;
  const other = TARGETS.find((t) => MACHINES[t] === machine);
  const found = !isElf
    ? "is no ELF file"
    : `is for ${other ?? `machine ${machine}`}`;
  throw new RuntimeError(
    target,
    `has the wrong runtime, ${runtime.variable}=${runtime.file} ${found}`,
  );
}
