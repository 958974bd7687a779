const LOOPBACK_REGEXP = /^(?:localhost|::1|127(?:\.\d{1,3}){3})$/;

/** A port of this machine cannot be listened on; `message` says what to do. */
export class LoopbackPortError extends Error {
  /** Always `LoopbackPortError`. */
  override readonly name = "LoopbackPortError";

  /**
   * Names the address.
   *
   * @param where Address and port.
   * @param reason Why, and the remedy.
   */
  constructor(where: string, reason: string, cause: unknown) {
    super(`Cannot listen on ${where}: ${reason}`, { cause });
  }
}

/** What a loopback door is opened with. */
export interface LoopbackDoor {
  /** `127.0.0.1`, another address of 127.0.0.0/8, `::1` or `localhost`. */
  readonly hostname: string;
  /** Port; 0 takes a free one. */
  readonly port: number;
  /** Key of the configuration that names the address, for the remedy. */
  readonly key: string;
}

/**
 * Makes sure that no other machine can reach an address.
 *
 * @throws {RangeError} If one could.
 */
export function checkLoopback({ hostname, key }: LoopbackDoor): void {
  if (LOOPBACK_REGEXP.test(hostname)) return;
  throw new RangeError(
    `Cannot listen beyond this machine, use 127.0.0.1 in ${key}: ${hostname}`,
  );
}

/**
 * Listens on an address that no other machine can reach.
 *
 * @throws {RangeError} If one could.
 * @throws {LoopbackPortError} If the port is taken or cannot be had.
 */
export function listenOnLoopback(door: LoopbackDoor): Deno.Listener {
  checkLoopback(door);
  const { hostname, port, key } = door;
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    const reason = error instanceof Deno.errors.AddrInUse
      ? `another program has the port, choose another in ${key}`
      : `check ${key}: ${error instanceof Error ? error.message : error}`;
    throw new LoopbackPortError(`${host}:${port}`, reason, error);
  }
}
