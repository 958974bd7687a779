import { assert, assertEquals } from "@std/assert";
import { mountWay } from "./small_disk.ts";
import type { Fault } from "./fault.ts";
import { MEMORY_MB_MAX } from "./program.ts";
import { Scene } from "./scene.ts";

/**
 * Lets a fault happen to a program, and compares what is seen of it.
 *
 * @returns The program's highest memory, in MB.
 */
export async function runFault(fault: Fault): Promise<number> {
  await using scene = await Scene.open(fault.scene);
  await fault.run(scene);
  const { log, health, exitCode } = fault.signs;
  assertEquals(await scene.stopped(), 0, scene.output);
  assertEquals(scene.exitCode, exitCode, scene.output);
  assert(!log || scene.output.includes(log), scene.output);
  const isSeen = scene.seen.some((page) => page.includes(health ?? ""));
  assert(!health || isSeen, scene.seen.join("\n"));
  assert(scene.peakMb <= MEMORY_MB_MAX, `${scene.peakMb} MB`);
  return scene.peakMb;
}

/** What a fault needs and this machine does not give; empty if nothing. */
export function lackOf({ needs }: Fault): string {
  if (needs === undefined) return "";
  const isRoot = Deno.uid() === 0;
  const has = needs === "mount"
    ? mountWay() !== undefined
    : needs === "root"
    ? isRoot
    : isRoot && mountWay() !== undefined && hasLoopDevices();
  return has ? "" : needs;
}

function hasLoopDevices(): boolean {
  try {
    Deno.statSync("/dev/loop-control");
    return new Deno.Command("mkfs.ext4", { args: ["-V"], stderr: "null" })
      .outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
