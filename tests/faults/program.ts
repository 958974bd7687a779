/** The compiled program: `METAMANAGER_BINARY`, a command line with its runner. */
export function program(): string[] {
  const text = Deno.env.get("METAMANAGER_BINARY");
  if (text) return text.split(" ");
  const name = `metamanager-${Deno.build.arch}-unknown-linux-gnu`;
  return [new URL(`../../dist/${name}`, import.meta.url).pathname];
}

/**
 * Highest resident memory that any fault may lead to, in MB: the program
 * itself takes about 100, the bounds of `LIMITS` allow for some 60 more.
 */
export const MEMORY_MB_MAX = 256;
