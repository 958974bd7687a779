import { type Clock, sleep } from "../../lib/base/mod.ts";
import { bytePipe, type PipeEnd } from "./byte_pipe.ts";

/** How a thin link behaves. */
export interface ThinLinkOptions {
  /** Bytes a second from the near end to the far one. */
  readonly bytesPerSecond: number;
  /** Bytes that the near end's kernel takes at once. */
  readonly kernelBytes: number;
}

/** Time between two steps of what moves, in milliseconds. */
const STEP_MS = 50;

/**
 * A pair of connected streams as over a slow modem: the near end's kernel
 * takes much at once and sends it slowly; the way back is quick.
 */
export function thinLink(
  clock: Clock,
  options: ThinLinkOptions,
): [PipeEnd, PipeEnd] {
  const [near, inside] = bytePipe({ capacityBytes: options.kernelBytes });
  const [outside, far] = bytePipe();
  const stepBytes = Math.ceil(options.bytesPerSecond * STEP_MS / 1000);
  void carry(inside, outside, stepBytes, () => sleep(clock, STEP_MS));
  void carry(outside, inside, 65_536, () => Promise.resolve());
  return [near, far];
}

async function carry(
  from: PipeEnd,
  to: PipeEnd,
  stepBytes: number,
  step: () => Promise<void>,
): Promise<void> {
  const buffer = new Uint8Array(stepBytes);
  try {
    for (let length; (length = await from.read(buffer)) !== null;) {
      await step();
      await to.writeAll(buffer.subarray(0, length));
    }
  } catch (error) {
    // Either end may close at any time.
    if (!(error instanceof Error)) throw error;
  }
  from.close();
  to.close();
}
