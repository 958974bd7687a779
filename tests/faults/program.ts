/**
 * The compiled program: `METAMANAGER_BINARY`, a command line with its runner,
 * or what `deno task compile` wrote. Without relative paths: what enters a
 * mount namespace loses its folder.
 */
export function program(): string[] {
  const name = `metamanager-${Deno.build.arch}-unknown-linux-gnu`;
  const text = Deno.env.get("METAMANAGER_BINARY") ??
    new URL(`../../dist/${name}`, import.meta.url).pathname;
  return text.split(" ").map((word) =>
    /^[^/-].*\//.test(word) ? `${Deno.cwd()}/${word}` : word
  );
}

/**
 * Highest resident memory that any fault may lead to, in MB: the program
 * itself takes some 80, and the bounds of `LIMITS` allow for the rest.
 */
export const MEMORY_MB_MAX = 192;
