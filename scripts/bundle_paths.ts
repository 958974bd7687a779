/**
 * Names the modules of npm packages in a bundle by their package. The bundler
 * names them by where they lie from here, so the same sources would make
 * another binary in another folder, and tell of the machine they were built on.
 */
export function portablePaths(bundle: string): string {
  return bundle.replace(
    /^(\/\/ | *")(?:[^"\n]*\/)?npm\/[^/"\n]+\/(?=[^"\n]+(?:"\(|$))/gm,
    "$1npm:",
  );
}
