import { settings } from "../../config/mod.ts";
import { ResourceType } from "../../message/mod.ts";
import { optionsOf } from "../arguments.ts";
import type { Command } from "../command.ts";

/** What may stand somewhere on a command line. */
export type Completable =
  /** Something that nobody can guess. */
  | { readonly kind: "unknown" }
  /** A file. */
  | { readonly kind: "files" }
  /** A folder. */
  | { readonly kind: "folders" }
  /** `KEY=VALUE` of the configuration. */
  | { readonly kind: "settings" }
  /** One of a few words. */
  | { readonly kind: "words"; readonly words: readonly string[] };

/** An option, and what comes behind it. */
export interface OptionGrammar {
  /** As it is typed: `--config`, and `-c` if there is one. */
  readonly forms: readonly string[];
  /** What it does. */
  readonly doc: string;
  /** Its value; missing for a switch. */
  readonly value?: Completable;
}

/** A command, and what comes behind it. */
export interface CommandGrammar {
  /** Its words, one or two. */
  readonly words: readonly string[];
  /** What it does. */
  readonly doc: string;
  /** Its options. */
  readonly options: readonly OptionGrammar[];
  /** Words that are no options. */
  readonly rest: Completable;
}

/** A word that begins a command of two, or is one by itself. */
export interface FirstWord {
  /** The word. */
  readonly word: string;
  /** What it is for. */
  readonly doc: string;
  /** Second words and what they are for; empty if it takes none. */
  readonly next: readonly (readonly [word: string, doc: string])[];
}

/** Reads how command lines are made from the table of commands. */
export function grammarOf(commands: readonly Command[]): CommandGrammar[] {
  return commands.map((command) => ({
    words: command.name.split(" "),
    doc: command.summary,
    options: optionsOf(command).map(({ name, short, value, doc }) => ({
      forms: [`--${name}`, ...(short === undefined ? [] : [`-${short}`])],
      doc,
      ...(value === undefined ? {} : { value: completable(value) }),
    })),
    rest: completable(command.words ?? ""),
  }));
}

/** First words in the order of the table, each once. */
export function firstWords(grammar: readonly CommandGrammar[]): FirstWord[] {
  const byWord = Map.groupBy(grammar, ({ words: [first = ""] }) => first);
  return [...byWord].map(([word, commands]) => {
    const next = commands.flatMap(({ words: [, second], doc }) =>
      second === undefined ? [] : [[second, doc] as const]
    );
    const own = commands.find(({ words }) => words.length === 1)?.doc;
    return {
      word,
      doc: own ?? next.map(([second]) => second).join(", "),
      next,
    };
  });
}

/** Keys with `=` behind, and what each is for. */
export function settingKeys(): (readonly [word: string, doc: string])[] {
  return settings().map(({ key, doc }) => [`${key}=`, doc] as const);
}

/** `KEY=VALUE` words of the keys that have few values. */
export function settingValues(): string[] {
  return settings().flatMap(({ key, values }) =>
    values.map((value) => `${key}=${value}`)
  );
}

/** @param text As it stands in help: `FILE`, `text|json`, `[ID...]`. */
function completable(text: string): Completable {
  const plain = text.replace(/^\[|\]$|\.\.\./g, "");
  if (plain === "FILE") return { kind: "files" };
  if (plain === "DIR") return { kind: "folders" };
  if (plain === "TYPE") {
    return { kind: "words", words: Object.values(ResourceType) };
  }
  if (plain === "KEY=VALUE") return { kind: "settings" };
  if (!/^[\w.-]+(\|[\w.-]+)+$/.test(plain)) return { kind: "unknown" };
  return { kind: "words", words: plain.split("|") };
}
