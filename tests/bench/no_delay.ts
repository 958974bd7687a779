/** Linux's numbers for IPPROTO_TCP and TCP_NODELAY. */
const TCP = 6;
const NO_DELAY = 1;

/**
 * Switches Nagle off for all sockets of this process. `Deno.listenTls` has no
 * option for it, and CloudHub, like every Go program, runs without: with it
 * the hub's own sends would wait for the node's acknowledgements.
 *
 * @returns `false` if this machine cannot do it.
 */
export function noDelay(): boolean {
  let libc;
  try {
    libc = Deno.dlopen("libc.so.6", {
      setsockopt: {
        parameters: ["i32", "i32", "i32", "buffer", "u32"],
        result: "i32",
      },
    });
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
  const on = new Uint8Array([1, 0, 0, 0]);
  let done = false;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    // What is no TCP socket refuses, and is none of ours to change.
    done = libc.symbols.setsockopt(Number(name), TCP, NO_DELAY, on, 4) === 0 ||
      done;
  }
  libc.close();
  return done;
}
