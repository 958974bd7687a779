/**
 * Stand-in for `jsr:@std/cli` over `node:util`: `parseArgs` with the subset
 * of options that the project uses. Not offered: nested keys (`--a.b`), `--`,
 * and values for undeclared options other than `--name=value`.
 *
 * @module
 */
import { parseArgs as tokenise } from "node:util";

/** Options of {@linkcode parseArgs}. */
export interface ParseOptions<
  B extends string,
  S extends string,
  C extends string,
> {
  boolean?: B | readonly B[];
  string?: S | readonly S[];
  collect?: C | readonly C[];
  negatable?: string | readonly string[];
  alias?: Readonly<Record<string, string | readonly string[]>>;
  default?: Readonly<Record<string, unknown>>;
  stopEarly?: boolean;
  /** Asked for each undeclared option and each positional; `false` drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** What was given, under each name and alias; the rest under `_`. */
export type Args<B extends string, S extends string, C extends string> =
  & { [name in B]: boolean }
  & { [name in Exclude<S, C>]?: string | undefined }
  & { [name in C]: string[] }
  // deno-lint-ignore no-explicit-any -- as the real package types the rest
  & { _: (string | number)[]; [name: string]: any };

const list = (value: string | readonly string[] | undefined) =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;

const numeric = (text: string) =>
  /^(0x[0-9a-f]+|[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?)$/i.test(text);

/** Reads command line arguments. */
export function parseArgs<
  const B extends string = never,
  const S extends string = never,
  const C extends string = never,
>(
  args: readonly string[],
  options: ParseOptions<B, S, C> = {},
): Args<B, S, C> {
  const groups = new Map<string, string[]>();
  for (const [name, others] of Object.entries(options.alias ?? {})) {
    const group = [name, ...list(others)];
    for (const member of group) groups.set(member, group);
  }
  const namesOf = (name: string) => groups.get(name) ?? [name];
  const spread = (names: readonly string[]) => new Set(names.flatMap(namesOf));
  const booleans = spread(list(options.boolean));
  const strings = spread(list(options.string));
  const collect = spread(list(options.collect));
  const negatable = spread(list(options.negatable));
  const result: Record<string, unknown> & { _: (string | number)[] } = {
    _: [],
  };
  const given = new Set<string>();
  const put = (name: string, value: unknown) => {
    for (const n of namesOf(name)) {
      const before = given.has(n) ? result[n] as unknown[] : [];
      result[n] = collect.has(n) ? [...before, value] : value;
      given.add(n);
    }
  };
  const positional = (text: string) => {
    if (options.unknown?.(text) === false) return;
    result._.push(!strings.has("_") && numeric(text) ? Number(text) : text);
  };
  const split = splitArgs(args, { booleans, strings, options });
  for (const token of split.tokens) {
    if (token.kind === "positional") positional(token.value);
    if (token.kind !== "option") continue;
    const { name, value } = token;
    const positive = name.startsWith("no-") ? name.slice(3) : "";
    if (negatable.has(positive)) put(positive, false);
    else if (booleans.has(name)) put(name, value !== "false");
    else if (strings.has(name)) put(name, value ?? "");
    else {
      const read = value === undefined
        ? true
        : numeric(value)
        ? Number(value)
        : value;
      const arg = token.inlineValue
        ? `${token.rawName}=${value}`
        : token.rawName;
      if (options.unknown?.(arg, name, read) !== false) {
        put(name, read);
      }
    }
  }
  result._.push(...split.rest);
  for (const [name, value] of Object.entries(options.default ?? {})) {
    for (const n of namesOf(name)) if (!given.has(n)) result[n] = value;
  }
  for (const n of collect) result[n] ??= [];
  for (const n of booleans) result[n] ??= false;
  return result as Args<B, S, C>;
}

/** Splits into tokens, after giving each option the value the real one would. */
function splitArgs(
  args: readonly string[],
  { booleans, strings, options }: {
    booleans: Set<string>;
    strings: Set<string>;
    options: { stopEarly?: boolean };
  },
) {
  const words: string[] = [];
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i] ?? "", next = args[i + 1];
    const name = /^--([^=]+)$|^-([^-=])$/.exec(arg)?.slice(1).find(Boolean);
    if (arg === "--") break;
    if (options.stopEarly && (arg === "-" || !arg.startsWith("-"))) break;
    const takes = next !== undefined && name !== undefined &&
      (strings.has(name)
        ? next === "-" || !next.startsWith("-")
        : booleans.has(name) && /^(true|false)$/.test(next));
    if (takes) words.push(`--${name}=${next}`), i++;
    else {words.push(
        name !== undefined && strings.has(name) ? `--${name}=` : arg,
      );}
  }
  const rest = args[i] === "--" ? args.slice(i + 1) : args.slice(i);
  const declared = [...booleans, ...strings].map((name) => [name, {
    type: booleans.has(name) ? "boolean" : "string",
    ...(name.length === 1 ? { short: name } : {}),
  }]);
  const { tokens } = tokenise({
    args: words,
    options: Object.fromEntries(declared),
    strict: false,
    tokens: true,
  });
  return { tokens, rest };
}
