import {
  type CommandGrammar,
  type Completable,
  firstWords,
  settingKeys,
  settingValues,
} from "./grammar.ts";

type Described = readonly (readonly [word: string, doc: string])[];

/**
 * A function that bash and zsh both understand. It is given the words behind
 * the program's name, the last one as far as it is typed, and prints what may
 * stand there: a line each, a tab before what it is for; `@files` or
 * `@folders` for those.
 */
export function candidates(grammar: readonly CommandGrammar[]): string {
  const names = grammar.map(({ words }) => words.join(" "));
  const ofWords = (count: number) =>
    names.filter((name) => name.split(" ").length === count).map(quote)
      .join("|");
  const firsts = firstWords(grammar);
  return `__metamanager_candidates() {
  local command='' last='' previous='' prefix='' word
  for word in "$@"; do previous="$last"; last="$word"; done
  if [ $# -gt 2 ]; then
    case "$1 $2" in ${ofWords(2)}) command="$1 $2" ;; esac
  fi
  if [ $# -gt 1 ] && [ -z "$command" ]; then
    case "$1" in ${ofWords(1)}) command="$1" ;; esac
  fi
  if [ $# -eq 2 ]; then
    case "$1" in
${
    firsts.filter(({ next }) => next.length > 0).map(({ word, next }) =>
      `      ${quote(word)}) ${print(next)} ;;\n`
    ).join("")
  }    esac
  fi
  if [ -z "$command" ]; then
    if [ $# -eq 1 ]; then
      ${print(firsts.map(({ word, doc }) => [word, doc]))}
    fi
    return 0
  fi
  case "$last" in --?*=*) previous="\${last%%=*}" prefix="\${last%%=*}=" ;; esac
  case "$command $previous" in
${grammar.map(valueCases).join("")}  esac
  case "$command" in
${grammar.map(restCases).join("")}  esac
}
__metamanager_settings() {
  case "$2" in
    *=*) printf -- "$1%s\\n" ${settingValues().map(quote).join(" ")} ;;
    *) printf -- "$1%s\\n" ${lines(settingKeys())} ;;
  esac
}
`;
}

/** What comes behind each option of a command that takes a value. */
function valueCases({ words, options }: CommandGrammar): string {
  return options.map(({ forms, value }) => {
    if (!value) return "";
    const patterns = forms.map((form) => quote(`${words.join(" ")} ${form}`));
    return `    ${patterns.join("|")}) ${
      printed(value, "$prefix")
    } return 0 ;;\n`;
  }).join("");
}

/** Options, and what else may come: first what is no option. */
function restCases({ words, options, rest }: CommandGrammar): string {
  const described = options.map(({ forms: [long = ""], doc }) =>
    [long, doc] as const
  );
  return `    ${quote(words.join(" "))})
      case "$last" in
        -*) ;;
        *) ${printed(rest, "")} ;;
      esac
      ${print(described)} ;;
`;
}

/** @param prefix What stands before a value in the same word. */
function printed(value: Completable, prefix: string): string {
  switch (value.kind) {
    case "unknown":
      return ":;";
    case "files":
      return "echo @files;";
    case "folders":
      return "echo @folders;";
    case "settings":
      return `__metamanager_settings "${prefix}" "\${last#"${prefix}"}";`;
    case "words":
      return `printf -- "${prefix}%s\\n" ${value.words.map(quote).join(" ")};`;
  }
}

function print(described: Described): string {
  return `printf '%s\\n' ${lines(described)}`;
}

function lines(described: Described): string {
  return described.map(([word, doc]) => quote(`${word}\t${doc}`)).join(" ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
