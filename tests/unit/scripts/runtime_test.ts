import { assertEquals, assertThrows } from "@std/assert";
import {
  checkRuntime,
  readRuntime,
  RuntimeError,
  runtimeFor,
  TARGETS,
  variableOf,
} from "../../../scripts/runtime.ts";

const [X86 = "", ARM = ""] = TARGETS;
const none = () => undefined;

function elf(machine: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46]);
  bytes[18] = machine;
  return bytes;
}

Deno.test("runtimeFor, each target has its own variable, and one may be short", () => {
  assertEquals(variableOf(ARM), "DENORT_BIN_AARCH64_UNKNOWN_LINUX_GNU");
  assertEquals(runtimeFor(X86, TARGETS, none), undefined);
  const env = (name: string) =>
    ({
      DENORT_BIN: "/short",
      DENORT_BIN_AARCH64_UNKNOWN_LINUX_GNU: "/arm",
    })[name];
  assertEquals(runtimeFor(ARM, TARGETS, env)?.file, "/arm");
  assertEquals(runtimeFor(X86, [X86], env)?.file, "/short");
  assertThrows(
    () => runtimeFor(X86, TARGETS, env),
    RuntimeError,
    "set DENORT_BIN_X86_64_UNKNOWN_LINUX_GNU",
  );
});

Deno.test("checkRuntime, refuses a runtime of another machine and says which", () => {
  const runtime = { file: "/r", variable: "DENORT_BIN" };
  checkRuntime(X86, runtime, elf(62));
  checkRuntime(ARM, runtime, elf(183));
  assertThrows(
    () => checkRuntime(X86, runtime, elf(183)),
    RuntimeError,
    `DENORT_BIN=/r is for ${ARM}`,
  );
  assertThrows(
    () => checkRuntime(X86, runtime, elf(8)),
    RuntimeError,
    "machine 8",
  );
  for (const bytes of [new Uint8Array(4), new Uint8Array(64)]) {
    assertThrows(
      () => checkRuntime(ARM, runtime, bytes),
      RuntimeError,
      "is no ELF file",
    );
  }
});

Deno.test("readRuntime, a file that is not there is named with its variable", () => {
  assertThrows(
    () => readRuntime(ARM, { file: "/nonexistent", variable: variableOf(ARM) }),
    RuntimeError,
    "DENORT_BIN_AARCH64_UNKNOWN_LINUX_GNU=/nonexistent cannot be read",
  );
});
