/**
 * The project's files as the house tests see them.
 *
 * @module
 */

/** Root of the project. */
export const ROOT = new URL("../../", import.meta.url);

/** A text file of the project. */
export interface Source {
  /** Path from the root, with `/`. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
  /** Its text with comments blanked, line by line as long as before. */
  readonly code: string;
}

/** One import or re-export. */
export interface Import {
  /** What stands in quotes. */
  readonly specifier: string;
  /** Path from the root if it is a file of ours. */
  readonly target: string | undefined;
  /** It disappears when compiled. */
  readonly isType: boolean;
  /** `import("...")`. */
  readonly isDynamic: boolean;
}

/** All files below a folder or a file itself, by path, with one of the endings. */
export function sources(
  folders: readonly string[],
  endings: readonly string[] = [".ts"],
): Source[] {
  return folders.flatMap((folder) => walk(folder))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => {
      const text = Deno.readTextFileSync(new URL(path, ROOT));
      return { path, text, code: withoutComments(text) };
    });
}

function walk(path: string): string[] {
  const url = new URL(path, ROOT);
  try {
    if (Deno.statSync(url).isFile) return [path];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const skipped = (name: string) => /^(__pycache__|node_modules)$/.test(name);
  return [...Deno.readDirSync(url)]
    .filter(({ name }) => !skipped(name))
    .flatMap(({ name }) => walk(`${path}/${name}`));
}

/**
 * Blanks comments and keeps strings. It follows strings, templates and the
 * regular expressions that formatted code has; good enough for counting.
 */
export function withoutComments(text: string): string {
  const token =
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`|(?<=[(,=:[!&|?{};]\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/|\/\*[^]*?\*\/|\/\/[^\n]*/g;
  return text.replace(
    token,
    (found) => /^\/[*/]/.test(found) ? found.replace(/[^\n]/g, " ") : found,
  );
}

/** The imports of a file. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const statement =
    /^(?:import|export)\s+(type\s)?(?:([^"';]*?)\s+from\s+)?"([^"]+)"/gm;
  for (
    const [, type, names, specifier = ""] of source.code.matchAll(statement)
  ) {
    const isType = type !== undefined || allTypes(names);
    found.push(importAt(source, specifier, { isType, isDynamic: false }));
  }
  for (
    const [, specifier = ""] of source.code.matchAll(/\bimport\(\s*"([^"]+)"/g)
  ) {
    found.push(importAt(source, specifier, { isType: false, isDynamic: true }));
  }
  return found;
}

/** Whether `{ type A, type B }` names types only. */
function allTypes(names: string | undefined): boolean {
  const inner = /^\{([^]*)\}$/.exec(names?.trim() ?? "")?.[1];
  const list = inner?.split(",").map((n) => n.trim()).filter(Boolean);
  return list !== undefined && list.length > 0 &&
    list.every((name) => name.startsWith("type "));
}

function importAt(
  source: Source,
  specifier: string,
  kind: { isType: boolean; isDynamic: boolean },
): Import {
  const isOurs = specifier.startsWith(".");
  const url = isOurs
    ? new URL(specifier, new URL(source.path, ROOT))
    : undefined;
  const target = url?.href.slice(ROOT.href.length);
  return { specifier, target, ...kind };
}

/** A function and how many lines it has, signature and braces included. */
export interface FunctionLength {
  /** First line of its signature. */
  readonly head: string;
  /** Number of that line, from 1. */
  readonly line: number;
  /** Lines. */
  readonly length: number;
}

const CONTROL =
  /^\s*(?:\}\s*)?(?:if|else|for|while|do|switch|case|default|try|catch|finally|class|interface|export (?:abstract )?(?:class|interface)|abstract class|return \{)\b/;

/**
 * Lengths of all functions. It relies on the formatter: what opens with
 * `) {`, `): T {` or `=> {` ends at the next line that begins with `}` at
 * the same depth.
 */
export function functionLengths(source: Source): FunctionLength[] {
  const lines = source.code.split("\n");
  const depth = (line: string) => line.length - line.trimStart().length;
  const found: FunctionLength[] = [];
  for (const [i, line] of lines.entries()) {
    if (!/(\)|=>|\)\s*:[^=]+) \{$/.test(line)) continue;
    let start = i;
    // A signature over several lines closes at the depth at which it began.
    if (/^\s*[)}\]]/.test(line)) {
      do start--; while (
        start > 0 && (depth(lines[start] ?? "") > depth(line) ||
          (lines[start] ?? "").trim() === "")
      );
    }
    const head = lines[start] ?? "";
    if (CONTROL.test(head)) continue;
    const end = lines.findIndex((other, j) =>
      j > i && depth(other) === depth(line) && /^\s*\}/.test(other)
    );
    if (end < 0) continue;
    found.push({ head: head.trim(), line: start + 1, length: end - start + 1 });
  }
  return found;
}
