/** Where a file of a bundle names another one. */
const OTHER_FILE = /(?<=")\.\/([\w-]+\.js)(?=")/g;

/**
 * Makes equal bundles of equal sources, wherever they were made: the bundler
 * names parts by a hash of text that tells where packages lie.
 *
 * @param files Texts by name.
 * @param entry Name of the file that begins.
 * @returns The files that it leads to, itself first under its own name.
 */
export function portableBundle(
  files: ReadonlyMap<string, string>,
  entry: string,
): ReadonlyMap<string, string> {
  const names = new Map([[entry, entry]]);
  for (const [name] of names) {
    for (const [, other = ""] of textOf(name).matchAll(OTHER_FILE)) {
      if (!files.has(other) || names.has(other)) continue;
      names.set(other, `part-${names.size}.js`);
    }
  }
  function textOf(name: string): string {
    return files.get(name) ?? "";
  }
  return new Map(
    [...names].map(([before, name]) => [
      name,
      portablePaths(textOf(before)).replace(
        OTHER_FILE,
        (path, other) => names.has(other) ? `./${names.get(other)}` : path,
      ),
    ]),
  );
}

/**
 * Names the modules of npm packages in a bundle by their package. The bundler
 * names them by where they lie from here, so the same sources would make
 * another binary in another folder, and tell of the machine they were built on.
 */
function portablePaths(bundle: string): string {
  return bundle.replace(
    /^(\/\/ | *")(?:[^"\n]*\/)?npm\/[^/"\n]+\/(?=[^"\n]+(?:"\(|$))/gm,
    "$1npm:",
  );
}
