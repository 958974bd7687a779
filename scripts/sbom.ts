/** What a release is made of. */
export interface Ingredients {
  /** Version of the program. */
  readonly version: string;
  /** The binaries, by target, with the SHA-256 of each in hex. */
  readonly binaries: Readonly<Record<string, string>>;
  /** Our own modules by path, with the SHA-256 of each in hex. */
  readonly modules: Readonly<Record<string, string>>;
  /** Packages of npm that are inside: `name@version`. */
  readonly packages: readonly string[];
  /** deno.lock. */
  readonly lock: Lock;
  /** What the runtime consists of. */
  readonly runtime: {
    readonly deno: string;
    readonly v8: string;
    readonly sqlite: string;
  };
}

/** The part of deno.lock that is looked at. */
export interface Lock {
  /** Packages by `name@version`. */
  readonly npm?: Readonly<Record<string, { readonly integrity: string }>>;
}

/**
 * Lists what is inside the binaries: CycloneDX 1.5 in JSON. The same
 * ingredients make the same text: it has no serial number and no time.
 *
 * @throws {RangeError} If a package is not in deno.lock.
 */
export function sbom(from: Ingredients): string {
  const { version, binaries, modules, packages, lock, runtime } = from;
  const own = `pkg:generic/metamanager@${version}`;
  const components = [
    ...Object.entries(binaries).map(([target, sha256]) => ({
      "type": "application",
      "bom-ref": `binary:${target}`,
      "name": `metamanager-${target}`,
      version,
      "hashes": [{ alg: "SHA-256", content: sha256 }],
    })),
    ...runtimeParts(runtime),
    ...packages.toSorted().map((name) => npmPart(name, lock)),
    ...Object.entries(modules).map(([path, sha256]) => ({
      "type": "file",
      "bom-ref": `file:${path}`,
      "name": path,
      "hashes": [{ alg: "SHA-256", content: sha256 }],
    })),
  ];
  const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      component: {
        "type": "application",
        "bom-ref": own,
        "name": "metamanager",
        version,
        "purl": own,
        "licenses": [{ license: { id: "Apache-2.0" } }],
      },
    },
    components,
    dependencies: [{
      ref: own,
      dependsOn: components.map((component) => component["bom-ref"]),
    }],
  };
  return JSON.stringify(bom, null, 2) + "\n";
}

function runtimeParts({ deno, v8, sqlite }: Ingredients["runtime"]) {
  const part = (name: string, version: string, purl: string) => ({
    "type": "library",
    "bom-ref": purl,
    name,
    version,
    purl,
  });
  return [
    part("deno", deno, `pkg:github/denoland/deno@v${deno}`),
    part("v8", v8, `pkg:generic/v8@${v8}`),
    part("sqlite", sqlite, `pkg:generic/sqlite@${sqlite}`),
  ];
}

function npmPart(id: string, { npm = {} }: Lock) {
  const at = id.lastIndexOf("@");
  const [name, version] = [id.slice(0, at), id.slice(at + 1)];
  const integrity = npm[id]?.integrity.match(/^sha512-(.+)$/)?.[1];
  if (integrity === undefined) {
    throw new RangeError(`Cannot list a package: ${id} is not in deno.lock`);
  }
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return {
    "type": "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    "hashes": [{
      alg: "SHA-512",
      content: Uint8Array.fromBase64(integrity).toHex(),
    }],
  };
}
