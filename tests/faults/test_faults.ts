import type { Fault } from "./fault.ts";
import { print } from "./print.ts";
import { MEMORY_MB_MAX } from "./program.ts";
import { lackOf, runFault } from "./run_fault.ts";

/** Makes a test of each fault; its name says what keeps it from running. */
export function testFaults(faults: readonly Fault[]): void {
  for (const fault of faults) {
    const lack = lackOf(fault);
    const remark = lack ? ` (not here, it needs: ${lack})` : "";
    Deno.test({
      name: `${fault.name}: ${fault.title}${remark}`,
      ignore: lack !== "",
      fn: async () => {
        const peakMb = await runFault(fault);
        print(
          `${fault.name}: peak ${peakMb.toFixed(0)} of ${MEMORY_MB_MAX} MB`,
        );
      },
    });
  }
}
